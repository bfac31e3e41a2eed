/**
 * `To_Account` without making 500 strings of it.
 *
 * The plain array of plain strings is found in the bytes of the body, and each
 * id is looked up straight from its bytes. The rest of the body is parsed as
 * JSON with a token in the array's place. When the parsed body has the token
 * as its `To_Account`, then what was scanned is that field, whatever else the
 * body holds: a nested field of this name, a repeated or an escaped key.
 *
 * Anything unusual is null here and goes the ordinary way, which gives the
 * same outcome or names the fault: escapes, other types, an empty array, more
 * than 500 entries, bytes that are no JSON or no UTF-8.
 *
 * Measured in docs/protocols/tim.md.
 */
import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { NOBODY } from '../../../domain/account.ts'
import type { Directory } from '../../../engines/directory.ts'
import { type Fields, isObject } from '../fields.ts'
import { startOf } from '../json.ts'
import { type Gathering, RECIPIENTS_MAX, USER_ID_BYTES_MAX } from '../recipients.ts'

const KEY = Buffer.from('"To_Account"')
/** Nobody can send it: it is made anew by every process and leaves it never. */
const TOKEN = randomUUID()

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x5b
const BACKSLASH = 0x5c
const CLOSE = 0x5d

/** The body without its recipients, which are in `into`; null: go the ordinary way. */
export function scanRecipients(
  body: Buffer,
  directory: Directory,
  into: Gathering,
): { fields: Fields } | null {
  const key = body.indexOf(KEY)
  if (key < 0) return null
  const open = arrayAfter(body, key + KEY.length)
  if (open < 0 || !isUtf8(body)) return null
  const close = scanArray(body, open + 1, directory, into)
  if (close < 0) return null

  const fields = parseRest(body, open, close)
  return fields?.To_Account === TOKEN ? { fields } : null
}

/** Where the array opens that is this key's value; -1: something else follows. */
function arrayAfter(body: Buffer, from: number): number {
  const colon = skipSpace(body, from)
  if (body[colon] !== COLON) return -1
  const open = skipSpace(body, colon + 1)
  return body[open] === OPEN ? open : -1
}

/** Reads the entries from `at` on. Where the array closes; -1: it is not a plain one. */
function scanArray(body: Buffer, from: number, directory: Directory, into: Gathering): number {
  into.begin()
  let at = from
  for (;;) {
    at = skipSpace(body, at)
    if (body[at] !== QUOTE || into.length === RECIPIENTS_MAX) return -1
    const start = at + 1
    at = start
    let byte = body[at]
    while (byte !== QUOTE) {
      if (byte === undefined || byte === BACKSLASH || byte < SPACE) return -1
      at += 1
      byte = body[at]
    }
    look(body, start, at, directory, into)
    at = skipSpace(body, at + 1)
    if (body[at] === CLOSE) return at
    if (body[at] !== COMMA) return -1
    at += 1
  }
}

function look(body: Buffer, from: number, to: number, directory: Directory, into: Gathering): void {
  const isPlausible = to > from && to - from <= USER_ID_BYTES_MAX
  const number = isPlausible ? directory.numberAt(body, from, to) : NOBODY
  if (number === NOBODY) into.addUnknown(body.toString('utf8', from, to))
  else into.add(number)
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

function skipSpace(body: Buffer, from: number): number {
  let at = from
  for (;;) {
    const byte = body[at]
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at += 1
  }
}
