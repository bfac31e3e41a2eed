import { type ErrorName, errors, Fault } from '../../../domain/errors.ts'
import { FieldFault } from '../fields.ts'

/** An error in the words of our own door. */
export function errorJson(fault: Fault): { error: ErrorBody } {
  return {
    error: {
      code: fault.kind,
      number: errors[fault.kind].code,
      message: fault.message,
      ...(fault instanceof FieldFault ? { field: fault.field } : {}),
    },
  }
}

interface ErrorBody {
  code: ErrorName
  number: number
  message: string
  field?: string
}

export function headersOf(fault: Fault): Record<string, string> {
  const { http, retryable } = errors[fault.kind]
  const headers: Record<string, string> = { 'content-type': JSON_TYPE }
  if (retryable) headers['retry-after'] = '1'
  if (http === 401) headers['www-authenticate'] = 'Bearer'
  return headers
}

/** What was thrown, as something of the table. */
export function faultOf(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault('internal', undefined, error)
}

export const JSON_TYPE = 'application/json; charset=utf-8'
