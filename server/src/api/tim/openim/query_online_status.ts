/** POST /v4/openim/query_online_status: who has a terminal open now, or a phone that can be notified. */
import { NOBODY } from '../../../domain/account.ts'
import { succeeded } from '../answers.ts'
import { Refusal } from '../codes.ts'
import type { Command, Door } from '../command.ts'
import { optional, zeroOrOne } from '../fields.ts'
import { parseBody } from '../json.ts'
import { numberOf } from '../recipients.ts'
import { parseAccounts } from './parse-recipients.ts'

export const query_online_status: Command = {
  service: 'openim',
  name: 'query_online_status',
  callsPerSecond: 200,
  handle: async (body, { door }) => statusAnswer(body, door, 'Status'),
}

/** The alias of old names the field otherwise, and is the same in all else. */
export function statusAnswer(body: Buffer, door: Door, field: 'Status' | 'State'): string {
  const fields = parseBody(body, 90001)
  const accounts = parseAccounts(fields)
  // Terminals do not say what they run on, so there is nothing to tell in detail.
  const detail = optional(fields, 'IsNeedDetail', zeroOrOne, 90001) === 1 ? { Detail: [] } : {}
  const result = []
  const unknown = []
  for (const id of accounts) {
    const number = numberOf(door.directory, id)
    if (number === NOBODY) {
      unknown.push({ To_Account: id, ErrorCode: 70107 })
    } else {
      result.push({ To_Account: id, [field]: statusOf(number, door), ...detail })
    }
  }
  if (result.length === 0) throw new Refusal(70107, 'To_Account: none of these accounts exists')
  return succeeded({ QueryResult: result, ...(unknown.length > 0 ? { ErrorList: unknown } : {}) })
}

function statusOf(account: number, { isOnline, directory }: Door): string {
  if (isOnline(account)) return 'Online'
  if (!directory.hasDevice(account)) return 'Offline'
  const hasPhone = directory.devices(account).some(({ way }) => way !== 'web')
  return hasPhone ? 'PushOnline' : 'Offline'
}
