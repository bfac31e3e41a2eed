/**
 * POST /v4/im_open_login_svc/multiaccount_import: makes up to 100 accounts
 * known. One that cannot be is named, and the others are imported.
 */
import type { NewAccount } from '../../../pipeline/import.ts'
import { succeeded } from '../answers.ts'
import { Refusal } from '../codes.ts'
import type { Command } from '../command.ts'
import { type Fields, isObject, unexpected } from '../fields.ts'
import { parseBody } from '../json.ts'
import { parseItems } from './items.ts'
import { isUserId, parseProfile } from './profile.ts'

export const multiaccount_import: Command = {
  service: 'im_open_login_svc',
  name: 'multiaccount_import',
  callsPerSecond: 100,
  async handle(body, { door }) {
    const accounts: NewAccount[] = []
    const FailAccounts: string[] = []
    for (const { id, fields } of parseEntries(parseBody(body, 70402))) {
      const account = newAccount(id, fields)
      if (account === null) FailAccounts.push(id)
      else accounts.push(account)
    }
    if (accounts.length > 0) await door.pipeline.importAccounts(accounts)
    return succeeded({ FailAccounts })
  },
}

/** Newer callers send objects, older ones only ids; the list that is not used may come empty. */
function parseEntries(fields: Fields): { id: string; fields: Fields }[] {
  if (isUnset(fields.AccountList) && !isUnset(fields.Accounts)) {
    return parseItems(fields, 'Accounts').map((id, at) => {
      if (typeof id === 'string') return { id, fields: {} }
      throw unexpected(70402, `Accounts[${at}]`, 'a UserID, which is a string', id)
    })
  }
  return parseItems(fields, 'AccountList').map((item, at) => {
    const id = isObject(item) ? item.UserID : undefined
    if (typeof id === 'string') return { id, fields: item as Fields }
    throw unexpected(70402, `AccountList[${at}].UserID`, 'a string', id)
  })
}

function isUnset(list: unknown): boolean {
  return list === undefined || list === null || (Array.isArray(list) && list.length === 0)
}

/** Null: it cannot be imported as it is. */
function newAccount(id: string, fields: Fields): NewAccount | null {
  if (!isUserId(id)) return null
  try {
    return parseProfile(id, fields)
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}
