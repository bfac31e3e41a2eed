/**
 * The body of a batch call without making an object of each entry: receivers are
 * looked up straight from their bytes, and values are copied from there to the
 * columns of the batch. See lib/json-scan.ts for what goes the ordinary way, and
 * para-reader.ts.
 */
import { NOBODY } from '../../../domain/account.ts'
import { ORDINALS_MAX } from '../../../domain/place.ts'
import type { Directory } from '../../../engines/directory.ts'
import { scanField } from '../../../lib/json-scan.ts'
import type { Entries } from '../../../pipeline/entries.ts'
import { writeColumns } from '../../../template/write-columns.ts'
import type { Fields } from '../fields.ts'
import { ParaReader } from './para-reader.ts'
import { NAMES_ALWAYS, ScannedParas } from './paras.ts'

/** The body with ScannedParas in it; null: go the ordinary way. */
export function scanParas(body: Buffer, entriesMax: number, directory: Directory): Fields | null {
  const limits = { entries: Math.min(entriesMax, ORDINALS_MAX), keys: NAMES_ALWAYS }
  const reader = new ParaReader(body, limits)
  const fields = scanField(body, 'paras', (_, from) => reader.array(from))
  if (fields === null) return null
  const { values } = reader
  const columns = values.length === 0 ? null : writeColumns(reader.count, values)
  return { ...fields, paras: new ScannedParas(entriesOf(reader, body, directory), columns) }
}

const ranges = new Int32Array(2 * ORDINALS_MAX)
const numbers = new Uint32Array(ORDINALS_MAX)

function entriesOf(reader: ParaReader, body: Buffer, directory: Directory): Entries {
  const { count, receivers, escaped, rooms } = reader
  ranges.set(receivers)
  directory.numbersAt(body, ranges, count, numbers)
  for (const [entry, id] of escaped) numbers[entry] = directory.number(id)
  const strangers = new Map<number, string>()
  for (let entry = 0; entry < count; entry += 1) {
    if (numbers[entry] !== NOBODY || rooms.has(entry)) continue
    const id =
      escaped.get(entry) ?? body.toString('utf8', receivers[2 * entry], receivers[2 * entry + 1])
    strangers.set(entry, id)
  }
  return { accounts: new Int32Array(numbers.subarray(0, count)), strangers, conversations: rooms }
}
