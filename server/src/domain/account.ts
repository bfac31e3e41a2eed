/**
 * An account is a user. Its id is chosen by the integrator; its number is
 * given by the server at import, rises from 1, and is for ever.
 */
export const ACCOUNT_ID_BYTES_MAX = 128
export const PROFILE_FIELD_BYTES_MAX = 500

/** 2^31 - 1: numbers stand in signed 32-bit columns too. */
export const ACCOUNT_NUMBER_MAX = 0x7fffffff

/** "No such account", wherever an account number stands. */
export const NOBODY = 0

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** An account id is 1 to 128 bytes of UTF-8 without control characters; case matters. */
export function isAccountId(id: string, bytesMax = ACCOUNT_ID_BYTES_MAX): boolean {
  if (id.length === 0 || id.length > bytesMax) return false
  return !CONTROL.test(id) && id.isWellFormed() && Buffer.byteLength(id) <= bytesMax
}

export interface Profile {
  id: string
  nick: string
  avatarUrl: string
  /** What the doors keep of an account beside that: compact JSON of an object. Empty: nothing. */
  attributes: string
  /** When it was last imported or changed: Unix time, milliseconds. */
  changedAt: number
}
