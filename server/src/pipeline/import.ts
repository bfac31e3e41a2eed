/**
 * Import: makes accounts known. Numbers are given here, and written into the
 * record, so that the loss of a record could never renumber anybody.
 */
import { ACCOUNT_NUMBER_MAX, NOBODY } from '../domain/account.ts'
import { Fault } from '../domain/errors.ts'
import { ORDINALS_MAX } from '../domain/place.ts'
import type { AccountChange, Accounts } from '../domain/record.ts'
import { requireDisk } from './disk.ts'
import type { PipelineOptions } from './pipeline.ts'

/**
 * An account to import. Its id is valid: see isAccountId. A profile field that is absent stays as
 * it is. Half a surrogate pair in one becomes U+FFFD here, as it would on its way to the disk.
 */
export interface NewAccount {
  id: string
  nick?: string | undefined
  avatarUrl?: string | undefined
  /** See Profile. */
  attributes?: string | undefined
}

export interface Imported {
  /** How many did not exist before. */
  created: number
  /** Account numbers, in the order of the call. */
  numbers: Uint32Array
}

/** Accounts that go into one record. `durable` is set once it is on its way. */
interface Slice {
  changes: AccountChange[]
  durable: Promise<unknown>
}

export function openImport({ engines, diskReserveBytes, accountsMax }: PipelineOptions) {
  const { journal, directory } = engines
  /** Accounts whose numbers are given and whose records are not durable yet. */
  const pending = new Map<string, { number: number; slice: Slice }>()
  let nextNumber = directory.nextNumber

  return async function importAccounts(accounts: readonly NewAccount[]): Promise<Imported> {
    requireDisk(engines, diskReserveBytes)
    const numbers = new Uint32Array(accounts.length)
    const waitFor = new Set<Slice>()
    let created = 0

    for (let from = 0; from < accounts.length; from += ORDINALS_MAX) {
      const slice: Slice = { changes: [], durable: Promise.resolve() }
      const to = Math.min(accounts.length, from + ORDINALS_MAX)
      try {
        for (let i = from; i < to; i += 1) {
          created += take(accounts[i]!, slice, numbers, i, waitFor)
        }
      } catch (fault) {
        release(slice)
        throw fault
      }
      if (slice.changes.length > 0) slice.durable = append(slice)
      // A later slice may throw before anybody waits for this one.
      slice.durable.catch(() => {})
      waitFor.add(slice)
    }
    await Promise.all(Array.from(waitFor, ({ durable }) => durable))
    return { created, numbers }
  }

  /** Puts one account into the slice, if there is anything to write. Returns 1 if it is new. */
  function take(
    account: NewAccount,
    slice: Slice,
    numbers: Uint32Array,
    i: number,
    waitFor: Set<Slice>,
  ) {
    const { id } = account
    const nick = account.nick?.toWellFormed() ?? null
    const avatarUrl = account.avatarUrl?.toWellFormed() ?? null
    const attributes = account.attributes ?? null
    const underWay = pending.get(id)
    if (underWay !== undefined) waitFor.add(underWay.slice)
    const known = underWay?.number ?? directory.number(id)
    const number = known === NOBODY ? giveNumber() : known
    numbers[i] = number
    if (known === NOBODY) pending.set(id, { number, slice })
    if (known === NOBODY || nick !== null || avatarUrl !== null || attributes !== null) {
      slice.changes.push({ number, id, nick, avatarUrl, attributes })
    }
    return known === NOBODY ? 1 : 0
  }

  async function append(slice: Slice): Promise<void> {
    try {
      await journal.append({ type: 'accounts', accounts: slice.changes } satisfies Accounts)
    } finally {
      release(slice)
    }
  }

  /** Durable, refused or never sent: from here on the directory knows best. */
  function release({ changes }: Slice): void {
    for (const { id, number } of changes) {
      if (pending.get(id)?.number === number) pending.delete(id)
    }
  }

  function giveNumber(): number {
    const full = accountsMax > 0 && directory.count + pending.size >= accountsMax
    if (full || nextNumber > ACCOUNT_NUMBER_MAX) {
      throw new Fault('accountsFull', `there are ${directory.count} accounts already`)
    }
    nextNumber += 1
    return nextNumber - 1
  }
}
