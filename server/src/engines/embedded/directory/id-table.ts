/**
 * Which number an id has, and which id a number has: the part of the directory
 * that stays in memory, because every recipient of every batch is looked up.
 *
 *   id bytes ──hash──▶ slot of a segment ──▶ entry in the arena ──▶ number
 *   number ──▶ offset column ──▶ entry in the arena ──▶ id
 *
 *   entry     number (4 bytes, little endian), length (1 byte), id (UTF-8)
 *   arena     chunks of 1 MiB in which entries stand one after the other; none
 *             crosses the end of a chunk, none ever moves. An offset is
 *             chunk × 2^20 + byte; offset 0 is never used: it means "nothing"
 *   segment   an open-addressing table of pairs (hash, offset), linear probing.
 *             The hash is kept, so that growing touches no entry and a stranger
 *             is mostly refused without looking at one
 *
 * Promises:
 *
 *   1. A lookup reads the bytes where they stand: it decodes and copies nothing.
 *   2. No pause: there are 1,024 segments, chosen by the upper bits of the hash,
 *      and each doubles on its own. At 10 M accounts one doubling moves some
 *      6,000 pairs.
 *   3. Ids compare by their bytes. Bytes that are not UTF-8 match nobody.
 *   4. Numbers may have gaps; what is added stays.
 *
 * Hashes and offsets are signed 32-bit numbers: V8 keeps those in registers, and puts larger ones
 * on the heap. The sign means nothing.
 *
 * Memory an account, ids of 12 bytes: 17 in the arena, 4 in the column, 11 to 22
 * in the segments. Measured in docs/formats/directory.md.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { ACCOUNT_ID_BYTES_MAX, NOBODY } from '../../../domain/account.ts'

const CHUNK_BITS = 20
const CHUNK_BYTES = 2 ** CHUNK_BITS
const CHUNKS_MAX = 2 ** (32 - CHUNK_BITS)
const ENTRY_HEAD_BYTES = 5

const SEGMENT_BITS = 10
const SEGMENT_SLOTS_AT_FIRST = 8
/** How full a segment gets: probes stay short, and the memory in hand. */
const SLOTS_FULL = 0.75

const COLUMN_BITS = 16
const COLUMN_NUMBERS = 2 ** COLUMN_BITS

/** So many ids are looked up together: what is looked at stays in the nearest cache until it is used. */
const TOGETHER_MAX = 256
const hashes = new Int32Array(TOGETHER_MAX)
const offsets = new Int32Array(TOGETHER_MAX)
/** Where walks leave what they only looked at, so that V8 does not leave the looking out. */
const seen = new Int32Array(1)

export class IdTable {
  #count = 0
  #nextNumber = 1

  readonly #arena: Buffer[] = [Buffer.allocUnsafeSlow(CHUNK_BYTES)]
  /** Where the next entry begins in the last chunk. */
  #arenaEnd = 1

  /** Offsets by number, 65,536 to a chunk. Chunks without numbers are missing. */
  readonly #column: (Int32Array | undefined)[] = []

  readonly #segments: Int32Array[]
  readonly #segmentCounts = new Uint32Array(2 ** SEGMENT_BITS)

  /** Differs in every process, so that nobody can prepare ids that collide. */
  readonly #seed = randomInt(2 ** 32)
  /** Takes the bytes of an id that comes as a string: at most three a character. */
  readonly #scratch = Buffer.allocUnsafeSlow(3 * ACCOUNT_ID_BYTES_MAX)

  /** `expected`: makes room for so many ids at once, which spares growing to them. */
  constructor(expected = 0) {
    // A twentieth more, for segments do not fill evenly.
    const each = (expected / 2 ** SEGMENT_BITS) * 1.05
    let slots = SEGMENT_SLOTS_AT_FIRST
    while (slots * SLOTS_FULL < each) slots *= 2
    this.#segments = Array.from({ length: 2 ** SEGMENT_BITS }, () => new Int32Array(2 * slots))
  }

  get count(): number {
    return this.#count
  }

  /** The number after the highest that was ever given. */
  get nextNumber(): number {
    return this.#nextNumber
  }

