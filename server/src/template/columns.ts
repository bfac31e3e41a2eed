/**
 * The variables of a batch: for each name a column, with the value of each
 * entry that has one. The bytes are the columns; they are made once (columns-of.ts), stored as they
 * are, and an entry is read from where it lies without touching the others.
 *
 * Opening checks everything whose size does not depend on the number of entries; a
 * value's own place is checked when it is asked for. Either throws UnreadableColumns,
 * and nothing beyond the bytes is ever read.
 */
import {
  COUNT_BYTES,
  END_BYTES,
  ENTRIES_MAX,
  ENTRY_BYTES,
  HEAD_BYTES,
  KIND_BYTES,
  Kind,
  NAME_BYTES,
  VERSION,
} from './columns-layout.ts'
import { copyBytes } from './copy.ts'
import { unescapeText } from './escape.ts'
import type { Values } from './values.ts'

/** These bytes are not columns, or not of a version that is known here. */
export class UnreadableColumns extends Error {
  override readonly name = 'UnreadableColumns'
}

/** The columns that lie in `bytes`, which must not change afterwards. Throws UnreadableColumns. */
export function openColumns(bytes: Uint8Array): Columns {
  return new Columns(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

export class Columns {
  /** What to store. */
  readonly bytes: Buffer
  /** How many entries there are. */
  readonly entries: number
  readonly names: readonly string[]

  /** By name: the offset of its column; at the end, the length of all. */
  readonly #starts: Uint32Array
  /** Where the value lies that was located last. */
  #from = 0
  #to = 0

  constructor(bytes: Buffer) {
    room('the head', HEAD_BYTES, bytes.length)
    const version = bytes.readUInt32LE(0)
    if (version !== VERSION) {
      throw new UnreadableColumns(`version ${version}, expected ${VERSION}: from a newer server?`)
    }
    const entries = bytes.readUInt32LE(4)
    if (entries > ENTRIES_MAX) {
      throw new UnreadableColumns(`${entries} entries, expected at most ${ENTRIES_MAX}`)
    }
    this.bytes = bytes
    this.entries = entries
    const { names, starts } = readDirectory(bytes)
    this.names = names
    this.#starts = starts
    for (let name = 0; name < names.length; name += 1) this.#checkColumn(name)
  }

  /** What an entry has, for a template that was compiled with `names`. */
  at(entry: number): Values {
    requireOne('entry', entry, this.entries)
    return {
      bytes: (name) => (this.#locate(entry, name) ? this.#to - this.#from : -1),
      put: (name, target, at) => {
        if (!this.#locate(entry, name)) return at
        return copyBytes(this.bytes, this.#from, this.#to, target, at)
      },
    }
  }

  /** The plain value; undefined: the entry has none. */
  value(entry: number, name: number): string | undefined {
    requireOne('entry', entry, this.entries)
    if (!this.#locate(entry, name)) return undefined
    return plain(this.bytes, this.#from, this.#to)
  }

  /** Finds the value's bytes. False: the entry has none. */
  #locate(entry: number, name: number): boolean {
    requireOne('name', name, this.names.length)
    const start = this.#starts[name]!
    const end = this.#starts[name + 1]!
    const body = start + KIND_BYTES
    switch (this.bytes[start]) {
      case Kind.same:
        return this.#lies(body, end, 0, end - body)
      case Kind.each: {
        const packed = this.#u32(body + entry * END_BYTES)
        if (packed % 2 === 0) return false
        const before = entry === 0 ? 0 : this.#u32(body + (entry - 1) * END_BYTES)
        return this.#lies(body + this.entries * END_BYTES, end, before >>> 1, packed >>> 1)
      }
      default: {
        const count = this.#u32(body)
        const table = body + COUNT_BYTES
        const rank = this.#rankOf(entry, table, count)
        if (rank === -1) return false
        const ends = table + count * ENTRY_BYTES
        const from = rank === 0 ? 0 : this.#u32(ends + (rank - 1) * END_BYTES)
        return this.#lies(ends + count * END_BYTES, end, from, this.#u32(ends + rank * END_BYTES))
      }
    }
  }

  /** Notes that the value lies at [from, to) of the values between two offsets. */
  #lies(values: number, valuesEnd: number, from: number, to: number): true {
    if (from > to || to > valuesEnd - values) {
      throw new UnreadableColumns(
        `a value from ${from} to ${to}, of values of ${valuesEnd - values} bytes`,
      )
    }
    this.#from = values + from
    this.#to = values + to
    return true
  }

  /** The rank of an entry in a rising table; -1: it is not there. */
  #rankOf(entry: number, table: number, count: number): number {
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >>> 1
      const found = this.#u32(table + middle * ENTRY_BYTES)
      if (found === entry) return middle
      if (found < entry) low = middle + 1
      else high = middle
    }
    return -1
  }

  #checkColumn(name: number): void {
    const start = this.#starts[name]!
    const length = this.#starts[name + 1]! - start
    room('the kind of a column', KIND_BYTES, length)
    const kind = this.bytes[start]
    if (kind === Kind.same) return
    if (kind === Kind.each) {
      room('the ends of values', KIND_BYTES + this.entries * END_BYTES, length)
    } else if (kind === Kind.some) {
      room('the count of values', KIND_BYTES + COUNT_BYTES, length)
      const count = this.#u32(start + KIND_BYTES)
      const tables = count * (ENTRY_BYTES + END_BYTES)
      room('the tables of a column', KIND_BYTES + COUNT_BYTES + tables, length)
    } else {
      throw new UnreadableColumns(`a column of kind ${kind}, expected 1 to 3`)
    }
  }

  /** Its caller has made sure that the bytes are there; `readUInt32LE` would look again. */
  #u32(at: number): number {
    const { bytes } = this
    return (
      (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
    )
  }
}

function readDirectory(bytes: Buffer): { names: string[]; starts: Uint32Array } {
  const count = bytes.readUInt32LE(8)
  const namesAt = HEAD_BYTES + count * NAME_BYTES
  room('the directory', namesAt, bytes.length)
  const columnsAt = namesAt + (count === 0 ? 0 : bytes.readUInt32LE(namesAt - NAME_BYTES))

  const names: string[] = []
  const starts = new Uint32Array(count + 1)
  let nameAt = namesAt
  let columnAt = columnsAt
  for (let name = 0; name < count; name += 1) {
    const entry = HEAD_BYTES + name * NAME_BYTES
    const nameEnd = namesAt + bytes.readUInt32LE(entry)
    const columnEnd = columnsAt + bytes.readUInt32LE(entry + 4)
    if (nameEnd < nameAt || columnEnd < columnAt || columnEnd > bytes.length) {
      throw new UnreadableColumns(`name ${name} of ${count} ends before it begins, or too late`)
    }
    starts[name] = columnAt
    names.push(plain(bytes, nameAt, nameEnd))
    nameAt = nameEnd
    columnAt = columnEnd
  }
  if (columnAt !== bytes.length) {
    throw new UnreadableColumns(`columns end at ${columnAt} of ${bytes.length} bytes`)
  }
  starts[count] = columnAt
  return { names, starts }
}

function plain(bytes: Buffer, from: number, to: number): string {
  const escaped = bytes.toString('utf8', from, to)
  try {
    return unescapeText(escaped)
  } catch (cause) {
    throw new UnreadableColumns(`${JSON.stringify(escaped)} is no text of JSON`, { cause })
  }
}

function requireOne(what: string, index: number, count: number): void {
  if (!(index >= 0 && index < count)) {
    throw new RangeError(`${what} ${index} was asked for; there are ${count}, from 0`)
  }
}

function room(what: string, needed: number, there: number): void {
  if (needed > there) {
    throw new UnreadableColumns(`${what} needs ${needed} bytes, there are ${there}`)
  }
}
