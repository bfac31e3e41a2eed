/**
 * Recognises retries: a copy is made once for each sender, recipient, `seq`,
 * `random` and content within the window.
 *
 * States of a key:
 *   unknown      the call is appended at once; nothing is waited for
 *   known        one call came. When the next one comes, it is read again, and
 *                from then on the key knows whom its calls have reached
 *   repeated     a call loses the recipients that others have reached. It waits
 *                only for calls under way that have some of its recipients
 *
 * Kept per call, not per copy, as long as a key comes once: 500 map entries a
 * call are too many for the ordinary case. A key that comes again keeps its
 * recipients, 11 to 22 bytes each and each account once: a caller whose numbers
 * are constant sends a million copies under one key, and comparing each call
 * with all calls before it took 35 ms a call after 250 calls, and rising.
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
import { Reached } from './reached.ts'

const WINDOW_MS = 120_000
const FORGET_EVERY_MS = 250

/**
 * One call of a key.
 *
 *   under way    `settled` resolves when its fate is known, and never rejects
 *   made         it has a place and a time
 *   refused      the journal did not take it: it reached nobody, and has place 0
 */
interface KnownCall {
  state: 'under way' | 'made' | 'refused'
  place: Place
  time: number
  settled: Promise<void>
}

interface Known {
  /** Oldest first. Those that are too old are dropped from the front. */
  calls: KnownCall[]
  /** Calls are numbered from 1; this is the number of `calls[0]`. */
  firstNumber: number
  /** Null: only one call came so far. */
  reached: Reached | null
  reading: Promise<void> | null
  /** When the key was last used. */
  touched: number
}

/** How many records are read at a time when a key comes again. */
const READ_AT_ONCE = 64

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
  let forgetAt = 0

  await remember()

  return {
    append(batch) {
      const nowMs = now()
      if (nowMs >= forgetAt) forget(nowMs)
      const known = touch(batch, nowMs)
      return known.calls.length === 0 ? make(known, batch) : repeat(known, batch)
    },
  }

  function keysOf({ seq }: Batch): Map<string, Known> {
    return seq === null ? withoutSeq : withSeq
  }

  /** What is known of the key of a batch, which was used at this time. */
  function touch(batch: Batch, time: number): Known {
    const keys = keysOf(batch)
    const key = keyOf(batch)
    const known: Known = keys.get(key) ?? {
      calls: [],
      firstNumber: 1,
      reached: null,
      reading: null,
      touched: time,
    }
    known.touched = time
    keys.delete(key)
    keys.set(key, known)
    return known
  }

  /** Appends a call, and notes it before anybody else can ask. */
  async function make(known: Known, batch: Batch): Promise<Accepted> {
    const appended = journal.append(batch)
    const call: KnownCall = {
      state: 'under way',
      place: 0,
      time: 0,
      settled: appended.then(
        ({ place, time }) => settle(call, 'made', place, time),
        () => settle(call, 'refused', 0, 0),
      ),
    }
    known.calls.push(call)
    if (known.reached !== null) note(known.reached, batch.recipients, lastNumber(known))
    const { place, time } = await appended
    return { place, time, batch, repeated: false }
  }

  /** The same, when calls of this key came before. */
  async function repeat(known: Known, batch: Batch): Promise<Accepted> {
    if (known.reached === null) {
      known.reading ??= readRecipients(known).finally(() => {
        known.reading = null
      })
      await known.reading
    }
    let earlier = earlierCalls(known, batch)
    for (let call = underWay(earlier); call; call = underWay(earlier)) {
      await call.settled
      earlier = earlierCalls(known, batch)
    }
    const first = earliest(earlier)
    if (first === null) return make(known, batch)
    const recipients = batch.recipients.map((number, i) => (earlier[i] ? NOBODY : number))
    const isRepeated = recipients.every((number) => number === NOBODY)
    return isRepeated ? answerOf(first, batch) : make(known, { ...batch, recipients })
  }

  /** By ordinal: the call that made this recipient's copy within the window; null: none did. */
  function earlierCalls(known: Known, batch: Batch): (KnownCall | null)[] {
    const time = now()
    while (isPast(known.calls[0], batch, time)) {
      known.calls.shift()
      known.firstNumber += 1
    }
    return Array.from(batch.recipients, (recipient) => {
      if (recipient === NOBODY) return null
      const call = known.calls[known.reached!.get(recipient) - known.firstNumber]
      return call === undefined || isPast(call, batch, time) ? null : call
    })
  }

  /** Whom the calls of a key have reached so far: read once, when the key comes again. */
  async function readRecipients(known: Known): Promise<void> {
    const { calls, firstNumber } = known
    await Promise.all(calls.map(({ settled }) => settled))
    const reached = new Reached()
    for (let from = 0; from < calls.length; from += READ_AT_ONCE) {
      const slice = calls.slice(from, from + READ_AT_ONCE)
      const records = await journal.read(slice.map(({ place }) => place))
      for (const [i, stored] of records.entries()) {
        if (stored === null || !isBatch(stored)) continue
        note(reached, stored.record.recipients, firstNumber + from + i)
      }
    }
    known.reached = reached
  }

  async function answerOf({ place, time }: KnownCall, batch: Batch): Promise<Accepted> {
    const [stored] = await journal.read([place])
    const record = stored && isBatch(stored) ? stored.record : batch
    return { place, time, batch: record, repeated: true }
  }

  async function remember(): Promise<void> {
    const { from } = journal.span(now() - WINDOW_MS, now())
    for await (const group of journal.replay(from)) {
      for (const stored of group) {
        if (!isBatch(stored) || (stored.record.traits & Trait.recognised) === 0) continue
        const { place, time, record } = stored
        if (!isWithin(record, time, now())) continue
        const settled = Promise.resolve()
        touch(record, time).calls.push({ state: 'made', place, time, settled })
      }
    }
  }

  /** Not at each call: a Map walks over what was deleted from its front again and again. */
  function forget(nowMs: number): void {
    forgetAt = nowMs + FORGET_EVERY_MS
    forgetBefore(withSeq, nowMs - WINDOW_MS)
    forgetBefore(withoutSeq, nowMs - 2_000)
  }
}

