/** POST /v4/im_open_login_svc/account_check: which accounts are known. */
import { NOBODY } from '../../../domain/account.ts'
import { succeeded } from '../answers.ts'
import type { Command } from '../command.ts'
import { isObject, unexpected } from '../fields.ts'
import { parseBody } from '../json.ts'
import { numberOf } from '../recipients.ts'
import { parseItems } from './items.ts'

export const account_check: Command = {
  service: 'im_open_login_svc',
  name: 'account_check',
  callsPerSecond: 100,
  async handle(body, { door: { directory } }) {
    const items = parseItems(parseBody(body, 70402), 'CheckItem')
    const ResultItem = items.map(parseId).map((UserID) => {
      const isImported = numberOf(directory, UserID) !== NOBODY
      const AccountStatus = isImported ? 'Imported' : 'NotImported'
      return { UserID, ResultCode: 0, ResultInfo: '', AccountStatus }
    })
    return succeeded({ ResultItem })
  },
}

function parseId(item: unknown, at: number): string {
  const id = isObject(item) ? item.UserID : undefined
  if (typeof id === 'string') return id
  throw unexpected(70402, `CheckItem[${at}].UserID`, 'a string', id)
}
