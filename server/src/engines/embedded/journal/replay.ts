import { setImmediate as turn } from 'node:timers/promises'
import type { Place } from '../../../domain/place.ts'
import type { Stored } from '../../../domain/record.ts'
import { UnreadableRecord } from '../record-codec.ts'
import { DamagedJournal } from './damage.ts'
import { recordsOf } from './group-records.ts'
import { SEGMENT_HEADER_BYTES } from './layout.ts'
import type { Samples } from './samples.ts'
import { readSegmentHeader, type Segments } from './segments.ts'
import { type Group, type WalkEnd, walkGroups } from './walk.ts'

/** After so many bytes others get the thread: some 50,000 entries. */
const BYTES_PER_TURN = 256 * 1024

export interface ReplayOptions {
  segments: Segments
  samples: Samples
  /** The place after the last durable record. */
  end: () => Place
  /** Throws when the journal has been closed. */
  checkOpen: () => void
}

/**
 * The records from `from` on, group by group, up to the end as it is when the replay arrives there.
 * Every group that it passes is verified, and that it follows the one before. Throws DamagedJournal.
 */
export async function* replay(
  from: Place,
  { segments, samples, end, checkOpen }: ReplayOptions,
): AsyncGenerator<readonly Stored[]> {
  if (!(from >= 0 && from <= end())) {
    throw new RangeError(`cannot replay from ${from}, expected a place from 0 to ${end()}`)
  }
  let place = from
  let seal: number | null = null
  let bytesInTurn = 0

  while (place < end()) {
    const base = segments.baseOf(place)!
    const path = segments.path(base)
    const to = Math.min(segments.baseAfter(place) ?? end(), end())
    const start = await startIn(base, place, seal)
    const groups = walkGroups({ path, base, to, ...start })
    let step = await groups.next()
    try {
      for (; !step.done; step = await groups.next()) {
        checkOpen()
        const records = readable(step.value, path)
        if (records.length > 0) yield records
        bytesInTurn += step.value.length
        if (bytesInTurn >= BYTES_PER_TURN) {
          bytesInTurn = 0
          await turn()
        }
      }
    } finally {
      if (!step.done) await groups.return({ place, seal, fault: null })
    }
    checkOpen()
    seal = reached(step.value, path)
    place = to
  }

  /** The group to begin with in a segment, and the seal that it must name. */
  async function startIn(base: Place, at: Place, known: number | null) {
    if (at > base + SEGMENT_HEADER_BYTES) {
      // Only the first time may the place lie within a group; then the seal before it is unknown.
      return { from: known === null ? samples.groupBefore(at)! : at, previous: known }
    }
    const path = segments.path(base)
    const header = await readSegmentHeader(path)
    if (typeof header === 'string') throw new DamagedJournal(base, path, header)
    if (header.base !== base || (known !== null && header.previous !== known)) {
      throw new DamagedJournal(base, path, 'the segment does not follow the segment before it')
    }
    return { from: base + SEGMENT_HEADER_BYTES, previous: header.previous }
  }

  function readable(group: Group, path: string): Stored[] {
    try {
      return recordsOf(group, from)
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error
      throw new DamagedJournal(group.place, path, error.message)
    }
  }
}

function reached({ place, seal, fault }: WalkEnd, path: string): number | null {
  if (fault !== null) throw new DamagedJournal(place, path, fault.detail)
  return seal
}