  /** Keeps a number from being given again. */
  reserve(number: number): void {
    if (number >= this.#nextNumber) this.#nextNumber = number + 1
  }

  has(number: number): boolean {
    return this.#offset(number) !== 0
  }

  /** The number of the id that stands in bytes [from, to); NOBODY: there is none. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const length = to - from
    if (length <= 0 || length > ACCOUNT_ID_BYTES_MAX) return NOBODY
    return this.#findHash(hashOf(bytes, from, to, this.#seed), bytes, from, to)
  }

  #findHash(hash: number, bytes: Uint8Array, from: number, to: number): number {
    const length = to - from
    if (length <= 0) return NOBODY
    const segment = this.#segments[hash >>> (32 - SEGMENT_BITS)]!
    const mask = segment.length / 2 - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const offset = segment[2 * slot + 1]!
      if (offset === 0) return NOBODY
      if (segment[2 * slot] !== hash) continue
      const chunk = this.#arena[offset >>> CHUNK_BITS]!
      const entry = offset & (CHUNK_BYTES - 1)
      if (chunk[entry + 4] === length && isSame(chunk, entry + ENTRY_HEAD_BYTES, bytes, from, to)) {
        return chunk.readUInt32LE(entry)
      }
    }
  }

  /**
   * The same for many ids of one body, whose beginnings and ends `ranges` holds in turn.
   *
   * A million accounts fit no cache, and a lookup waits for memory twice: for the slot, and for
   * the entry. So the ids are walked three times, and the first two walks only look: the processor
   * then fetches for many at once, because none waits for another. Measured by
   * bench/micro/directory.ts: half the time of one by one.
   */
  findAll(bytes: Uint8Array, ranges: Int32Array, count: number, into: Uint32Array): void {
    for (let from = 0; from < count; from += TOGETHER_MAX) {
      const together = Math.min(TOGETHER_MAX, count - from)
      this.#lookAtSlots(bytes, ranges, from, together)
      this.#lookAtEntries(together)
      for (let i = 0; i < together; i += 1) {
        const at = 2 * (from + i)
        into[from + i] = this.#findHash(hashes[i]!, bytes, ranges[at]!, ranges[at + 1]!)
      }
    }
  }

  #lookAtSlots(bytes: Uint8Array, ranges: Int32Array, from: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const at = 2 * (from + i)
      const idFrom = ranges[at]!
      // A stretch that is too long for an id is compared with some entry, and is not it.
      const idTo = Math.min(ranges[at + 1]!, idFrom + ACCOUNT_ID_BYTES_MAX + 1)
      const hash = hashOf(bytes, idFrom, idTo, this.#seed)
      const segment = this.#segments[hash >>> (32 - SEGMENT_BITS)]!
      const slot = hash & (segment.length / 2 - 1)
      hashes[i] = hash
      // Mostly the right one already; a wrong one costs nothing but the look.
      offsets[i] = segment[2 * slot + 1]!
    }
  }

