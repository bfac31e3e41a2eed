/**
 * What an app says to itself beside a message: a string in TIM, and an object
 * in IMKIT, whose clients look into it without asking what it is.
 */
import { LEVELS_MAX, nestsDeeper } from '../../lib/nesting.ts'
import { type Fields, isObject } from '../../lib/values.ts'

/** The object that a text is the JSON of. Any other text is a field of one, as it is. */
export function objectOf(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value) && !nestsDeeper(value, LEVELS_MAX)) return value
  } catch {
    // No JSON, then.
  }
  return { data: text }
}

/** A value as text: a string is one. Null: it nests too deep to be written. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return nestsDeeper(value, LEVELS_MAX) ? null : JSON.stringify(value)
}
