import { NOBODY } from '../../../domain/account.ts'
import type { Directory } from '../../../engines/directory.ts'
import { Refusal } from '../codes.ts'
import { type Fields, isTexts, shown, unexpected } from '../fields.ts'
import { type Gathering, RECIPIENTS_MAX, USER_ID_BYTES_MAX } from '../recipients.ts'

/** The ids of the call at hand as UTF-8, where each begins and ends, and whose they are. */
const bytes = Buffer.allocUnsafeSlow(RECIPIENTS_MAX * 3 * USER_ID_BYTES_MAX)
const ranges = new Int32Array(2 * RECIPIENTS_MAX)
const numbers = new Uint32Array(RECIPIENTS_MAX)

/** `To_Account` as any JSON may write it. The limit counts raw entries. */
export function parseRecipients(fields: Fields, directory: Directory, into: Gathering): void {
  const ids = parseAccounts(fields)
  let from = 0
  for (let i = 0; i < ids.length; i += 1) {
    const to = write(ids[i]!, from)
    // Whoever has too long a UserID is nobody, and so is the empty one.
    const isPlausible = to - from <= USER_ID_BYTES_MAX
    ranges[2 * i] = isPlausible ? from : 0
    ranges[2 * i + 1] = isPlausible ? to : 0
    from = to
  }
  directory.numbersAt(bytes, ranges, ids.length, numbers)
  into.begin()
  for (let i = 0; i < ids.length; i += 1) {
    const number = numbers[i]!
    if (number === NOBODY) into.addUnknown(ids[i]!)
    else into.add(number)
  }
}

/** Writes an id, unless it cannot be one. Where it ends. */
function write(id: string, from: number): number {
  const { length } = id
  if (length > USER_ID_BYTES_MAX) return from
  for (let at = 0; at < length; at += 1) {
    const code = id.charCodeAt(at)
    // Half a surrogate pair would be written as U+FFFD, and could match an id that has it.
    if (code >= 0x80) return id.isWellFormed() ? from + bytes.write(id, from) : from
    bytes[from + at] = code
  }
  return from + length
}

/** 1 to 500 UserIDs. */
export function parseAccounts(fields: Fields): readonly string[] {
  const ids = fields.To_Account
  if (!Array.isArray(ids)) throw unexpected(90003, 'To_Account', 'an array of UserIDs', ids)
  if (ids.length === 0) throw unexpected(90001, 'To_Account', 'at least one UserID', ids)
  if (!isTexts(ids)) {
    const at = ids.findIndex((id) => typeof id !== 'string')
    throw unexpected(90003, `To_Account[${at}]`, 'a UserID, which is a string', ids[at])
  }
  if (ids.length <= RECIPIENTS_MAX) return ids
  throw new Refusal(
    90011,
    `To_Account: expected at most ${RECIPIENTS_MAX} UserIDs, but ${shown(ids)} came`,
  )
}
