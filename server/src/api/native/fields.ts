/**
 * Reads the fields of frames and bodies. What is wrong is said with the
 * field, what was expected and what came; a credential that came is not repeated.
 */
import { isAccountId, PROFILE_FIELD_BYTES_MAX } from '../../domain/account.ts'
import { Fault } from '../../domain/errors.ts'
import { parseMessageId } from '../../domain/message-id.ts'

export { isObject } from '../../lib/values.ts'

/** A request is wrong in one field. `came`: what came, in words; see `described`. */
export class FieldFault extends Fault {
  readonly field: string

  constructor(field: string, expected: string, came: string) {
    super('invalidRequest', `${field}: expected ${expected}, but ${came} came`)
    this.field = field
  }
}

export interface FieldKind {
  /** Ends the words "expected …". */
  expected: string
  isOf(value: unknown): boolean
  optional?: true
  secret?: true
}

export type FieldKinds = Readonly<Record<string, FieldKind>>

/** Throws FieldFault for the first field that is missing or of another kind. */
export function checkFields(fields: Record<string, unknown>, kinds: FieldKinds): void {
  for (const field in kinds) {
    const kind = kinds[field]!
    const value = fields[field]
    if (value === undefined && kind.optional) continue
    if (!kind.isOf(value)) {
      throw new FieldFault(field, kind.expected, described(value, kind.secret))
    }
  }
}

/** A field that is not known is most likely a slip of the fingers, and would be lost in silence. */
export function refuseStrangers(fields: Record<string, unknown>, kinds: FieldKinds): void {
  for (const field in fields) {
    if (Object.hasOwn(kinds, field)) continue
    const names = Object.keys(kinds).join(', ')
    throw new FieldFault(field, `one of ${names}`, 'a field of this name')
  }
}

export function optional(kind: FieldKind): FieldKind {
  return { ...kind, optional: true }
}

export const accountId: FieldKind = {
  expected: 'an account id (1 to 128 bytes of UTF-8 without control characters)',
  isOf: (value) => typeof value === 'string' && isAccountId(value),
}

export const groupId: FieldKind = {
  ...accountId,
  expected: 'a group id (1 to 128 bytes of UTF-8 without control characters)',
}

/** Message ids and cursors have one form. */
export const messageIdKind: FieldKind = {
  expected: '24 lower-case hex characters, as this server gave them out',
  isOf: (value) => typeof value === 'string' && parseMessageId(value) !== null,
}

export const credential: FieldKind = {
  expected: 'a string of 1 to 12288 characters',
  isOf: (value) => typeof value === 'string' && value.length > 0 && value.length <= 12_288,
  secret: true,
}

export const reference: FieldKind = {
  expected: `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  isOf: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
}

export const profileField: FieldKind = {
  expected: `a string of at most ${PROFILE_FIELD_BYTES_MAX} bytes of UTF-8`,
  isOf: (value) =>
    typeof value === 'string' &&
    value.isWellFormed() &&
    Buffer.byteLength(value) <= PROFILE_FIELD_BYTES_MAX,
}

export function shortText(charactersMax: number): FieldKind {
  return {
    expected: `a string of at most ${charactersMax} characters`,
    isOf: (value) => typeof value === 'string' && value.length <= charactersMax,
  }
}

export function whole(min: number, max: number): FieldKind {
  return {
    expected: `a whole number from ${min} to ${max}`,
    isOf: (value) =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  }
}

const SHOWN_MAX = 40

/** What came, in a few words. */
export function described(value: unknown, isSecret = false): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (isSecret) return `a ${typeof value}`
  const json = JSON.stringify(value)
  if (typeof value !== 'string' || value.length <= SHOWN_MAX) return json
  return `${JSON.stringify(value.slice(0, SHOWN_MAX))}… (${value.length} characters)`
}
