/**
 * Which slot a pair of numbers has: two accounts their conversation, for example.
 *
 *   (first, second) ──hash──▶ segment ──▶ entry (hash, slot + 1) ──▶ slot
 *
 * Open addressing with linear probing. The upper bits of the hash choose one
 * of 1,024 segments, the lower ones the place in it. The whole hash stands in
 * the entry, so that a stranger is refused without a look at its slot, and
 * growing touches no slot.
 *
 * Promises:
 *
 *   1. No pause: a segment doubles on its own when it is four fifths full. At
 *      20 M pairs that moves some 20,000 entries, half a millisecond.
 *   2. 10 to 20 bytes a pair.
 *   3. The hash has a seed of its own in every process: nobody can choose
 *      pairs that meet in it.
 */
import { randomInt } from 'node:crypto'

const SEGMENT_BITS = 10
const SEGMENTS = 2 ** SEGMENT_BITS
const ENTRIES_AT_FIRST = 8
const FULL = 0.8

/** What the slots belong to. */
interface Owned {
  isOf(slot: number, first: number, second: number): boolean
}

export class PairTable {
  readonly #slots: Owned
  readonly #seed = randomInt(2 ** 32) | 0
  readonly #segments: Int32Array[]
  /** How many pairs each segment holds. */
  readonly #counts = new Int32Array(SEGMENTS)

  /** `expected`: makes room for so many pairs at once, which spares growing to them. */
  constructor(slots: Owned, expected = 0) {
    this.#slots = slots
    // A twentieth more: segments do not fill evenly.
    const each = (expected / SEGMENTS) * 1.05
    let entries = ENTRIES_AT_FIRST
    while (entries * FULL < each) entries *= 2
    this.#segments = Array.from({ length: SEGMENTS }, () => new Int32Array(2 * entries))
  }

  /** The slot of a pair; -1: it has none. */
  find(first: number, second: number): number {
    const hash = this.hash(first, second)
    const segment = this.#segments[hash >>> (32 - SEGMENT_BITS)]!
    const last = segment.length - 1
    for (let at = (hash << 1) & last; ; at = (at + 2) & last) {
      const slot = segment[at + 1]! - 1
      if (slot < 0) return -1
      if (segment[at] === hash && this.#slots.isOf(slot, first, second)) return slot
    }
  }

  hash(first: number, second: number): number {
    return hashOf(first, second, this.#seed)
  }

  /** Looks where a search for a hash begins. What is there means nothing yet. */
  look(hash: number): number {
    const segment = this.#segments[hash >>> (32 - SEGMENT_BITS)]!
    return segment[(hash << 1) & (segment.length - 1)]!
  }

  /** The slot of a pair that has this hash, nearly always the only one; -1: there is none. */
  guess(hash: number): number {
    const segment = this.#segments[hash >>> (32 - SEGMENT_BITS)]!
    const last = segment.length - 1
    for (let at = (hash << 1) & last; ; at = (at + 2) & last) {
      const slot = segment[at + 1]! - 1
      if (slot < 0 || segment[at] === hash) return slot
    }
  }

  /** Adds a pair that is not in the table. */
  add(first: number, second: number, slot: number): void {
    const hash = this.hash(first, second)
    const number = hash >>> (32 - SEGMENT_BITS)
    let segment = this.#segments[number]!
    if (++this.#counts[number]! > (segment.length / 2) * FULL) {
      segment = doubled(segment)
      this.#segments[number] = segment
    }
    put(segment, hash, slot + 1)
  }

  get bytes(): number {
    return this.#segments.reduce((bytes, segment) => bytes + segment.byteLength, 0)
  }
}

/** Every bit of either number moves every bit of the hash. */
function hashOf(first: number, second: number, seed: number): number {
  let hash = Math.imul(first ^ seed, 0x9e3779b1)
  hash ^= hash >>> 15
  hash = Math.imul(hash ^ second, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function doubled(segment: Int32Array): Int32Array {
  const larger = new Int32Array(2 * segment.length)
  for (let at = 0; at < segment.length; at += 2) {
    if (segment[at + 1] !== 0) put(larger, segment[at]!, segment[at + 1]!)
  }
  return larger
}

function put(segment: Int32Array, hash: number, slotPlusOne: number): void {
  const last = segment.length - 1
  let at = (hash << 1) & last
  while (segment[at + 1] !== 0) at = (at + 2) & last
  segment[at] = hash
  segment[at + 1] = slotPlusOne
}
