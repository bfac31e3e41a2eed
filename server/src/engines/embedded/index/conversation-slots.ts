/**
 * What is in memory of every conversation: 160 bytes, in chunks of 32,768
 * slots. A chunk is added when the last is full; nothing ever moves.
 *
 *   word            what
 *    0   1          the lower and the higher account number of the pair; or a group as a
 *                   peer, which is below 0, and 0
 *    2              how many copies there are
 *    3              coarse position (entry.ts) of the newest copy that went the other
 *                   way than the newest of all; 0: none did
 *    4   5          unread copies, of the lower and the higher side
 *    6   7          those of them that are not in the badge
 *    8 … 11         mark: up to where each side has read; 0: nothing
 *   12 … 15         newest copy that moves the conversation in each side's list; 0: none
 *   16  17          copies that counted for each side, before those in the ring
 *   18  19          those of them that are not in the badge
 *   20              address of the newest block; 0: none
 *   21              address of the newest block with a number divisible by 8; 0: none
 *   22  23          the next conversation of either account, its slot + 1; 0: the last.
 *                   Of a group 22 is its first member slot + 1. Not restored from a
 *                   checkpoint, but made again
 *   24 … 39         the ring: the newest 1 to 8 entries (entry.ts)
 *
 * A conversation with oneself has the same account twice and uses the lower side only. So does
 * a group, whose copies all go to that side, for which nobody ever reads anything: its counter
 * is that of all copies which ever counted. How far members have read is in members.ts.
 *
 * Invariants, between any two records:
 *
 *   1. There is a copy in every slot of a pair, and the newest copy is in the ring: copy n
 *      (from 0) stands at n mod 8, and the ring spills when it is full and another comes. So
 *      there are (count - 1) div 8 blocks.
 *   2. Unread of a side = the countable copies to it that stand after its mark, recalled or not.
 *   3. A slot is a function of the first `count` copies of its conversation and of two
 *      marks, which only rise. Hence applying a record again changes nothing: a copy that
 *      is not after the newest is known, and a mark that is not after the mark is too.
 *      This is what lets a checkpoint be written while records are applied.
 */
import type { Position } from '../../../domain/place.ts'
import { entryPosition } from './entry.ts'

export const SLOT_WORDS = 40
export const SLOT_BYTES = SLOT_WORDS * 4
export const RING_ENTRIES = 8

const CHUNK_BITS = 15
const CHUNK_SLOTS = 2 ** CHUNK_BITS
const CHUNK_MASK = CHUNK_SLOTS - 1

/** Where things stand in a slot, in words. Of two, the lower side's comes first. */
export const LOWER = 0
export const HIGHER = 1
export const COUNT = 2
export const OTHER_WAY = 3
export const UNREAD = 4
export const UNBADGED = 6
export const COUNTED_BEFORE = 16
export const UNBADGED_BEFORE = 18
export const BLOCK = 20
export const LANDING = 21
export const NEXT = 22
export const FIRST_MEMBER = NEXT
export const RING = 24

/** The same for positions, in steps of 8 bytes. */
export const MARK = 4
export const LISTED = 6

export class ConversationSlots {
  count = 0
  /** Every chunk twice: as words, and as positions. */
  readonly words: Int32Array[] = []
  readonly positions: Float64Array[] = []

  /** A new slot for a pair or a group, without a copy yet. */
  add(lower: number, higher: number): number {
    const slot = this.count
    this.reserve(slot + 1)
    this.count = slot + 1
    const words = this.wordsOf(slot)
    words[wordAt(slot) + LOWER] = lower
    words[wordAt(slot) + HIGHER] = higher
    return slot
  }

  /** Makes room for so many slots. */
  reserve(slots: number): void {
    while (this.words.length * CHUNK_SLOTS < slots) {
      const chunk = new ArrayBuffer(CHUNK_SLOTS * SLOT_BYTES)
      this.words.push(new Int32Array(chunk))
      this.positions.push(new Float64Array(chunk))
    }
  }

  wordsOf(slot: number): Int32Array {
    return this.words[slot >>> CHUNK_BITS]!
  }

  positionsOf(slot: number): Float64Array {
    return this.positions[slot >>> CHUNK_BITS]!
  }

  isOf(slot: number, lower: number, higher: number): boolean {
    const words = this.words[slot >>> CHUNK_BITS]!
    const at = (slot & CHUNK_MASK) * SLOT_WORDS
    return words[at + LOWER] === lower && words[at + HIGHER] === higher
  }

  isGroup(slot: number): boolean {
    return this.words[slot >>> CHUNK_BITS]![wordAt(slot) + LOWER]! < 0
  }

  /** Slots [from, to) of one chunk, as bytes that are shared with it. */
  bytesOf(from: number, to: number): Uint8Array {
    const { buffer } = this.wordsOf(from)
    return new Uint8Array(buffer, (from & CHUNK_MASK) * SLOT_BYTES, (to - from) * SLOT_BYTES)
  }

  get bytes(): number {
    return this.words.length * CHUNK_SLOTS * SLOT_BYTES
  }
}

/** Where a slot begins in its chunk, in words. */
export function wordAt(slot: number): number {
  return (slot & CHUNK_MASK) * SLOT_WORDS
}

/** Where a slot begins in its chunk, in positions. */
export function positionAt(slot: number): number {
  return (slot & CHUNK_MASK) * (SLOT_WORDS / 2)
}

/** How many of a conversation's `count` copies are in the ring. */
export function ringEntries(count: number): number {
  return count === 0 ? 0 : ((count - 1) & (RING_ENTRIES - 1)) + 1
}

/** How many blocks hold the others. */
export function blocksOf(count: number): number {
  return count === 0 ? 0 : (count - 1) >>> 3
}

/** The position of the newest copy of a slot that begins at `at` and has `count` copies. */
export function newestPosition(words: Int32Array, at: number, count: number): Position {
  const entry = at + RING + 2 * ((count - 1) & (RING_ENTRIES - 1))
  return entryPosition(words[entry]!, words[entry + 1]!)
}
