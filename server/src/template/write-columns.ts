/** Writes columns; how they lie is told in columns-layout.ts. */
import { Columns } from './columns.ts'
import {
  COLUMN_BYTES_MAX,
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
import { escapeText } from './escape.ts'

/** The values of one name. A rank is the standing of a value among them. */
export interface ColumnValues {
  name: string
  /** Those that have a value, rising. */
  entries: ArrayLike<number>
  /** Bytes of the values up to each and with it, escaped. */
  ends: ArrayLike<number>
  /** Whether every value is the same as the first; asked when all entries have one. */
  isSame(): boolean
  /** Writes the values of the first `count` ranks, one after another. */
  put(count: number, target: Buffer, at: number): void
}

/** The columns of so many entries, in the order of `columns`. */
export function writeColumns(count: number, columns: readonly ColumnValues[]): Columns {
  if (count > ENTRIES_MAX) {
    throw new RangeError(`${count} entries, expected at most ${ENTRIES_MAX}`)
  }
  return new Columns(write(count, columns.map(escapedName), columns.map(planOf(count))))
}

/** A column that knows how many bytes it takes. */
interface Plan {
  values: ColumnValues
  kind: (typeof Kind)[keyof typeof Kind]
  /** Of the values that are written. */
  ranks: number
  textBytes: number
  bytes: number
}

function planOf(count: number): (values: ColumnValues) => Plan {
  return (values) => {
    const ranks = values.entries.length
    if (ranks === count && values.isSame()) return plan(values, Kind.same, 1, 0)
    const eachBytes = count * END_BYTES
    const someBytes = COUNT_BYTES + ranks * (ENTRY_BYTES + END_BYTES)
    return someBytes < eachBytes
      ? plan(values, Kind.some, ranks, someBytes)
      : plan(values, Kind.each, ranks, eachBytes)
  }
}

function plan(values: ColumnValues, kind: Plan['kind'], ranks: number, tableBytes: number): Plan {
  const textBytes = values.ends[ranks - 1]!
  return { values, kind, ranks, textBytes, bytes: KIND_BYTES + tableBytes + textBytes }
}

function write(count: number, names: readonly string[], plans: readonly Plan[]): Buffer {
  let length = HEAD_BYTES + names.length * NAME_BYTES
  for (const name of names) length += Buffer.byteLength(name)
  for (const { bytes } of plans) length += bytes
  if (length > COLUMN_BYTES_MAX) {
    throw new RangeError(`columns of ${length} bytes, expected at most ${COLUMN_BYTES_MAX}`)
  }

  const target = Buffer.allocUnsafeSlow(length)
  target.writeUInt32LE(VERSION, 0)
  target.writeUInt32LE(count, 4)
  target.writeUInt32LE(names.length, 8)
  const namesAt = HEAD_BYTES + names.length * NAME_BYTES
  let at = namesAt
  names.forEach((name, index) => {
    at += target.write(name, at)
    target.writeUInt32LE(at - namesAt, HEAD_BYTES + index * NAME_BYTES)
  })
  const columnsAt = at
  plans.forEach((column, index) => {
    put(column, count, target, at)
    at += column.bytes
    target.writeUInt32LE(at - columnsAt, HEAD_BYTES + index * NAME_BYTES + 4)
  })
  return target
}

function put(
  { values, kind, ranks, textBytes, bytes }: Plan,
  count: number,
  target: Buffer,
  at: number,
) {
  target[at] = kind
  if (kind === Kind.each) putEach(values, count, target, at + KIND_BYTES)
  else if (kind === Kind.some) putSome(values, target, at + KIND_BYTES)
  values.put(ranks, target, at + bytes - textBytes)
}

function putEach({ entries, ends }: ColumnValues, count: number, target: Buffer, start: number) {
  let end = 0
  let rank = 0
  for (let entry = 0; entry < count; entry += 1) {
    const has = entries[rank] === entry
    if (has) {
      end = ends[rank]!
      rank += 1
    }
    target.writeUInt32LE(end * 2 + (has ? 1 : 0), start + entry * END_BYTES)
  }
}

function putSome({ entries, ends }: ColumnValues, target: Buffer, start: number) {
  const count = entries.length
  const table = start + COUNT_BYTES
  target.writeUInt32LE(count, start)
  for (let rank = 0; rank < count; rank += 1) {
    target.writeUInt32LE(entries[rank]!, table + rank * ENTRY_BYTES)
    target.writeUInt32LE(ends[rank]!, table + count * ENTRY_BYTES + rank * END_BYTES)
  }
}

function escapedName({ name }: ColumnValues): string {
  return escapeText(name)
}
