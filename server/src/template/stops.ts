/**
 * Where dollars stand in the string values of a JSON text.
 *
 * A *stop* is the offset of a dollar, `$` or its escape `\u0024`, or of the
 * quote that ends a string with dollars. What lies between two dollars that
 * follow one another is a *stretch*. Strings with less than two dollars can hold no name and
 * leave no stops, and neither do keys.
 *
 * The text is looked at byte by byte and never parsed: in valid JSON a string
 * is a key exactly if a colon follows it. All that matters is ASCII, and in
 * UTF-8 no byte of another character looks like it.
 */
import { unescapeText } from './escape.ts'
import type { Work } from './work.ts'

/** `fields`: which fields of the object at the top are templates; null: everything is one. */
export function findStops(
  source: Buffer,
  fields: ReadonlySet<string> | null,
  work: Work,
): Uint32Array {
  const stops: number[] = []
  let depth = 0
  let isTemplate = fields === null
  for (let at = 0; at < source.length; at += 1) {
    const byte = source[at]
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1
    if (byte !== QUOTE) continue

    const before = stops.length
    const from = at + 1
    at = readString(source, from, stops)
    const isKey = isColonAfter(source, at + 1)
    if (isKey && depth === 1 && fields !== null) {
      isTemplate = fields.has(unescapeText(source.toString('utf8', from, at)))
    }
    if (isKey || !isTemplate || stops.length - before < 2) stops.length = before
    else stops.push(at)
  }
  work.steps += source.length
  return new Uint32Array(stops)
}

/** Whether the stop is a dollar, and not the end of a string. */
export function isDollar(source: Buffer, stop: number): boolean {
  return source[stop] !== QUOTE
}

/** The offset after a dollar. */
export function afterDollar(source: Buffer, stop: number): number {
  return source[stop] === DOLLAR ? stop + 1 : stop + ESCAPED_DOLLAR.length
}

const QUOTE = 0x22
const DOLLAR = 0x24
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SPACE = 0x20

const ESCAPED_DOLLAR = Buffer.from('\\u0024')

/** Adds the stops of the string whose content begins at `from`, and gives the offset of its closing quote. */
function readString(source: Buffer, from: number, stops: number[]): number {
  for (let at = from; at < source.length; at += 1) {
    const byte = source[at]
    if (byte === QUOTE) return at
    if (byte === DOLLAR) {
      stops.push(at)
    } else if (byte === BACKSLASH) {
      if (isEscapedDollar(source, at)) stops.push(at)
      at += 1
    }
  }
  throw new SyntaxError(
    `the JSON text of ${source.length} bytes ends within the string that begins at ${from}`,
  )
}

function isEscapedDollar(source: Buffer, at: number): boolean {
  return ESCAPED_DOLLAR.every((byte, index) => source[at + index] === byte)
}

function isColonAfter(source: Buffer, from: number): boolean {
  let at = from
  // Every white space of JSON sorts at or before the space.
  while (at < source.length && source[at]! <= SPACE) at += 1
  return source[at] === COLON
}
