/**
 * What can happen in life. Each door translates a code into its own words
 * once, at its edge. `retryable` says whether the same call may succeed later.
 */
export const errors = {
  unknownAccount: { code: 1001, http: 404, retryable: false, meaning: 'no account has this id' },
  unknownConversation: {
    code: 1002,
    http: 404,
    retryable: false,
    meaning: 'there is no such conversation',
  },
  invalidRequest: {
    code: 1003,
    http: 400,
    retryable: false,
    meaning: 'a field is missing, of the wrong type or out of range',
  },
  tooLarge: {
    code: 1004,
    http: 413,
    retryable: false,
    meaning: 'the body, a message or a list is over its limit',
  },
  unauthorized: {
    code: 1005,
    http: 401,
    retryable: false,
    meaning: 'the credentials are missing, wrong, expired or revoked',
  },
  forbidden: {
    code: 1006,
    http: 403,
    retryable: false,
    meaning: 'the credentials do not allow this',
  },
  notFound: { code: 1007, http: 404, retryable: false, meaning: 'nothing is served at this path' },
  methodNotAllowed: {
    code: 1008,
    http: 405,
    retryable: false,
    meaning: 'this path is not served with this method',
  },
  accountsFull: {
    code: 1009,
    http: 409,
    retryable: false,
    meaning: 'the server has as many accounts as CARILLON_ACCOUNTS_MAX allows',
  },
  invalidCursor: {
    code: 1010,
    http: 400,
    retryable: false,
    meaning: 'the cursor or message id is not one of this server',
  },
  keyReused: {
    code: 1011,
    http: 422,
    retryable: false,
    meaning: 'this idempotency key came with another call before',
  },
  tokenTaken: {
    code: 1012,
    http: 409,
    retryable: false,
    meaning: 'the token belongs to another account',
  },
  rateLimited: { code: 2001, http: 429, retryable: true, meaning: 'too many calls' },
  diskFull: {
    code: 2002,
    http: 507,
    retryable: true,
    meaning: 'less than CARILLON_DISK_RESERVE_MB is free; nothing was accepted',
  },
  stopping: { code: 2003, http: 503, retryable: true, meaning: 'the server is stopping' },
  overloaded: {
    code: 2004,
    http: 503,
    retryable: true,
    meaning: 'too many calls wait for the journal',
  },
  damaged: {
    code: 3001,
    http: 500,
    retryable: false,
    meaning: 'what was stored does not match its checksum',
  },
  internal: {
    code: 3002,
    http: 500,
    retryable: false,
    meaning: 'an unexpected fault; the log has the details',
  },
} as const satisfies Record<string, ErrorEntry>

interface ErrorEntry {
  code: number
  http: number
  retryable: boolean
  meaning: string
}

export type ErrorName = keyof typeof errors

/** Something from the table happened. The message names the thing, what was expected and what came. */
export class Fault extends Error {
  readonly kind: ErrorName

  constructor(kind: ErrorName, message: string = errors[kind].meaning, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'Fault'
    this.kind = kind
  }
}
