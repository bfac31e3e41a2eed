import { type ErrorName, errors, Fault } from '../../domain/errors.ts'
import { Refusal } from './answers.ts'
import type { Code } from './codes.ts'

/** Faults of the domain in the words of this door; any other is an internal error. */
const faultCodes: Partial<Record<ErrorName, Code>> = {
  unknownAccount: 'CLIENT_NOT_FOUND',
  unknownConversation: 'ROOM_NOT_FOUND',
  invalidRequest: 'INVALID_REQUEST',
  invalidCursor: 'MESSAGE_NOT_FOUND',
  tooLarge: 'MESSAGE_TOO_LARGE',
  unauthorized: 'UNAUTHORIZED',
  forbidden: 'PERMISSION_DENIED',
  accountsFull: 'TOO_MANY_CLIENTS',
  tokenTaken: 'TOKEN_CONFLICT',
  keyReused: 'IDEMPOTENCY_KEY_REUSED',
  rateLimited: 'RATE_LIMIT_EXCEEDED',
  diskFull: 'STORAGE_FULL',
  stopping: 'SERVICE_UNAVAILABLE',
  overloaded: 'SERVICE_UNAVAILABLE',
}

/** The answer to whatever was thrown. `isUnexpected`: somebody has to look at it. */
export function refusalOf(error: unknown): { refusal: Refusal; isUnexpected: boolean } {
  if (error instanceof Refusal) return { refusal: error, isUnexpected: false }
  const code = error instanceof Fault ? faultCodes[error.kind] : undefined
  if (!(error instanceof Fault) || code === undefined) {
    return { refusal: new Refusal('INTERNAL_ERROR', 'internal error'), isUnexpected: true }
  }
  const more = errors[error.kind].retryable ? { retryAfter: 1 } : {}
  return { refusal: new Refusal(code, error.message, more), isUnexpected: false }
}