  #lookAtEntries(count: number): void {
    let sum = 0
    for (let i = 0; i < count; i += 1) {
      const offset = offsets[i]!
      sum ^= this.#arena[offset >>> CHUNK_BITS]![offset & (CHUNK_BYTES - 1)]!
    }
    seen[0] = sum
  }

  findId(id: string): number {
    const { length } = id
    if (length > ACCOUNT_ID_BYTES_MAX) return NOBODY
    const scratch = this.#scratch
    for (let at = 0; at < length; at += 1) {
      const code = id.charCodeAt(at)
      if (code >= 0x80) return this.#findUnicode(id)
      scratch[at] = code
    }
    return this.find(scratch, 0, length)
  }

  /** The id of a number; empty: the number has none. */
  id(number: number): string {
    const offset = this.#offset(number)
    if (offset === 0) return ''
    const chunk = this.#arena[offset >>> CHUNK_BITS]!
    const from = (offset & (CHUNK_BYTES - 1)) + ENTRY_HEAD_BYTES
    return chunk.toString('utf8', from, from + chunk[from - 1]!)
  }

  /** Gives a number that has no id to an id that has no number. */
  add(number: number, bytes: Uint8Array, from: number, to: number): void {
    const length = to - from
    assert(
      length > 0 && length <= ACCOUNT_ID_BYTES_MAX,
      `account ${number}: an id has 1 to ${ACCOUNT_ID_BYTES_MAX} bytes, this one ${length}`,
    )
    const offset = this.#write(number, bytes, from, to)
    const place = number >>> COLUMN_BITS
    const column = (this.#column[place] ??= new Int32Array(COLUMN_NUMBERS))
    column[number & (COLUMN_NUMBERS - 1)] = offset
    this.#index(hashOf(bytes, from, to, this.#seed), offset)
    this.reserve(number)
    this.#count += 1
  }

  /** The same for an id as a string. */
  addId(number: number, id: string): void {
    const bytes = Buffer.from(id)
    this.add(number, bytes, 0, bytes.length)
  }

  /** What the table takes, for the budget. */
  get bytes(): number {
    const segments = this.#segments.reduce((sum, { byteLength }) => sum + byteLength, 0)
    const columns = this.#column.reduce((sum, column) => sum + (column?.byteLength ?? 0), 0)
    return this.#arena.length * CHUNK_BYTES + segments + columns
  }

  #findUnicode(id: string): number {
    // A lone surrogate would be written as U+FFFD, and could match an id that has that character.
    if (!id.isWellFormed()) return NOBODY
    return this.find(this.#scratch, 0, this.#scratch.write(id))
  }

  #offset(number: number): number {
    return this.#column[number >>> COLUMN_BITS]?.[number & (COLUMN_NUMBERS - 1)] ?? 0
  }

  #write(number: number, bytes: Uint8Array, from: number, to: number): number {
    const length = to - from
    if (this.#arenaEnd + ENTRY_HEAD_BYTES + length > CHUNK_BYTES) {
      if (this.#arena.length === CHUNKS_MAX) {
        throw new Error(
          `the ids of ${this.#count} accounts fill 4 GiB, which is all this engine has`,
        )
      }
      this.#arena.push(Buffer.allocUnsafeSlow(CHUNK_BYTES))
      this.#arenaEnd = 0
    }
    const chunk = this.#arena.at(-1)!
    const entry = this.#arenaEnd
    chunk.writeUInt32LE(number, entry)
    chunk[entry + 4] = length
    for (let at = 0; at < length; at += 1) chunk[entry + ENTRY_HEAD_BYTES + at] = bytes[from + at]!
    this.#arenaEnd += ENTRY_HEAD_BYTES + length
    return ((this.#arena.length - 1) << CHUNK_BITS) | entry
  }

  #index(hash: number, offset: number): void {
    const which = hash >>> (32 - SEGMENT_BITS)
    let segment = this.#segments[which]!
    const count = ++this.#segmentCounts[which]!
    if (count > (segment.length / 2) * SLOTS_FULL) {
      segment = doubled(segment)
      this.#segments[which] = segment
    }
    put(segment, hash, offset)
  }
}

function doubled(segment: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * segment.length)
  for (let at = 0; at < segment.length; at += 2) {
    if (segment[at + 1] !== 0) put(larger, segment[at]!, segment[at + 1]!)
  }
  return larger
}

function put(segment: Int32Array, hash: number, offset: number): void {
  const mask = segment.length / 2 - 1
  let slot = hash & mask
  while (segment[2 * slot + 1] !== 0) slot = (slot + 1) & mask
  segment[2 * slot] = hash
  segment[2 * slot + 1] = offset
}

function isSame(
  chunk: Uint8Array,
  start: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  for (let at = from; at < to; at += 1) {
    if (chunk[start + at - from] !== bytes[at]) return false
  }
  return true
}

/** Four bytes a step: multiply by an odd constant, fold the upper bits down; then mix once more. */
function hashOf(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let hash = seed ^ (to - from)
  let at = from
  for (; at + 4 <= to; at += 4) {
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash = Math.imul(hash ^ word, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  for (; at < to; at += 1) {
    hash = Math.imul(hash ^ bytes[at]!, 0x85ebca77)
    hash ^= hash >>> 13
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae3d)
  return hash ^ (hash >>> 15)
}
