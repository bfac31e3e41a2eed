/**
 * What rendering means, in the plainest way: the parsed value is walked, and
 * each string is gone through from left to right. Slow, and easy to believe.
 */
import type { Variables } from '../../src/template/columns-of.ts'

export function substituted(
  value: unknown,
  variables: Variables,
  fields?: ReadonlySet<string>,
): unknown {
  const names = Object.keys(variables).sort((one, other) => other.length - one.length)
  if (fields === undefined) return walk(value)
  if (!isObject(value)) return value
  return mapped(value, (inner, key) => (fields.has(key) ? walk(inner) : inner))

  function walk(inner: unknown): unknown {
    if (typeof inner === 'string') return fill(inner)
    if (Array.isArray(inner)) return inner.map(walk)
    return isObject(inner) ? mapped(inner, walk) : inner
  }

  function fill(text: string): string {
    let filled = ''
    for (let at = 0; at < text.length; ) {
      const name = names.find((candidate) => text.startsWith(candidate, at))
      filled += name === undefined ? text[at] : variables[name]
      at += name === undefined ? 1 : name.length
    }
    return filled
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Keys keep their meaning, `__proto__` too. */
function mapped(
  object: Record<string, unknown>,
  change: (inner: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, change(inner, key)]))
}
