import { timeOf, unexpected } from './fields.ts'

/** A whole number of a query. One that is larger than `max` counts as that. */
export function wholeIn(
  query: URLSearchParams,
  name: string,
  { fallback, max }: { fallback: number; max: number },
): number {
  const value = query.get(name)
  if (value === null || value === '') return fallback
  if (!/^\d{1,15}$/.test(value)) throw unexpected(name, 'a whole number', value, 'INVALID_QUERY')
  return Math.min(Number(value), max)
}

/** A point in time as Unix milliseconds; undefined: the query has none. */
export function timeIn(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name)
  if (value === null || value === '') return undefined
  const time = timeOf(value)
  if (time !== undefined) return time
  throw unexpected(name, 'an ISO-8601 date or milliseconds', value, 'INVALID_QUERY')
}
