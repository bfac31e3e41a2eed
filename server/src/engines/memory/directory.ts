import { NOBODY, type Profile } from '../../domain/account.ts'
import { PLACE_STEP, type Place } from '../../domain/place.ts'
import type { AccountChange, JournalRecord, Stored } from '../../domain/record.ts'
import type { Directory } from '../directory.ts'

type Account = Profile & { number: number; revokedAt: number }

/** A directory of plain objects. */
export function openMemoryDirectory(): Directory {
  const byNumber = new Map<number, Account>()
  /** By the id's UTF-8 bytes, written as hex: bytes that are not UTF-8 match nobody. */
  const byIdBytes = new Map<string, Account>()
  let last: Place = 0
  let nextNumber = 1

  /** Numbers and ids are for ever: for an account that exists only the profile changes. */
  function change({ number, id, nick, avatarUrl }: AccountChange): void {
    const known = byNumber.get(number) ?? byIdBytes.get(hex(id))
    const account = known ?? { number, id, nick: '', avatarUrl: '', revokedAt: 0 }
    account.nick = nick ?? account.nick
    account.avatarUrl = avatarUrl ?? account.avatarUrl
    byNumber.set(account.number, account)
    byIdBytes.set(hex(account.id), account)
  }

  return {
    get place() {
      return last === 0 ? 0 : last + PLACE_STEP
    },
    get count() {
      return byNumber.size
    },
    get nextNumber() {
      return nextNumber
    },
    apply({ place, record }: Stored) {
      if (place <= last) return
      last = place
      nextNumber = Math.max(nextNumber, ...numbersIn(record).map((number) => number + 1))
      if (record.type === 'accounts') record.accounts.forEach(change)
      if (record.type === 'revoked') {
        const account = byNumber.get(record.account)
        if (account) account.revokedAt = Math.max(account.revokedAt, record.second)
      }
    },
    number: (id) => (id.isWellFormed() && byIdBytes.get(hex(id))?.number) || NOBODY,
    numbersAt(bytes, ranges, count, into) {
      const idAt = (i: number) => bytes.subarray(ranges[2 * i], ranges[2 * i + 1])
      for (let i = 0; i < count; i += 1) into[i] = byIdBytes.get(hex(idAt(i)))?.number ?? NOBODY
    },
    id: (number) => byNumber.get(number)?.id ?? '',
    profiles: (numbers) =>
      numbers
        .flatMap((number) => byNumber.get(number) ?? [])
        .map(({ id, nick, avatarUrl }) => ({ id, nick, avatarUrl })),
    revokedAt: (number) => byNumber.get(number)?.revokedAt ?? 0,
    flush() {},
    async close() {},
  }
}

const hex = (id: string | Uint8Array) => Buffer.from(id as string).toString('hex')

/** Whoever is named has been given a number, though the record that gave it may be lost. */
function numbersIn(record: JournalRecord): number[] {
  if (record.type === 'accounts') return record.accounts.map(({ number }) => number)
  if (record.type === 'batch') return [record.sender, ...record.recipients]
  if (record.type === 'delivered') return [...record.accounts]
  return record.type === 'read' ? [record.reader, record.peer] : [record.account]
}
