/**
 * The frames of a batch that says the same to all, as plain sockets get them:
 * they differ in the ordinal, which stands in two ids, and in the room's id. So
 * one is made, and each copy writes over these three places. Nothing else is
 * made for a copy: the ids of rooms stand in columns, by ordinal.
 */
import { idPrefix, idSuffix } from '../../../domain/message-id.ts'
import type { Place } from '../../../domain/place.ts'
import { type Frame, putOrdinal, textFrame } from '../../../gateway/frame.ts'
import { HEX_WORDS, putHexWords } from './hex-words.ts'
import { plain } from './packets.ts'

/** Columns grow by so many copies: few of a large batch may go to open terminals. */
const COPIES_PER_COLUMN = 64

export class AlikeFrames implements Frame {
  readonly length: number
  readonly #bytes: Buffer
  /** Where the two ids of the message end, and that of the room begins. */
  readonly #firstEnd: number
  readonly #secondEnd: number
  readonly #roomAt: number
  readonly #columns: (Int32Array | undefined)[] = []

  constructor(event: string, generation: number, place: Place, shared: string) {
    const id = idPrefix(generation, place) + idSuffix(0)
    const own = `{"_id":"${id}","id":"${id}","room":"`
    const text = plain.event(event, `${own}${NO_ROOM}",${shared}`)
    this.#bytes = textFrame(text)
    this.length = this.#bytes.length
    this.#firstEnd = this.#bytes.indexOf(id) + id.length
    this.#secondEnd = this.#bytes.indexOf(id, this.#firstEnd) + id.length
    this.#roomAt = this.#bytes.indexOf(NO_ROOM, this.#secondEnd)
  }

  /** The copy at `ordinal`, of the room whose id stands in `words` from `at` on. */
  of(ordinal: number, words: Int32Array, at: number): Frame {
    const column = (this.#columns[ordinal >>> COLUMN_BITS] ??= new Int32Array(
      HEX_WORDS * COPIES_PER_COLUMN,
    ))
    const to = (ordinal & (COPIES_PER_COLUMN - 1)) * HEX_WORDS
    for (let word = 0; word < HEX_WORDS; word += 1) column[to + word] = words[at + word]!
    return this
  }

  put(into: Buffer, at: number, ordinal: number): void {
    into.set(this.#bytes, at)
    putOrdinal(into, at + this.#firstEnd, ordinal)
    putOrdinal(into, at + this.#secondEnd, ordinal)
    const column = this.#columns[ordinal >>> COLUMN_BITS]!
    const from = (ordinal & (COPIES_PER_COLUMN - 1)) * HEX_WORDS
    putHexWords(into, at + this.#roomAt, column, from)
  }
}

const NO_ROOM = '0'.repeat(32)
const COLUMN_BITS = Math.log2(COPIES_PER_COLUMN)
