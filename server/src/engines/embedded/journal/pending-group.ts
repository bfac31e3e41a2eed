/**
 * A group while it is being filled: records are encoded into it as they are
 * appended, at the places that they will have for ever.
 */
import type { Place } from '../../../domain/place.ts'
import type { JournalRecord, Stored } from '../../../domain/record.ts'
import { encodeRecord, recordType } from '../record-codec.ts'
import {
  align,
  GROUP_BYTES_MAX,
  GROUP_HEADER_BYTES,
  GROUP_RECORDS_MAX,
  RECORD_HEADER_BYTES,
  sealGroup,
  sealRecord,
} from './layout.ts'

const BUFFER_BYTES_MIN = 64 * 1024

export class PendingGroup {
  readonly place: Place
  /** The place where its segment begins. */
  readonly base: Place
  readonly records: Stored[] = []
  /** Who waits for the records, one by one. */
  readonly waiting: PromiseWithResolvers<Stored>[] = []
  length = GROUP_HEADER_BYTES
  earliest = Number.POSITIVE_INFINITY
  latest = Number.NEGATIVE_INFINITY
  buffer: Buffer

  constructor(place: Place, base: Place, buffer: Buffer) {
    this.place = place
    this.base = base
    this.buffer = buffer
  }

  /** The place after its last byte. */
  get end(): Place {
    return this.place + this.length
  }

  /** May a record of so many bytes be added? The first always may. */
  takes(bytes: number): boolean {
    if (this.records.length === 0) return true
    return this.records.length < GROUP_RECORDS_MAX && this.length + bytes <= GROUP_BYTES_MAX
  }

  /** Adds a record whose body takes `bodyBytes`. When it throws, nothing was added. */
  add(record: JournalRecord, bodyBytes: number, time: number): Promise<Stored> {
    const at = this.length
    const length = RECORD_HEADER_BYTES + bodyBytes
    const end = at + align(length)
    if (end > this.buffer.length) this.buffer = longerCopy(this.buffer, at, end)

    const bodyEnd = encodeRecord(record, this.buffer, at + RECORD_HEADER_BYTES)
    if (bodyEnd !== at + length) {
      throw new Error(`a ${record.type} took ${bodyEnd - at} bytes, expected ${length}`)
    }
    const stored = { place: this.place + at, time, record }
    sealRecord(this.buffer, at, stored.place, { length, time, type: recordType(record) })

    this.length = end
    this.earliest = Math.min(this.earliest, time)
    this.latest = Math.max(this.latest, time)
    this.records.push(stored)
    const waiting = Promise.withResolvers<Stored>()
    this.waiting.push(waiting)
    return waiting.promise
  }

  /** Makes the bytes ready to be written, and gives the seal. */
  seal(previous: number): number {
    const { place, length, earliest, latest } = this
    const count = this.records.length
    return sealGroup(this.buffer, { place, length, count, previous, earliest, latest })
  }
}

/** Buffers that groups have done with, for the next ones. */
export class GroupBuffers {
  readonly #free: Buffer[] = []

  take(bytes: number): Buffer {
    const buffer = this.#free.pop()
    return buffer !== undefined && buffer.length >= bytes ? buffer : newBuffer(bytes)
  }

  give(buffer: Buffer): void {
    // One group is written while one is filled. What a giant record needed is let go.
    if (this.#free.length < 2 && buffer.length <= GROUP_BYTES_MAX) this.#free.push(buffer)
  }
}

function longerCopy(buffer: Buffer, used: number, bytes: number): Buffer {
  const longer = newBuffer(bytes)
  buffer.copy(longer, 0, 0, used)
  return longer
}

/** The next power of two, so that a group that fills up is copied few times. */
function newBuffer(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(bytes, BUFFER_BYTES_MIN))))
}
