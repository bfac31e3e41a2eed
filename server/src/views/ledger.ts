/** The ledger: what became of each entry of a batch. It is worked out when somebody asks. */
import { type Batch, type FailureCode, seqOf } from '../domain/batch.ts'
import { ordinalOf, type Place, type Position } from '../domain/place.ts'
import { isBatch, type Stored } from '../domain/record.ts'
import type { Engines } from '../engines/engines.ts'
import {
  type EntryState,
  entryStates,
  type LedgerEntry,
  openEntries,
  PUSHES_LISTED_MAX,
} from './ledger-entries.ts'
import { countPush, noPushes, type PushTotals, pushesOf } from './pushes.ts'

/** How many entries there are in each state, and notifications. */
export interface LedgerTotals {
  states: Record<EntryState, number>
  failures: Partial<Record<FailureCode, number>>
  pushes: PushTotals
}

/** A call as its sender can name it when it has kept no id. */
export interface NamedCall {
  sender: number
  seq: number
  random: number
  /** Unix time, seconds. */
  second: number
}

export type Ledger = ReturnType<typeof openLedger>

export function openLedger(engines: Engines) {
  const { journal, directory } = engines
  const { entriesOf, withoutDevice } = openEntries(engines)

  return {
    /** The first record of the batch to which the record at `place` belongs; null: there is none. */
    async headOf(place: Place): Promise<Stored<Batch> | null> {
      const stored = await batchAt(place)
      const head = stored?.record.series?.head ?? null
      return head === null ? stored : batchAt(head)
    },

    /** The earliest batch of that name; null: there is none. */
    async named({ sender, seq, random, second }: NamedCall): Promise<Stored<Batch> | null> {
      const { from, to } = journal.span(second * 1000, second * 1000 + 999)
      for await (const group of journal.replay(from)) {
        for (const stored of group) {
          if (stored.place >= to) return null
          if (!isBatch(stored) || stored.record.sender !== sender) continue
          const { place, time, record } = stored
          const isOfSecond = Math.floor(time / 1000) === second
          if (isOfSecond && seqOf(record, place) === seq && record.random === random) return stored
        }
      }
      return null
    },

    async totals(head: Stored<Batch>): Promise<LedgerTotals> {
      const states = Object.fromEntries(entryStates.map((state) => [state, 0]))
      const totals: LedgerTotals = {
        states: states as LedgerTotals['states'],
        failures: {},
        pushes: noPushes(),
      }
      for await (const stored of recordsOf(head)) {
        const { length } = stored.record.recipients
        const isPushed = new Uint8Array(length)
        for await (const push of pushesOf(stored.place, engines)) {
          isPushed[ordinalOf(push.position)] = 1
          countPush(totals.pushes, push)
        }
        for await (const entries of entriesOf(stored, 0, length)) {
          for (const entry of entries) {
            countEntry(totals, entry)
            if (isPushed[ordinalOf(entry.position)] === 1) continue
            for (const push of withoutDevice(stored, entry)) countPush(totals.pushes, push)
          }
        }
      }
      return totals
    },

    /** `limit` entries from a number on. */
    async entries(head: Stored<Batch>, from: number, limit: number): Promise<LedgerEntry[]> {
      const listed: LedgerEntry[] = []
      for await (const stored of recordsOf(head)) {
        const { series, recipients } = stored.record
        const first = series?.first ?? 0
        const begin = Math.max(0, from - first)
        const end = Math.min(recipients.length, from + limit - first)
        if (begin >= end) continue
        const byPosition = new Map<Position, LedgerEntry>()
        for await (const entries of entriesOf(stored, begin, end)) {
          listed.push(...entries)
          for (const entry of entries) byPosition.set(entry.position, entry)
        }
        for await (const push of pushesOf(stored.place, engines)) {
          const entry = byPosition.get(push.position)
          if (entry !== undefined && entry.pushes.length < PUSHES_LISTED_MAX) {
            entry.pushes.push(push)
          }
        }
        for (const entry of byPosition.values()) {
          if (entry.pushes.length === 0) entry.pushes = withoutDevice(stored, entry)
        }
      }
      return listed.sort((a, b) => a.number - b.number)
    },
  }

  async function batchAt(place: Place): Promise<Stored<Batch> | null> {
    const [stored] = await journal.read([place])
    return stored != null && isBatch(stored) ? stored : null
  }

  /** One record after the other; those that are damaged are left out. */
  async function* recordsOf(head: Stored<Batch>): AsyncGenerator<Stored<Batch>> {
    yield head
    for (const place of directory.parts(head.place)) {
      const stored = await batchAt(place)
      if (stored !== null) yield stored
    }
  }
}

function countEntry({ states, failures }: LedgerTotals, { state, failure }: LedgerEntry): void {
  states[state] += 1
  if (failure !== null) failures[failure.code] = (failures[failure.code] ?? 0) + 1
}
