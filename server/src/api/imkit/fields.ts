/**
 * Fields of a body. JSON null says the same as an absent field. What is wrong
 * is said with the field, what was expected and what came.
 */
import { isAccountId } from '../../domain/account.ts'
import { type Fields, isTexts, shown } from '../../lib/values.ts'
import { Refusal } from './answers.ts'
import type { Code } from './codes.ts'

export { type Fields, isObject, isTexts, shown } from '../../lib/values.ts'

/** A string that has to be there. An empty one says nothing, and is missing. */
export function text(body: Fields, name: string): string {
  return required(name, optionalText(body, name) || undefined, 'a string')
}

export function optionalText(body: Fields, name: string): string | undefined {
  return optional(body, name, 'a string', (value) => typeof value === 'string')
}

/** `fallback` when the field is absent. */
export function flag(body: Fields, name: string, fallback: boolean): boolean {
  return optionalFlag(body, name) ?? fallback
}

export function optionalFlag(body: Fields, name: string): boolean | undefined {
  return optional(body, name, 'true or false', (value) => typeof value === 'boolean')
}

export function optionalWhole(
  body: Fields,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const expected = `a whole number from ${min} to ${max}`
  return optional(body, name, expected, (value) => isWhole(value, min, max))
}

export function texts(body: Fields, name: string): string[] {
  return required(name, optionalTexts(body, name), 'an array of strings')
}

/** `code`: how it is refused when it is something else. */
export function optionalTexts(body: Fields, name: string, code?: Code): string[] | undefined {
  return optional(body, name, 'an array of strings', isTexts, code)
}

/** One string counts as an array of one. */
export function oneOrMoreTexts(body: Fields, name: string): string[] | undefined {
  const value = body[name]
  return typeof value === 'string' ? [value] : optionalTexts(body, name)
}

/** A point in time as Unix milliseconds: an ISO-8601 string, or the milliseconds themselves. */
export function optionalTime(body: Fields, name: string): number | undefined {
  const value = body[name] ?? undefined
  const time = timeOf(value)
  if (value === undefined || time !== undefined) return time
  throw unexpected(name, 'an ISO-8601 date or milliseconds', value)
}

/** The same of any value, also of digits in a query; undefined: it is none. */
export function timeOf(value: unknown): number | undefined {
  const time =
    typeof value === 'number' || (typeof value === 'string' && /^\d{1,16}$/.test(value))
      ? Number(value)
      : typeof value === 'string'
        ? Date.parse(value)
        : Number.NaN
  return Math.abs(time) <= TIME_MAX ? Math.trunc(time) : undefined
}

/** What a Date can hold. */
const TIME_MAX = 8.64e15

/** A client id that may be given to a new client. */
export function clientId(body: Fields, name: string): string {
  return checkedClientId(name, text(body, name))
}

export function checkedClientId(name: string, id: string): string {
  if (isAccountId(id)) return id
  const expected = 'an id of 1 to 128 bytes of UTF-8 without control characters'
  throw unexpected(name, expected, id, 'INVALID_USER_ID')
}

export function unexpected(
  name: string,
  expected: string,
  came: unknown,
  code: Code = 'INVALID_REQUEST',
): Refusal {
  return new Refusal(code, `${name}: expected ${expected}, but ${shown(came)} came`)
}

function required<Value>(name: string, value: Value | undefined, expected: string): Value {
  if (value !== undefined) return value
  throw unexpected(name, expected, undefined, 'MISSING_PARAMETER')
}

function optional<Value>(
  body: Fields,
  name: string,
  expected: string,
  accepts: (value: unknown) => boolean,
  code?: Code,
): Value | undefined {
  const value = body[name] ?? undefined
  if (value === undefined || accepts(value)) return value as Value | undefined
  throw unexpected(name, expected, value, code)
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
}
