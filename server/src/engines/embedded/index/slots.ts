/**
 * Small slots of one size, by number, in chunks of 8,192. A chunk is added when
 * the last is full; nothing ever moves, and no slot is ever given back.
 */
import type { Position } from '../../../domain/place.ts'

const CHUNK_BITS = 13
const CHUNK_SLOTS = 2 ** CHUNK_BITS
const CHUNK_MASK = CHUNK_SLOTS - 1

export class Slots {
  count = 0
  readonly #slotWords: number
  /** Every chunk twice: as words, and as positions. */
  readonly #words: Int32Array[] = []
  readonly #positions: Float64Array[] = []

  /** `slotWords`: how many words of 4 bytes a slot has; divisible by 2. */
  constructor(slotWords: number) {
    this.#slotWords = slotWords
  }

  /** The next slot, empty. */
  add(): number {
    this.resize(this.count + 1)
    return this.count - 1
  }

  /** Makes empty slots, so that there are this many. */
  resize(count: number): void {
    while (this.#words.length * CHUNK_SLOTS < count) {
      const chunk = new ArrayBuffer(CHUNK_SLOTS * this.#slotWords * 4)
      this.#words.push(new Int32Array(chunk))
      this.#positions.push(new Float64Array(chunk))
    }
    this.count = count
  }

  word(slot: number, word: number): number {
    return this.#words[slot >>> CHUNK_BITS]![(slot & CHUNK_MASK) * this.#slotWords + word]!
  }

  setWord(slot: number, word: number, value: number): void {
    this.#words[slot >>> CHUNK_BITS]![(slot & CHUNK_MASK) * this.#slotWords + word] = value
  }

  /** `at` counts in steps of 8 bytes, as do all places of positions in a slot. */
  position(slot: number, at: number): Position {
    const from = (slot & CHUNK_MASK) * (this.#slotWords / 2)
    return this.#positions[slot >>> CHUNK_BITS]![from + at]!
  }

  setPosition(slot: number, at: number, position: Position): void {
    const from = (slot & CHUNK_MASK) * (this.#slotWords / 2)
    this.#positions[slot >>> CHUNK_BITS]![from + at] = position
  }

  /** The first `count` slots chunk by chunk, as bytes that are shared with them. */
  *slices(count: number): Generator<Uint8Array> {
    for (let from = 0; from < count; from += CHUNK_SLOTS) {
      const slots = Math.min(CHUNK_SLOTS, count - from)
      const { buffer } = this.#words[from >>> CHUNK_BITS]!
      yield new Uint8Array(buffer, 0, slots * this.#slotWords * 4)
    }
  }

  get bytes(): number {
    return this.#words.length * CHUNK_SLOTS * this.#slotWords * 4
  }
}
