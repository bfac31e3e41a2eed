/** POST /v4/openim/query_online_status: who has a terminal open now, or a phone that can be notified. */
import { NOBODY } from '../../../domain/account.ts'
import type { PushWay } from '../../../domain/device.ts'
import { type Platform, platforms } from '../../../domain/platform.ts'
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
  const isDetailed = optional(fields, 'IsNeedDetail', zeroOrOne, 90001) === 1
  const result = []
  const unknown = []
  for (const id of accounts) {
    const number = numberOf(door.directory, id)
    if (number === NOBODY) unknown.push({ To_Account: id, ErrorCode: 70107 })
    else result.push({ To_Account: id, ...presenceOf(number, door, field, isDetailed) })
  }
  if (result.length === 0) throw new Refusal(70107, 'To_Account: none of these accounts exists')
  return succeeded({ QueryResult: result, ...(unknown.length > 0 ? { ErrorList: unknown } : {}) })
}

function presenceOf(account: number, door: Door, field: string, isDetailed: boolean): object {
  const isOnline = door.isOnline(account)
  // Devices are looked up in the database: not for whoever is online anyhow.
  const ways = isOnline && !isDetailed ? [] : waysOf(account, door)
  const status = { [field]: isOnline ? 'Online' : awayStatus(ways) }
  return isDetailed ? { ...status, Detail: detailOf(door.platformsOf(account), ways) } : status
}

function awayStatus(ways: readonly PushWay[]): string {
  return ways.some((way) => way !== 'web') ? 'PushOnline' : 'Offline'
}

/** An entry for each platform that is known of. One with a terminal open is online, whatever else it has. */
function detailOf(online: ReadonlySet<Platform>, ways: readonly PushWay[]): object[] {
  const pushed = new Set(ways.map((way) => phones[way]))
  return platforms
    .filter((platform) => online.has(platform) || pushed.has(platform))
    .map((platform) => ({
      Platform: names[platform],
      Status: online.has(platform) ? 'Online' : 'PushOnline',
    }))
}

function waysOf(account: number, { directory }: Door): PushWay[] {
  return directory.hasDevice(account) ? directory.devices(account).map(({ way }) => way) : []
}

const names = {
  iphone: 'iPhone',
  ipad: 'iPad',
  android: 'Android',
  web: 'Web',
  pc: 'PC',
  mac: 'Mac',
} as const satisfies Record<Platform, string>

/** A browser is offline once it is closed. */
const phones: Partial<Record<PushWay, Platform>> = {
  apns: 'iphone',
  'apns-voip': 'iphone',
  fcm: 'android',
}
