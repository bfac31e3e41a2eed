/**
 * What an app says to itself beside a message: a string in TIM, and an object
 * in IMKIT, whose clients look into it without asking what it is.
 */
import { nestsDeeper } from '../../lib/nesting.ts'

const LEVELS_MAX = 64

/** The object that a text is the JSON of. Any other text is a field of one, as it is. */
export function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isObject && !nestsDeeper(value, LEVELS_MAX)) return value as Record<string, unknown>
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
