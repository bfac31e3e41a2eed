import { NOBODY } from '../../../domain/account.ts'
import type { Directory } from '../../../engines/directory.ts'
import { Refusal } from '../codes.ts'
import { type Fields, isStrings, shown, unexpected } from '../fields.ts'
import { type Gathering, numberOf, RECIPIENTS_MAX } from '../recipients.ts'

/** `To_Account` as any JSON may write it. The limit counts raw entries. */
export function parseRecipients(fields: Fields, directory: Directory, into: Gathering): void {
  const ids = parseAccounts(fields)
  into.begin()
  for (const id of ids) {
    const number = numberOf(directory, id)
    if (number === NOBODY) into.addUnknown(id)
    else into.add(number)
  }
}

/** 1 to 500 UserIDs. */
export function parseAccounts(fields: Fields): readonly string[] {
  const ids = fields.To_Account
  if (!Array.isArray(ids)) throw unexpected(90003, 'To_Account', 'an array of UserIDs', ids)
  if (ids.length === 0) throw unexpected(90001, 'To_Account', 'at least one UserID', ids)
  if (!isStrings(ids)) {
    const at = ids.findIndex((id) => typeof id !== 'string')
    throw unexpected(90003, `To_Account[${at}]`, 'a UserID, which is a string', ids[at])
  }
  if (ids.length <= RECIPIENTS_MAX) return ids
  throw new Refusal(
    90011,
    `To_Account: expected at most ${RECIPIENTS_MAX} UserIDs, but ${shown(ids)} came`,
  )
}
