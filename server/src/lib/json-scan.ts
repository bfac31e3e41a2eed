/**
 * A long array that is one field of a body of JSON, read from its bytes.
 *
 * The first field of that name is found in the bytes, and `scanArray` of the
 * caller reads the array. The rest of the body is parsed as JSON with a token
 * in the array's place. When the parsed body has the token as its field, then
 * what was scanned is that field, whatever else the body holds: a nested field
 * of this name, a repeated or an escaped key.
 *
 * Anything unusual is null here and goes the ordinary way, which gives the same
 * outcome or names the fault: bytes that are no JSON or no UTF-8, and all that
 * `scanArray` does not take.
 */
import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { type Fields, isObject } from './values.ts'

export const SPACE = 0x20
export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
const BACKSLASH = 0x5c

/** Nobody can send it: it is made anew by every process and leaves it never. */
const TOKEN = randomUUID()

/** Reads an array from right after its bracket on. Where it closes; -1: it is none that can be scanned. */
export type ScanArray = (body: Buffer, from: number) => number

/** The body with something else in place of the field's array; null: go the ordinary way. */
export function scanField(body: Buffer, field: string, scanArray: ScanArray): Fields | null {
  const key = body.indexOf(`"${field}"`)
  if (key < 0) return null
  const open = arrayAfter(body, key + field.length + 2)
  if (open < 0 || !isUtf8(body)) return null
  const close = scanArray(body, open + 1)
  if (close < 0) return null
  const fields = parseRest(body, open, close)
  return fields?.[field] === TOKEN ? fields : null
}

/** Where the text begins: a byte order mark is skipped. */
export function startOf(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0
}

export function skipSpace(body: Buffer, from: number): number {
  let at = from
  for (;;) {
    const byte = body[at]
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at += 1
  }
}

/** The quote that ends a string whose first character is at `from`; -1: it has escapes, or does not end. */
export function endOfPlain(body: Buffer, from: number): number {
  let at = from
  let byte = body[at]
  while (byte !== QUOTE) {
    if (byte === undefined || byte === BACKSLASH || byte < SPACE) return -1
    at += 1
    byte = body[at]
  }
  return at
}

/** The same of a string that may have escapes; -1: it does not end. */
export function endOfEscaped(body: Buffer, from: number): number {
  let at = from
  for (let byte = body[at]; byte !== QUOTE; byte = body[at]) {
    if (byte === undefined || byte < SPACE) return -1
    at += byte === BACKSLASH ? 2 : 1
  }
  return at
}

/** What a string with escapes says; null: an escape is none. */
export function unescaped(body: Buffer, from: number, to: number): string | null {
  try {
    return JSON.parse(`"${body.toString('utf8', from, to)}"`) as string
  } catch {
    return null
  }
}

/** Where the array opens that is this key's value; -1: something else follows. */
function arrayAfter(body: Buffer, from: number): number {
  const colon = skipSpace(body, from)
  if (body[colon] !== COLON) return -1
  const open = skipSpace(body, colon + 1)
  return body[open] === OPEN_ARRAY ? open : -1
}

/** The body with the token in place of bytes [open, close]. */
function parseRest(body: Buffer, open: number, close: number): Fields | null {
  const text = `${body.toString('utf8', startOf(body), open)}"${TOKEN}"${body.toString('utf8', close + 1)}`
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
