/**
 * Walks the groups of one segment, in order, with big reads: opening, replay
 * and repair all see the journal through this file.
 *
 * Every group that is given has been verified: it stands at its own place, is
 * whole, and names the group before it. The first thing that does not hold ends
 * the walk and is its result. While the caller works on what one read brought,
 * the next read is under way.
 */
import type { Place } from '../../../domain/place.ts'
import { closeFile, openFile, readAt } from './files.ts'
import {
  decodeGroupHeader,
  GROUP_MAGIC,
  type GroupHeader,
  groupIsWhole,
  groupLength,
} from './layout.ts'

/** Holds two groups of the greatest usual size; larger ones are read by a read of their own. */
const READ_BYTES = 2 * 1024 * 1024

/** A verified group. Its bytes are good until the next one is asked for. */
export interface Group extends GroupHeader {
  buffer: Buffer
  /** Where in `buffer` the group begins. */
  at: number
}

export interface Span {
  path: string
  /** The place of the file's first byte. */
  base: Place
  /** The place of a group, or `to`. */
  from: Place
  to: Place
  /** The seal of the group before `from`; null: unknown, and not checked. */
  previous: number | null
  /** How much is read at once. */
  readBytes?: number
}

export interface WalkEnd {
  /** `to`, or where the first fault is. */
  place: Place
  /** The seal of the last good group. */
  seal: number | null
  fault: WalkFault | null
}

export interface WalkFault {
  detail: string
  /** `broken`: the bytes are not a group. `misplaced`: a whole group that does not follow the one before. */
  kind: 'broken' | 'misplaced'
}

export async function* walkGroups(span: Span): AsyncGenerator<Group, WalkEnd> {
  const file = await openFile(span.path, 'r')
  const reads = new Reads(file, span)
  try {
    return yield* verified(reads, span)
  } finally {
    await reads.settled()
    await closeFile(file)
  }
}

async function* verified(reads: Reads, span: Span): AsyncGenerator<Group, WalkEnd> {
  let place = span.from
  let seal = span.previous
  let longerRead: Place | null = null
  while (place < span.to) {
    const buffer = await reads.at(place)
    const wholeTo = place + wholeGroups(buffer, place)
    if (wholeTo > place && wholeTo < span.to) reads.ahead(wholeTo)

    const start = place
    do {
      const at = place - start
      const header = decodeGroupHeader(buffer, at, place)
      if (typeof header === 'string') return stop(place, seal, 'broken', header)
      const isLonger = header.length > buffer.length - at
      if (header.length > span.to - place || (isLonger && longerRead === place)) {
        return stop(place, seal, 'broken', `the group of ${header.length} bytes is cut short`)
      }
      if (isLonger) {
        reads.ahead(place, header.length)
        longerRead = place
        break
      }
      if (!groupIsWhole(buffer, at, header.length)) {
        return stop(place, seal, 'broken', 'the group does not match its checksum')
      }
      if (seal !== null && header.previous !== seal) {
        return stop(place, seal, 'misplaced', 'the group does not follow the group before it')
      }
      yield { ...header, buffer, at }
      seal = header.seal
      place += header.length
    } while (place < wholeTo)
  }
  return { place, seal, fault: null }
}

function stop(place: Place, seal: number | null, kind: WalkFault['kind'], detail: string): WalkEnd {
  return { place, seal, fault: { kind, detail } }
}

/** How many of the bytes belong to groups that lie in them as a whole, by their headers. */
function wholeGroups(buffer: Buffer, place: Place): number {
  let at = 0
  while (typeof decodeGroupHeader(buffer, at, place + at) !== 'string') {
    const length = groupLength(buffer, at)
    if (length > buffer.length - at) break
    at += length
  }
  return at
}

/** Reads of a segment, each into one of two buffers, so that one can be read while the other is used. */
class Reads {
  readonly #file: number
  readonly #span: Span
  readonly #buffers: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)]
  #turn = 0
  #next: { place: Place; bytes: Promise<Buffer> } | null = null

  constructor(file: number, span: Span) {
    this.#file = file
    this.#span = span
  }

  /** The bytes from `place` on. What the read before gave is good until the one after this. */
  at(place: Place): Promise<Buffer> {
    if (this.#next?.place !== place) this.ahead(place)
    const { bytes } = this.#next!
    this.#next = null
    return bytes
  }

  /** Begins to read what `at` will be asked for next. */
  ahead(place: Place, bytes: number = this.#span.readBytes ?? READ_BYTES): void {
    const wanted = Math.min(bytes, this.#span.to - place)
    this.#turn = 1 - this.#turn
    let buffer = this.#buffers[this.#turn]!
    if (buffer.length < wanted) {
      buffer = Buffer.allocUnsafeSlow(wanted)
      this.#buffers[this.#turn] = buffer
    }
    const read = readAt(this.#file, buffer, wanted, place - this.#span.base)
    this.#next = { place, bytes: read.then((length) => buffer.subarray(0, length)) }
    // Whoever asks for these bytes hears of a failure; nobody may ever ask.
    this.#next.bytes.catch(() => {})
  }

  async settled(): Promise<void> {
    await this.#next?.bytes.catch(() => {})
  }
}

/**
 * The place of the first whole group after `from`, wherever it may begin: its magic, its own place
 * and its checksum are right. Null: there is none before `to`.
 */
export async function findGroup(
  file: number,
  span: Pick<Span, 'base' | 'from' | 'to'>,
): Promise<GroupHeader | null> {
  if (span.from >= span.to) return null
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(GROUP_MAGIC)
  const overlap = 64
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, span.to - span.from) + overlap)

  for (let place = span.from; place < span.to; place += READ_BYTES) {
    const wanted = Math.min(buffer.length, span.to - place)
    const length = await readAt(file, buffer, wanted, place - span.base)
    const bytes = buffer.subarray(0, length)
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
      const header = at % 8 === 0 ? decodeGroupHeader(bytes, at, place + at) : null
      if (header === null || typeof header === 'string') continue
      if (header.length > span.to - header.place) continue
      const group = Buffer.allocUnsafeSlow(header.length)
      await readAt(file, group, group.length, header.place - span.base)
      if (groupIsWhole(group, 0, group.length)) return header
    }
  }
  return null
}
