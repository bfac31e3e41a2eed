/** An account as the account service names it. */
import { isAccountId, PROFILE_FIELD_BYTES_MAX } from '../../../domain/account.ts'
import type { NewAccount } from '../../../pipeline/import.ts'
import { Refusal } from '../codes.ts'
import { eitherOf, type Fields, optional, required, string, unexpected } from '../fields.ts'
import { USER_ID_BYTES_MAX } from '../recipients.ts'

/** The UserID of a call about one account, under its newer or its older name. */
export function parseUserId(fields: Fields): string {
  const name = eitherOf(fields, 'UserID', 'Identifier')
  const id = required<string>(fields, name, string, 70402)
  if (isUserId(id)) return id
  const expected = `1 to ${USER_ID_BYTES_MAX} bytes without control characters`
  throw unexpected(70402, name, expected, id)
}

export function isUserId(id: string): boolean {
  return isAccountId(id, USER_ID_BYTES_MAX)
}

/** A profile field that is absent stays as it is. */
export function parseProfile(id: string, fields: Fields): NewAccount {
  const nick = optional<string>(fields, 'Nick', string, 70402)
  const avatarUrl = optional<string>(fields, 'FaceUrl', string, 70402)
  checkLength('Nick', nick)
  checkLength('FaceUrl', avatarUrl)
  return { id, nick, avatarUrl }
}

function checkLength(name: string, value: string | undefined): void {
  const bytes = Buffer.byteLength(value ?? '')
  if (bytes <= PROFILE_FIELD_BYTES_MAX) return
  const expected = `at most ${PROFILE_FIELD_BYTES_MAX} bytes`
  throw new Refusal(40601, `${name}: expected ${expected}, but ${bytes} came`)
}
