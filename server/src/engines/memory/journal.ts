import assert from 'node:assert/strict'
import { Fault } from '../../domain/errors.ts'
import { PLACE_STEP, type Place } from '../../domain/place.ts'
import type { JournalRecord, Stored } from '../../domain/record.ts'
import type { Journal } from '../journal.ts'

/** A clock that is set back by less than this does not set the records back. */
const CLOCK_BEHIND_MS = 10_000

/** A journal that lasts as long as the process. What is appended in one tick is a group. */
export function openMemoryJournal(now: () => number): Journal {
  const records: Stored[] = []
  const byPlace = new Map<Place, Stored>()
  let waiting: Stored[] = []
  let committed: Promise<void> = Promise.resolve()
  let follower: ((group: readonly Stored[]) => void) | null = null
  let closing = false
  // Place 0 is never given: as a position it means "nothing yet".
  let end: Place = PLACE_STEP
  let next: Place = end
  let time = 0

  function stamp<R extends JournalRecord>(record: R): Stored<R> {
    const clock = now()
    if (clock >= time || time - clock >= CLOCK_BEHIND_MS) time = clock
    const stored = { place: next, time, record }
    // Uneven steps, so that nobody learns to count on the distance of two places.
    next += PLACE_STEP * (1 + (next % 5))
    return stored
  }

  function commit(): void {
    const group = waiting
    waiting = []
    records.push(...group)
    for (const stored of group) byPlace.set(stored.place, stored)
    end = next
    follower?.(group)
  }

  /** If the follower throws, the process ends and nothing resolves. */
  const commitSoon = () => new Promise<void>((done) => setImmediate(() => done(commit())))

  return {
    generation: 1,
    get end() {
      return end
    },
    async append(record) {
      if (closing) throw new Fault('stopping')
      const stored = stamp(record)
      if (waiting.push(stored) === 1) committed = commitSoon()
      await committed
      return stored
    },
    follow(newFollower) {
      assert(follower === null && next === PLACE_STEP, 'followed already, or appended to')
      follower = newFollower
    },
    async read(places) {
      return places.map((place) => byPlace.get(place) ?? null)
    },
    async *replay(from) {
      const group = records.filter(({ place }) => place >= from)
      if (group.length > 0) yield group
    },
    span(fromMs, toMs) {
      const within = records.filter((stored) => stored.time >= fromMs && stored.time <= toMs)
      if (within.length === 0) return { from: end, to: end }
      return { from: within[0]!.place, to: within.at(-1)!.place + PLACE_STEP }
    },
    async close() {
      closing = true
      await committed
    },
  }
}