function forgetBefore(keys: Map<string, Known>, oldest: number): void {
  for (const [key, known] of keys) {
    if (known.touched >= oldest) return
    keys.delete(key)
  }
}

function settle(call: KnownCall, state: KnownCall['state'], place: Place, time: number): void {
  call.state = state
  call.place = place
  call.time = time
}

function note(reached: Reached, recipients: Int32Array, number: number): void {
  for (const recipient of recipients) {
    if (recipient !== NOBODY) reached.set(recipient, number)
  }
}

function lastNumber({ calls, firstNumber }: Known): number {
  return firstNumber + calls.length - 1
}

function underWay(calls: readonly (KnownCall | null)[]): KnownCall | null {
  return calls.find((call) => call?.state === 'under way') ?? null
}

function earliest(calls: readonly (KnownCall | null)[]): KnownCall | null {
  let found: KnownCall | null = null
  for (const call of calls) {
    if (call !== null && (found === null || call.place < found.place)) found = call
  }
  return found
}

/** Whether it counts no more. One under way always counts. */
function isPast(call: KnownCall | undefined, batch: Batch, nowMs: number): boolean {
  if (call === undefined || call.state === 'under way') return false
  return call.state === 'refused' || !isWithin(batch, call.time, nowMs)
}

function keyOf(batch: Batch): string {
  return `${batch.sender} ${batch.seq} ${batch.random} ${batch.contentCrc}`
}

function isWithin(batch: Batch, time: number, nowMs: number): boolean {
  return batch.seq === null
    ? Math.floor(time / 1000) === Math.floor(nowMs / 1000)
    : nowMs - time < WINDOW_MS
}
