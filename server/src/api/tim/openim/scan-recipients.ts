/**
 * `To_Account` without making 500 strings of it: each id is looked up straight
 * from its bytes in the body. See lib/json-scan.ts for how they are found, and
 * for what goes the ordinary way; so do escapes, other types, an empty array,
 * and more than 500 entries.
 *
 * Measured in docs/protocols/tim.md.
 */
import { NOBODY } from '../../../domain/account.ts'
import type { Directory } from '../../../engines/directory.ts'
import {
  CLOSE_ARRAY,
  COMMA,
  endOfPlain,
  QUOTE,
  scanField,
  skipSpace,
} from '../../../lib/json-scan.ts'
import type { Fields } from '../fields.ts'
import { type Gathering, RECIPIENTS_MAX, USER_ID_BYTES_MAX } from '../recipients.ts'

/** Where the ids of the call at hand begin and end, in turn, and whose they are. */
const ranges = new Int32Array(2 * RECIPIENTS_MAX)
const numbers = new Uint32Array(RECIPIENTS_MAX)
let count = 0

/** The body without its recipients, which are in `into`; null: go the ordinary way. */
export function scanRecipients(
  body: Buffer,
  directory: Directory,
  into: Gathering,
): { fields: Fields } | null {
  const fields = scanField(body, 'To_Account', scanIds)
  if (fields === null) return null
  directory.numbersAt(body, ranges, count, numbers)
  gather(body, into)
  return { fields }
}

function scanIds(body: Buffer, from: number): number {
  count = 0
  let at = from
  for (;;) {
    at = skipSpace(body, at)
    if (body[at] !== QUOTE || count === RECIPIENTS_MAX) return -1
    const start = at + 1
    const end = endOfPlain(body, start)
    if (end < 0) return -1
    ranges[2 * count] = start
    ranges[2 * count + 1] = end
    count += 1
    at = skipSpace(body, end + 1)
    if (body[at] === CLOSE_ARRAY) return at
    if (body[at] !== COMMA) return -1
    at += 1
  }
}

function gather(body: Buffer, into: Gathering): void {
  into.begin()
  for (let i = 0; i < count; i += 1) {
    const from = ranges[2 * i]!
    const to = ranges[2 * i + 1]!
    const number = to - from <= USER_ID_BYTES_MAX ? numbers[i]! : NOBODY
    if (number === NOBODY) into.addUnknown(body.toString('utf8', from, to))
    else into.add(number)
  }
}
