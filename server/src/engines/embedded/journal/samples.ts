/**
 * Where in the journal things are, roughly: one sample for each 64 KiB, held in
 * memory. A sample stands at the first byte of a group and speaks for the groups
 * up to the next sample. So the group that contains a place, and the places that
 * contain a span of time, are found without reading.
 *
 * Times need not rise: the clock can be set back. Each sample therefore keeps
 * the greatest time up to its end and the least time from its beginning on. Both
 * rise from sample to sample whatever the clock did, and can be searched.
 *
 * 24 bytes a sample: 100 GB of journal take 37 MB.
 */
import type { Place } from '../../../domain/place.ts'

const SAMPLE_BYTES = 64 * 1024

/** The samples of one segment, as its sample file keeps them: times are those of the sample alone. */
export class SegmentSamples {
  readonly places: number[] = []
  readonly earliest: number[] = []
  readonly latest: number[] = []

  /** Adds the next group, and says whether a sample begins with it. */
  add(place: Place, earliest: number, latest: number): boolean {
    const last = this.places.length - 1
    if (last < 0 || place - this.places[last]! >= SAMPLE_BYTES) {
      this.places.push(place)
      this.earliest.push(earliest)
      this.latest.push(latest)
      return true
    }
    this.earliest[last] = Math.min(this.earliest[last]!, earliest)
    this.latest[last] = Math.max(this.latest[last]!, latest)
    return false
  }
}

export class Samples {
  #places = new Float64Array(1024)
  /** The greatest time of all groups up to the end of the sample. */
  #latestUpTo = new Float64Array(1024)
  /** The least time of all groups from the sample on. */
  #earliestFrom = new Float64Array(1024)
  #count = 0
  #segment = new SegmentSamples()

  /** The samples of the segment that is being added. */
  get segment(): SegmentSamples {
    return this.#segment
  }

  /** What is added from here on belongs to another segment. A sample never covers two. */
  beginSegment(): void {
    this.#segment = new SegmentSamples()
  }

  /** Adds the next group. */
  add(place: Place, earliest: number, latest: number): void {
    if (this.#segment.add(place, earliest, latest)) this.#push(place)
    this.#widen(earliest, latest)
  }

  /** Adds a whole segment. */
  addSegment({ places, earliest, latest }: SegmentSamples): void {
    for (let index = 0; index < places.length; index += 1) {
      this.#push(places[index]!)
      this.#widen(earliest[index]!, latest[index]!)
    }
  }

  /** The place of a group at or before `place`, at most a sample and a group away; null: there is none. */
  groupBefore(place: Place): Place | null {
    const index = firstAtLeast(this.#places, this.#count, place + 1) - 1
    return index < 0 ? null : this.#places[index]!
  }

  /** See the contract. `end` is the place after the last group. */
  span(fromMs: number, toMs: number, end: Place): { from: Place; to: Place } {
    const first = firstAtLeast(this.#latestUpTo, this.#count, fromMs)
    const past = firstAbove(this.#earliestFrom, this.#count, toMs)
    const from = first < this.#count ? this.#places[first]! : end
    const to = past < this.#count ? this.#places[past]! : end
    return { from, to: Math.max(from, to) }
  }

  #push(place: Place): void {
    if (this.#count === this.#places.length) this.#grow()
    this.#places[this.#count] = place
    const before = this.#count > 0 ? this.#latestUpTo[this.#count - 1]! : Number.NEGATIVE_INFINITY
    this.#latestUpTo[this.#count] = before
    this.#earliestFrom[this.#count] = Number.POSITIVE_INFINITY
    this.#count += 1
  }

  #widen(earliest: number, latest: number): void {
    const last = this.#count - 1
    if (latest > this.#latestUpTo[last]!) this.#latestUpTo[last] = latest
    // Ends at once unless the clock was set back; then it ends where the time was already reached.
    for (let index = last; index >= 0 && this.#earliestFrom[index]! > earliest; index -= 1) {
      this.#earliestFrom[index] = earliest
    }
  }

  #grow(): void {
    this.#places = doubled(this.#places)
    this.#latestUpTo = doubled(this.#latestUpTo)
    this.#earliestFrom = doubled(this.#earliestFrom)
  }
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(column.length * 2)
  longer.set(column)
  return longer
}

/** The index of the first value in a rising column that is at least `bound`; `count`: none is. */
function firstAtLeast(column: Float64Array, count: number, bound: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (column[middle]! < bound) low = middle + 1
    else high = middle
  }
  return low
}

function firstAbove(column: Float64Array, count: number, bound: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (column[middle]! <= bound) low = middle + 1
    else high = middle
  }
  return low
}
