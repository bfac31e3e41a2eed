/**
 * The values of one name, where they stand in the bytes of a body: written as
 * JSON strings without escapes, which is how columns have them too. So they are
 * copied, and never become strings. Those with escapes do, since each character
 * has one spelling in columns.
 */
import { copyBytes } from './copy.ts'
import { escapeText } from './escape.ts'
import type { ColumnValues } from './write-columns.ts'

export class ScannedValues implements ColumnValues {
  readonly name: string
  readonly entries: number[] = []
  readonly ends: number[] = []
  readonly #bytes: Buffer
  /** By rank, where in the bytes the value begins. */
  readonly #starts: number[] = []
  /** By rank, the values that had escapes, escaped as columns have them. */
  readonly #texts = new Map<number, string>()

  constructor(name: string, bytes: Buffer) {
    this.name = name
    this.#bytes = bytes
  }

  /** Notes that the entry's value stands in bytes [from, to). Entries come in rising order. */
  add(entry: number, from: number, to: number): void {
    this.#add(entry, from, to - from)
  }

  /** The same of a value that had escapes in the body. */
  addText(entry: number, text: string): void {
    const escaped = escapeText(text)
    this.#texts.set(this.entries.length, escaped)
    this.#add(entry, 0, Buffer.byteLength(escaped))
  }

  isSame(): boolean {
    if (this.#texts.size > 0) return this.#isSameText()
    const bytes = this.#bytes
    const first = this.#starts[0]!
    const length = this.ends[0]!
    for (let rank = 1; rank < this.entries.length; rank += 1) {
      if (this.#lengthOf(rank) !== length) return false
      const from = this.#starts[rank]!
      if (bytes.compare(bytes, first, first + length, from, from + length) !== 0) return false
    }
    return true
  }

  put(count: number, target: Buffer, start: number): void {
    let at = start
    for (let rank = 0; rank < count; rank += 1) {
      const text = this.#texts.get(rank)
      if (text !== undefined) {
        at += target.write(text, at)
        continue
      }
      const from = this.#starts[rank]!
      at = copyBytes(this.#bytes, from, from + this.#lengthOf(rank), target, at)
    }
  }

  #add(entry: number, from: number, bytes: number): void {
    const { entries, ends } = this
    const end = entries.length === 0 ? 0 : ends[entries.length - 1]!
    entries.push(entry)
    this.#starts.push(from)
    ends.push(end + bytes)
  }

  #isSameText(): boolean {
    const first = this.#textOf(0)
    return this.entries.every((_, rank) => this.#textOf(rank) === first)
  }

  #textOf(rank: number): string {
    const from = this.#starts[rank]!
    return this.#texts.get(rank) ?? this.#bytes.toString('utf8', from, from + this.#lengthOf(rank))
  }

  #lengthOf(rank: number): number {
    return this.ends[rank]! - (rank === 0 ? 0 : this.ends[rank - 1]!)
  }
}
