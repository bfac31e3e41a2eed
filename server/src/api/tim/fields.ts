/**
 * Fields of a JSON body. JSON null says the same as an absent field: several
 * clients write it for options that are not set.
 */
import { type Fields, isTexts, shown } from '../../lib/values.ts'
import { type Code, Refusal } from './codes.ts'

export { type Fields, isObject, isTexts, shown } from '../../lib/values.ts'

/** A kind of value. */
export interface Kind {
  /** Ends the sentence "expected …". */
  expected: string
  accepts(value: unknown): boolean
}

function isUint32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff
}

export const string: Kind = {
  expected: 'a string',
  accepts: (value) => typeof value === 'string',
}
export const strings: Kind = { expected: 'an array of strings', accepts: isTexts }
export const number: Kind = { expected: 'a number', accepts: Number.isFinite }
export const integer: Kind = { expected: 'an integer', accepts: Number.isInteger }
export const uint32: Kind = { expected: 'an integer from 0 to 4294967295', accepts: isUint32 }
export const zeroOrOne: Kind = {
  expected: '0 or 1',
  accepts: (value) => value === 0 || value === 1,
}

/** The value of a field that has to be there and of its kind. */
export function required<Value>(fields: Fields, name: string, kind: Kind, code: Code): Value {
  const value = fields[name]
  if (kind.accepts(value)) return value as Value
  throw unexpected(code, name, kind.expected, value)
}

/** The same for a field that may be absent. */
export function optional<Value>(
  fields: Fields,
  name: string,
  kind: Kind,
  code: Code,
): Value | undefined {
  const value = fields[name] ?? undefined
  if (value === undefined || kind.accepts(value)) return value as Value | undefined
  throw unexpected(code, name, kind.expected, value)
}

/** The first of these fields that is there: some were renamed over the years. */
export function eitherOf(fields: Fields, newer: string, older: string): string {
  return (fields[newer] ?? undefined) === undefined && older in fields ? older : newer
}

export function unexpected(code: Code, field: string, expected: string, came: unknown): Refusal {
  return new Refusal(code, `${field}: expected ${expected}, but ${shown(came)} came`)
}
