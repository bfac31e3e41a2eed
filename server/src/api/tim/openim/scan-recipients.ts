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

/** Where the ids of the call at hand begin and end, in turn, and whose they are. */
const ranges = new Int32Array(2 * RECIPIENTS_MAX)
const numbers = new Uint32Array(RECIPIENTS_MAX)

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
  const { count, close } = scanArray(body, open + 1)
  if (close < 0) return null

  const fields = parseRest(body, open, close)
  if (fields?.To_Account !== TOKEN) return null
  directory.numbersAt(body, ranges, count, numbers)
  gather(body, count, into)
  return { fields }
}

/** Where the array opens that is this key's value; -1: something else follows. */
function arrayAfter(body: Buffer, from: number): number {
  const colon = skipSpace(body, from)
  if (body[colon] !== COLON) return -1
  const open = skipSpace(body, colon + 1)
  return body[open] === OPEN ? open : -1
}

/** Notes the entries from `from` on. Where the array closes; -1: it is not a plain one. */
function scanArray(body: Buffer, from: number): { count: number; close: number } {
  let count = 0
  let at = from
  for (;;) {
    at = skipSpace(body, at)
    if (body[at] !== QUOTE || count === RECIPIENTS_MAX) return NOT_PLAIN
    const start = at + 1
    at = start
    let byte = body[at]
    while (byte !== QUOTE) {
      if (byte === undefined || byte === BACKSLASH || byte < SPACE) return NOT_PLAIN
      at += 1
      byte = body[at]
    }
    ranges[2 * count] = start
    ranges[2 * count + 1] = at
    count += 1
    at = skipSpace(body, at + 1)
    if (body[at] === CLOSE) return { count, close: at }
    if (body[at] !== COMMA) return NOT_PLAIN
    at += 1
  }
}

const NOT_PLAIN = { count: 0, close: -1 }

function gather(body: Buffer, count: number, into: Gathering): void {
  into.begin()
  for (let i = 0; i < count; i += 1) {
    const from = ranges[2 * i]!
    const to = ranges[2 * i + 1]!
    const number = to - from <= USER_ID_BYTES_MAX ? numbers[i]! : NOBODY
    if (number === NOBODY) into.addUnknown(body.toString('utf8', from, to))
    else into.add(number)
  }
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
