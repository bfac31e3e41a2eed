/**
 * The values of one name, where they stand in the bytes of a body: written as
 * JSON strings without escapes, which is how columns have them too. So they are
 * copied, and never become strings.
 */
import { copyBytes } from './copy.ts'
import type { ColumnValues } from './write-columns.ts'

export class ScannedValues implements ColumnValues {
  readonly name: string
  readonly entries: number[] = []
  readonly ends: number[] = []
  readonly #bytes: Buffer
  /** By rank, where in the bytes the value begins. */
  readonly #starts: number[] = []

  constructor(name: string, bytes: Buffer) {
    this.name = name
    this.#bytes = bytes
  }

  /** Notes that the entry's value stands in bytes [from, to). Entries come in rising order. */
  add(entry: number, from: number, to: number): void {
    const { entries, ends } = this
    const end = entries.length === 0 ? 0 : ends[entries.length - 1]!
    entries.push(entry)
    this.#starts.push(from)
    ends.push(end + to - from)
  }

  isSame(): boolean {
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
      const from = this.#starts[rank]!
      at = copyBytes(this.#bytes, from, from + this.#lengthOf(rank), target, at)
    }
  }

  #lengthOf(rank: number): number {
    return this.ends[rank]! - (rank === 0 ? 0 : this.ends[rank - 1]!)
  }
}
