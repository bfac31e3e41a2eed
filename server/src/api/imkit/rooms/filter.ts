/**
 * The filters that callers write in the form of MongoDB: `q` of lists. One is
 * compiled into a function before anything is looked at, and never goes further than that.
 *
 * Equality, $in, $all, $regex, $gt, $gte, $lt, $lte, $ne, $exists, $and, $or. A list matches if one of
 * its items does, or the whole; a dotted name goes into objects.
 */

import { Refusal } from '../answers.ts'
import { isObject, shown } from '../fields.ts'
import { compilePattern } from './pattern.ts'

export type Document = Readonly<Record<string, unknown>>
export type Filter = (document: Document) => boolean

/** A filter that came as JSON text. */
export function parseFilter(name: string, json: string): Document {
  try {
    const value: unknown = JSON.parse(json)
    if (isObject(value)) return value
  } catch {
    // Said below.
  }
  throw wrong(name, `expected a JSON object, but ${shown(json)} came`)
}

export function compileFilter(name: string, filter: Document): Filter {
  let conditions = 0
  let patterns = 0

  function all(filter: unknown, levels: number): Filter {
    if (!isObject(filter)) throw wrong(name, `expected an object, but ${shown(filter)} came`)
    if (levels > LEVELS_MAX) throw wrong(name, `expected at most ${LEVELS_MAX} levels`)
    const parts = Object.entries(filter).map(([key, value]) => part(key, value, levels))
    return (document) => parts.every((matches) => matches(document))
  }

  function part(key: string, value: unknown, levels: number): Filter {
    conditions += 1
    if (conditions > CONDITIONS_MAX)
      throw wrong(name, `expected at most ${CONDITIONS_MAX} conditions`)
    if (key === '$and' || key === '$or') {
      const filters = listOf(name, key, value).map((each) => all(each, levels + 1))
      return key === '$and'
        ? (document) => filters.every((matches) => matches(document))
        : (document) => filters.some((matches) => matches(document))
    }
    if (key.startsWith('$')) throw wrong(name, `${key} is not supported`)
    const path = key.split('.')
    if (isObject(value) && '$regex' in value) patterns += 1
    if (patterns > PATTERNS_MAX) throw wrong(name, `expected at most ${PATTERNS_MAX} patterns`)
    const test = condition(name, value)
    return (document) => test(valueAt(document, path))
  }

  return all(filter, 0)
}

const LEVELS_MAX = 16
const CONDITIONS_MAX = 100
const PATTERNS_MAX = 4
const LIST_MAX = 1000

type Test = (value: unknown) => boolean

/** What is said of one field: a value, or operators. */
function condition(name: string, wanted: unknown): Test {
  if (!isObject(wanted) || !Object.keys(wanted).some((key) => key.startsWith('$'))) {
    return (value) => equals(value, wanted)
  }
  const tests = Object.entries(wanted).map(([operator, operand]) => {
    return operatorTest(name, operator, operand, wanted)
  })
  return (value) => tests.every((test) => test(value))
}

function operatorTest(name: string, operator: string, operand: unknown, all: Document): Test {
  switch (operator) {
    case '$eq':
      return (value) => equals(value, operand)
    case '$ne':
      return (value) => !equals(value, operand)
    case '$exists':
      return (value) => (value !== undefined) === Boolean(operand)
    case '$in': {
      const list = listOf(name, operator, operand)
      return (value) => list.some((item) => equals(value, item))
    }
    case '$all': {
      const list = listOf(name, operator, operand)
      return (value) => list.every((item) => equals(value, item))
    }
    case '$gt':
      return (value) => anyItem(value, (item) => compare(item, operand) > 0)
    case '$gte':
      return (value) => anyItem(value, (item) => compare(item, operand) >= 0)
    case '$lt':
      return (value) => anyItem(value, (item) => compare(item, operand) < 0)
    case '$lte':
      return (value) => anyItem(value, (item) => compare(item, operand) <= 0)
    case '$regex':
      return regexTest(name, operand, all.$options)
    case '$options':
      return () => true
    default:
      throw wrong(name, `${operator} is not supported`)
  }
}

function regexTest(name: string, source: unknown, options: unknown): Test {
  if (typeof source !== 'string')
    throw wrong(name, `$regex: expected a string, but ${shown(source)} came`)
  const ignoresCase = typeof options === 'string' && options.includes('i')
  try {
    const pattern = compilePattern(source, ignoresCase)
    return (value) => anyItem(value, (item) => typeof item === 'string' && pattern(item))
  } catch (error) {
    throw wrong(name, `$regex: ${(error as Error).message}`)
  }
}

/** What stands at a dotted name. Within a list, that of each item. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(value)) {
    const found = value.map((item) => valueAt(item, path)).filter((item) => item !== undefined)
    return found.length === 0 ? undefined : found
  }
  return isObject(value) && Object.hasOwn(value, key) ? valueAt(value[key], rest) : undefined
}

function equals(value: unknown, wanted: unknown): boolean {
  if (isSame(value, wanted)) return true
  return Array.isArray(value) && value.some((item) => isSame(item, wanted))
}

/** An absent field is null. */
function isSame(value: unknown, wanted: unknown): boolean {
  if (typeof value !== 'object' || value === null) return (value ?? null) === (wanted ?? null)
  return JSON.stringify(value) === JSON.stringify(wanted)
}

function anyItem(value: unknown, test: Test): boolean {
  return Array.isArray(value) ? value.some(test) : test(value)
}

/** NaN for values of which none comes first. */
function compare(value: unknown, other: unknown): number {
  if (typeof value === 'number' && typeof other === 'number') return value - other
  if (typeof value !== 'string' || typeof other !== 'string') return Number.NaN
  return value < other ? -1 : value > other ? 1 : 0
}

function listOf(name: string, operator: string, value: unknown): unknown[] {
  if (Array.isArray(value) && value.length <= LIST_MAX) return value
  throw wrong(
    name,
    `${operator}: expected an array of at most ${LIST_MAX}, but ${shown(value)} came`,
  )
}

function wrong(name: string, message: string): Refusal {
  return new Refusal('INVALID_QUERY', `${name}: ${message}`)
}
