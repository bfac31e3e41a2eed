/**
 * Recognises retries: a copy is made once for each sender, recipient, `seq`,
 * `random` and content within the window.
 *
 * States of a key:
 *   unknown      the call is appended at once; nothing is waited for
 *   known        the call waits until the earlier ones of this key are settled,
 *                then loses the recipients that these have reached already
 *
 * Kept per call, not per copy: recipients are compared only on a hit, by
 * reading the earlier record again. Measured without this: 500 map entries a call.
 *
 * A call with a `seq` is remembered for 120 s. One without is a duplicate only
 * within the same second of the clock. The windows are made again at start from
 * the last 120 s of the journal, so a crash between a call and its retry
 * changes nothing.
 */

import { NOBODY } from '../domain/account.ts'
import { type Batch, Trait } from '../domain/batch.ts'
import type { Place } from '../domain/place.ts'
import { isBatch } from '../domain/record.ts'
import type { Journal } from '../engines/journal.ts'
import type { Accepted } from './pipeline.ts'

export const WINDOW_MS = 120_000

/** The calls of one key, oldest first. */
interface Known {
  calls: { place: Place; time: number }[]
  /** When the key was last used. */
  touched: number
  /** Settled when every call so far is; never rejects. */
  settled: Promise<void>
}

export interface Duplicates {
  append(batch: Batch): Promise<Accepted>
}

export async function openDuplicates(
  journal: Journal,
  now: () => number = Date.now,
): Promise<Duplicates> {
  // In the order of their last use, so that the oldest are at the front.
  const withSeq = new Map<string, Known>()
  const withoutSeq = new Map<string, Known>()

  await remember()

  return {
    append(batch) {
      const keys = batch.seq === null ? withoutSeq : withSeq
      forget(keys, batch.seq === null ? 2_000 : WINDOW_MS)
      const key = keyOf(batch)
      const known = keys.get(key)
      if (known !== undefined) keys.delete(key)
      const calls = known?.calls ?? []
      const outcome =
        known === undefined ? first(calls, batch) : known.settled.then(() => again(calls, batch))
      keys.set(key, { calls, touched: now(), settled: outcome.then(ignore, ignore) })
      return outcome
    },
  }

  /** Appends a call and notes it under its key. A refused one leaves nothing behind. */
  async function first(calls: Known['calls'], batch: Batch): Promise<Accepted> {
    const { place, time } = await journal.append(batch)
    calls.push({ place, time })
    return { place, time, batch, repeated: false }
  }

  /** The same, when calls of this key were made before. */
  async function again(calls: Known['calls'], batch: Batch): Promise<Accepted> {
    const fresh = calls.filter(({ time }) => isWithin(batch, time, now()))
    const records = await journal.read(fresh.map(({ place }) => place))
    const reached = new Set<number>()
    let earliest: Accepted | null = null
    for (const stored of records) {
      if (stored === null || !isBatch(stored)) continue
      let shared = false
      for (const recipient of stored.record.recipients) {
        if (recipient === NOBODY) continue
        reached.add(recipient)
        shared ||= batch.recipients.includes(recipient)
      }
      const { place, time, record } = stored
      if (shared) earliest ??= { place, time, batch: record, repeated: true }
    }
    if (earliest === null) return first(calls, batch)

    const recipients = batch.recipients.map((number) => (reached.has(number) ? NOBODY : number))
    const isRepeated = recipients.every((number) => number === NOBODY)
    return isRepeated ? earliest : first(calls, { ...batch, recipients })
  }

  async function remember(): Promise<void> {
    const { from } = journal.span(now() - WINDOW_MS, now())
    for await (const group of journal.replay(from)) {
      for (const stored of group) {
        if (!isBatch(stored) || (stored.record.traits & Trait.recognised) === 0) continue
        const { place, time, record } = stored
        if (!isWithin(record, time, now())) continue
        const keys = record.seq === null ? withoutSeq : withSeq
        const calls = keys.get(keyOf(record))?.calls ?? []
        calls.push({ place, time })
        keys.set(keyOf(record), { calls, touched: time, settled: Promise.resolve() })
      }
    }
  }

  function forget(keys: Map<string, Known>, ageMaxMs: number): void {
    const oldest = now() - ageMaxMs
    for (const [key, known] of keys) {
      if (known.touched >= oldest) return
      keys.delete(key)
    }
  }
}

function keyOf(batch: Batch): string {
  return `${batch.sender} ${batch.seq} ${batch.random} ${batch.contentCrc}`
}

function isWithin(batch: Batch, time: number, nowMs: number): boolean {
  return batch.seq === null
    ? Math.floor(time / 1000) === Math.floor(nowMs / 1000)
    : nowMs - time < WINDOW_MS
}

function ignore(): void {}
