import type { Place } from '../../../domain/place.ts'
import type { JournalRecord } from '../../../domain/record.ts'
import { decodeRecord, UnreadableRecord } from '../record-codec.ts'
import { readAt } from './files.ts'
import { type Held, heldIn } from './held.ts'
import {
  align,
  decodeRecordHeader,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  recordIsWhole,
} from './layout.ts'

const READ_BYTES = 4 * 1024 * 1024

/** A record that stands in a damaged group and is whole itself. */
export interface LostRecord {
  place: Place
  time: number
  bytes: number
  held: Held
}

/** Every record in damaged bytes that can still be verified alone, wherever it begins. */
export async function findLostRecords(
  file: number,
  base: Place,
  from: Place,
  to: Place,
): Promise<LostRecord[]> {
  const lost: LostRecord[] = []
  if (from >= to) return lost
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, to - from))
  let place = from
  while (place < to) {
    const wanted = Math.min(buffer.length, to - place)
    const bytes = buffer.subarray(0, await readAt(file, buffer, wanted, place - base))
    if (bytes.length < RECORD_HEADER_BYTES) break
    place += await findIn(bytes, place)
  }
  return lost

  /** Looks through the bytes, and says how far it has come. */
  async function findIn(bytes: Buffer, start: Place): Promise<number> {
    let at = 0
    while (at + RECORD_HEADER_BYTES <= bytes.length) {
      const header = decodeRecordHeader(bytes, at, to - start - at)
      const found = header && (await verified(header, bytes, at, start + at))
      if (found) lost.push(found)
      at += found ? align(found.bytes) : 8
    }
    return at
  }

  async function verified(header: RecordHeader, bytes: Buffer, at: number, placeOfRecord: Place) {
    if (header.length <= bytes.length - at) return describe(header, bytes, at, placeOfRecord)
    const longer = Buffer.allocUnsafeSlow(header.length)
    const length = await readAt(file, longer, longer.length, placeOfRecord - base)
    return describe(header, longer.subarray(0, length), 0, placeOfRecord)
  }
}

function describe(
  { length, time, type }: RecordHeader,
  bytes: Buffer,
  at: number,
  place: Place,
): LostRecord | null {
  if (!recordIsWhole(bytes, at, length, place)) return null
  const record = decoded(type, bytes, at + RECORD_HEADER_BYTES, at + length)
  return record && { place, time, bytes: length, held: heldIn(record) }
}

function decoded(type: number, bytes: Buffer, from: number, to: number): JournalRecord | null {
  try {
    return decodeRecord(type, bytes, from, to)
  } catch (error) {
    if (error instanceof UnreadableRecord) return null
    throw error
  }
}
