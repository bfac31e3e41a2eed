/**
 * The entries of a ledger. Each has the last of these states that it reached:
 *
 *   failed, repeated   the record says so: the entry made no copy
 *   recalled           the last overlay of the copy
 *   read, delivered    the mark of its receiver is at or after the copy
 *   stored             none of these
 *
 * Marks are of one account, and cover everything before them. So a copy to a
 * group is never told as delivered or read, and neither is one for open
 * screens only, which whoever was away never gets.
 */
import { NOBODY } from '../domain/account.ts'
import { type Batch, type Failure, Trait, wantsPush } from '../domain/batch.ts'
import { isGroup, type Peer } from '../domain/peer.ts'
import { type Position, positionOf } from '../domain/place.ts'
import type { Stored } from '../domain/record.ts'
import type { Overlaid } from '../engines/directory.ts'
import type { Engines } from '../engines/engines.ts'
import type { Push } from './pushes.ts'

export const entryStates = [
  'stored',
  'delivered',
  'read',
  'recalled',
  'failed',
  'repeated',
] as const
export type EntryState = (typeof entryStates)[number]

export interface LedgerEntry {
  /** Its number among all entries of the batch, from 0. */
  number: number
  /** Where its copy stands, or would. */
  position: Position
  /** 0: it made no copy. */
  recipient: Peer
  state: EntryState
  failure: Failure | null
  /** What became of its notifications, in order; the first PUSHES_LISTED_MAX of them. */
  pushes: Push[]
}

export const PUSHES_LISTED_MAX = 100

/** Entries that are looked at before others get the thread. */
const ENTRIES_PER_TURN = 256

export function openEntries({ index, directory }: Pick<Engines, 'index' | 'directory'>) {
  return { entriesOf, withoutDevice }

  /** The entries of a record between two ordinals, in slices, without their notifications. */
  async function* entriesOf(
    { place, record }: Stored<Batch>,
    begin: number,
    end: number,
  ): AsyncGenerator<LedgerEntry[]> {
    const failures = new Map(record.failures.map((failure) => [failure.ordinal, failure]))
    const first = record.series?.first ?? 0
    for (let from = begin; from < end; from += ENTRIES_PER_TURN) {
      if (from > begin) await new Promise(setImmediate)
      const length = Math.min(ENTRIES_PER_TURN, end - from)
      const positions = Array.from({ length }, (_, i) => positionOf(place, from + i))
      const overlaid = directory.overlays(positions)
      yield positions.map((position, i) => {
        const recipient = record.recipients[from + i]!
        const failure = failures.get(from + i) ?? null
        const state =
          recipient !== NOBODY
            ? stateOf(record, recipient, position, overlaid[i]!)
            : failure === null
              ? 'repeated'
              : 'failed'
        return { number: first + from + i, position, recipient, state, failure, pushes: [] }
      })
    }
  }

  /**
   * Of a copy without any outcome: that is not written down of those who have no device, since most
   * have none. Whoever has got one since then had none either.
   */
  function withoutDevice(
    { time, record }: Stored<Batch>,
    { position, recipient }: LedgerEntry,
  ): Push[] {
    const isAsked = recipient > 0 && recipient !== record.sender && wantsPush(record)
    if (!isAsked || directory.pushedUpTo('none') < position) return []
    if (isAwaited(recipient, position)) return []
    const nobody = { account: recipient, deviceId: '', way: 'none', isRetryable: false } as const
    return [{ ...nobody, position, state: 'skipped', detail: 'no-device', time }]
  }

  /** Whether a way to one of its devices has still to come to the copy. One at 0 has never been set up. */
  function isAwaited(account: number, position: Position): boolean {
    if (!directory.hasDevice(account)) return false
    return directory.devices(account).some(({ way }) => {
      const upTo = directory.pushedUpTo(way)
      return upTo > 0 && upTo < position
    })
  }

  function stateOf(
    { sender, traits }: Batch,
    recipient: Peer,
    position: Position,
    overlaid: Overlaid | null,
  ): EntryState {
    if (overlaid?.change === 'recall') return 'recalled'
    if (isGroup(recipient) || (traits & Trait.onlineOnly) !== 0) return 'stored'
    if (index.mark(recipient, sender) >= position) return 'read'
    return index.delivered(recipient) >= position ? 'delivered' : 'stored'
  }
}
