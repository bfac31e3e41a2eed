import { type ErrorName, Fault } from '../../domain/errors.ts'
import { type Code, Refusal } from './codes.ts'
import { type Service, services } from './services.ts'

/** Faults of the pipeline that this door has words for; any other is an internal error. */
const faultCodes: Partial<Record<ErrorName, Code>> = {
  overloaded: 60018,
  stopping: 60018,
  rateLimited: 60018,
  tooLarge: 93000,
  accountsFull: 70398,
}

/** The answer to whatever was thrown. `isUnexpected`: somebody has to look at it. */
export function refusalOf(
  error: unknown,
  service: Service | null,
): { code: Code; info: string; isUnexpected: boolean } {
  if (error instanceof Refusal) {
    return { code: error.code, info: error.message, isUnexpected: false }
  }
  const internal = service === null ? 91000 : services[service].internal
  if (!(error instanceof Fault))
    return { code: internal, info: 'internal error', isUnexpected: true }
  const code = faultCodes[error.kind] ?? internal
  const isUnexpected = error.kind === 'internal' || error.kind === 'damaged'
  return { code, info: isUnexpected ? 'internal error' : error.message, isUnexpected }
}
