/** Values of parsed JSON, and what is said of one to the caller who sent it. */
export type Fields = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

const SHOWN_MAX = 40

/** What came, in a few words, however big it is. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object') return 'an object'
  if (typeof value !== 'string') return `the ${typeof value} ${value}`
  const cut = value.length > SHOWN_MAX
  return `the string ${JSON.stringify(value.slice(0, SHOWN_MAX))}${cut ? '…' : ''}`
}
