import type { Database } from 'better-sqlite3'
import type { Device, KnownDevice, PushWay } from '../../../../domain/device.ts'
import type { DeviceChange } from '../../../../domain/record.ts'
import { brokenRow } from '../database.ts'
import { NumberSet } from '../number-set.ts'
import { sealOf } from '../seals.ts'

export interface DeviceRowChange extends DeviceChange {
  time: number
}

type Row = [
  number: number,
  way: PushWay,
  id: string,
  account: number,
  token: string,
  p256dh: string | null,
  auth: string | null,
  app: string,
  locale: string,
  timeZone: string,
  changedAt: number,
  seal: number,
]

type NumberedDevice = KnownDevice & { number: number }

const columns =
  'number, way, id, account, token, p256dh, auth, app, locale, time_zone, changed_at, seal'

/**
 * Accounts whose devices are at hand. Every way to devices asks for the receivers of a batch, one
 * soon after the other, and a question of the file takes 20 µs.
 */
const AT_HAND_MAX = 16_384

/**
 * Whether an account has a device is asked for every receiver who is away, so those who have one
 * are kept in memory, and how many devices there are.
 */
export function openDevices(database: Database) {
  const select = (where: string) =>
    database.prepare<(string | number)[], Row>(`select ${columns} from device where ${where}`).raw()
  const byId = select('way = ? and id = ?')
  const byToken = select('way = ? and token = ?')
  const byAccount = select('account = ? order by number')
  // A row with the number of another takes its place, so that devices are listed as they came.
  const put = database.prepare(
    `insert or replace into device (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const removeOne = database.prepare<[number]>('delete from device where number = ?')
  const anyOf = database.prepare<[number], 1>('select 1 from device where account = ? limit 1')
  const counted = database.prepare<[], number>('select count(*) from device').pluck()
  const owners = new NumberSet()
  const known = database.prepare<[], number>('select distinct account from device').pluck()
  for (const account of known.iterate()) owners.add(account)
  let count = counted.get()!
  const atHand = new Map<number, readonly KnownDevice[]>()

  function register({ account, device, time }: DeviceRowChange): void {
    const { way, id, token, keys, app, locale, timeZone } = device
    const known = find(way, id)
    for (const other of sameAs(device)) if (other.number !== known?.number) remove(other)
    if (known && known.account !== account) remove(known)
    const stays = known?.account === account

    const { p256dh, auth } = keys ?? { p256dh: null, auth: null }
    const said = [way, id, account, token, p256dh, auth, app, locale, timeZone, time] as const
    put.run(stays ? known.number : null, ...said, sealOf(...said))
    owners.add(account)
    atHand.delete(account)
    if (!stays) count += 1
  }

  function remove({ number, account }: NumberedDevice): void {
    removeOne.run(number)
    atHand.delete(account)
    count -= 1
    if (anyOf.get(account) === undefined) owners.delete(account)
  }

  function find(way: PushWay, id: string): NumberedDevice | null {
    const row = byId.get(way, id)
    return row === undefined ? null : numbered(row)
  }

  function sameAs({ way, token }: Device): NumberedDevice[] {
    return token === '' ? [] : byToken.all(way, token).map(numbered)
  }

  return {
    write(change: DeviceRowChange): void {
      if (!change.isGone) {
        register(change)
        return
      }
      const gone = find(change.device.way, change.device.id)
      if (gone) remove(gone)
    },

    // A lone surrogate would be asked for as U+FFFD, and could match an id that has that character.
    find(way: PushWay, id: string): KnownDevice | null {
      const found = id.isWellFormed() ? find(way, id) : null
      return found && plain(found)
    },

    of(account: number): KnownDevice[] {
      const known = atHand.get(account)
      if (known !== undefined) return [...known]
      const devices = byAccount.all(account).map((row) => plain(numbered(row)))
      if (atHand.size >= AT_HAND_MAX) atHand.clear()
      atHand.set(account, devices)
      return [...devices]
    },

    has: (account: number): boolean => owners.has(account),

    get count(): number {
      return count
    },

    /** Who has a device comes right by itself when what is gone is written again. */
    rolledBack(): void {
      atHand.clear()
      count = counted.get()!
    },
  }
}

function numbered([number, ...row]: Row): NumberedDevice {
  const [way, id, account, token, p256dh, auth, app, locale, timeZone, changedAt, seal] = row
  const said = [way, id, account, token, p256dh, auth, app, locale, timeZone, changedAt] as const
  if (seal !== sealOf(...said)) throw brokenRow(`a device of account ${account}`)
  const keys = p256dh === null ? null : { p256dh, auth: auth! }
  return { number, way, id, account, token, keys, app, locale, timeZone, changedAt }
}

function plain({ number, ...device }: NumberedDevice): KnownDevice {
  return device
}
