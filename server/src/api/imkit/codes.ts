/**
 * Every `error.code` of the IMKIT door, in one table. The manual page
 * docs/errors/imkit.md is written from it, and a refusal can only carry a code that stands here.
 */
export interface CodeEntry {
  /** The status of the answer, and its `RC`. */
  http: number
  /** When it is answered. */
  meaning: string
}

export const codes = {
  INVALID_REQUEST: {
    http: 400,
    meaning: 'a field is of the wrong type, out of range, or cannot be used here',
  },
  MISSING_PARAMETER: { http: 400, meaning: 'a field that has to be there is missing' },
  INVALID_BODY: { http: 400, meaning: 'the body is not a JSON object' },
  INVALID_QUERY: { http: 400, meaning: 'a parameter of the query is wrong' },
  INVALID_TAGS: { http: 400, meaning: '`tags` is not an array of strings' },
  INVALID_ROOM_TAGS: { http: 400, meaning: '`roomTags` is not an array of strings' },
  INVALID_USER_ID: {
    http: 400,
    meaning: 'a client id is not 1 to 128 bytes of UTF-8 without control characters',
  },
  ROOM_NOT_MUTED: { http: 400, meaning: 'the platform unmutes a room that is not muted' },
  SELF_BLOCK_FORBIDDEN: { http: 400, meaning: 'a client cannot block itself' },

  INVALID_API_KEY: { http: 401, meaning: 'the API key is wrong' },
  MISSING_API_KEY: { http: 401, meaning: 'the API key is missing, on a route of the platform' },
  INVALID_TOKEN: { http: 401, meaning: 'the token is unknown, has ended or was revoked' },
  UNAUTHORIZED: { http: 401, meaning: 'neither the API key nor a token came' },

  INVALID_CLIENT_KEY: { http: 403, meaning: 'the client key is wrong' },
  MISSING_CLIENT_KEY: { http: 403, meaning: 'a token came without the client key' },
  PERMISSION_DENIED: {
    http: 403,
    meaning: 'the credentials, the address or the client may not call this',
  },
  INSUFFICIENT_PERMISSIONS: { http: 403, meaning: 'the caller may not do this here' },
  NOT_ROOM_MEMBER: {
    http: 403,
    meaning: 'the client is no member of the room, or there is no such room',
  },
  BLOCKED: { http: 403, meaning: 'one of the two has blocked the other' },
  ROOM_FROZEN: { http: 403, meaning: 'nothing can be said in the room at present' },

  CLIENT_NOT_FOUND: { http: 404, meaning: 'there is no such client' },
  ROOM_NOT_FOUND: { http: 404, meaning: 'there is no such room' },
  MESSAGE_NOT_FOUND: { http: 404, meaning: 'there is no such message' },
  TOKEN_NOT_FOUND: { http: 404, meaning: 'the client has no such token' },
  BLOCK_NOT_FOUND: { http: 404, meaning: 'there is no such block' },
  NOT_FOUND: { http: 404, meaning: 'nothing is served at this path' },
  METHOD_NOT_ALLOWED: { http: 405, meaning: 'the path is not served with this method' },

  USER_ALREADY_BLOCKED: { http: 409, meaning: 'the client is blocked already' },
  TOKEN_CONFLICT: { http: 409, meaning: 'the token is bound to another client' },
  TOO_MANY_CLIENTS: {
    http: 409,
    meaning: 'there are as many clients as `CARILLON_ACCOUNTS_MAX` allows',
  },

  MESSAGE_TOO_LARGE: { http: 413, meaning: 'a message is over `CARILLON_IMKIT_MESSAGE_BYTES`' },
  BODY_TOO_LARGE: { http: 413, meaning: 'the body is over `CARILLON_BODY_BYTES_MAX`' },
  RESULT_TOO_LARGE: { http: 413, meaning: 'the answer would be too large' },
  IDEMPOTENCY_KEY_REUSED: {
    http: 422,
    meaning: 'another call had this `Idempotency-Key` within 24 hours',
  },
  RATE_LIMIT_EXCEEDED: {
    http: 429,
    meaning: 'too many calls with this key; `retryAfter` says how many seconds to wait',
  },

  INTERNAL_ERROR: { http: 500, meaning: 'an unexpected fault; the log has the details' },
  SERVICE_UNAVAILABLE: {
    http: 503,
    meaning: 'the server is stopping, or too many calls wait; try again',
  },
  STORAGE_FULL: { http: 507, meaning: 'the disk is nearly full; nothing was accepted' },
} as const satisfies Record<string, CodeEntry>

export type Code = keyof typeof codes
