/** The segments of a folder: their names, their order, and how a new one comes to be. */
import { join } from 'node:path'
import type { Place } from '../../../domain/place.ts'
import { DiskFull, isDiskFull } from './disk-full.ts'
import {
  closeFile,
  openFile,
  readAt,
  removeFile,
  syncFile,
  syncFolder,
  withFile,
  writeAt,
} from './files.ts'
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from './layout.ts'

const NAME = /^([0-9a-f]{12})\.journal$/
const UNFINISHED_SAMPLE_FILE = /^[0-9a-f]{12}\.samples\.tmp$/

export class Segments {
  readonly folder: string
  readonly #bases: Place[]

  /** `bases` rise. */
  constructor(folder: string, bases: Place[]) {
    this.folder = folder
    this.#bases = bases
  }

  get count(): number {
    return this.#bases.length
  }

  add(base: Place): void {
    this.#bases.push(base)
  }

  /** Where the segment begins that contains `place`; null: none does. */
  baseOf(place: Place): Place | null {
    return this.#bases[this.#countUpTo(place) - 1] ?? null
  }

  /** Where the segment after the one that contains `place` begins; null: that is the last. */
  baseAfter(place: Place): Place | null {
    return this.#bases[this.#countUpTo(place)] ?? null
  }

  path(base: Place): string {
    return segmentPath(this.folder, base)
  }

  /** How many segments begin at or before `place`. */
  #countUpTo(place: Place): number {
    let low = 0
    let high = this.#bases.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#bases[middle]! <= place) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** A segment is named by its first place: 12 hexadecimal digits, so that names sort as places do. */
export function segmentPath(folder: string, base: Place): string {
  return join(folder, `${nameOf(base)}.journal`)
}

export function sampleFilePath(folder: string, base: Place): string {
  return join(folder, `${nameOf(base)}.samples`)
}

/** The first places of the segments among these files, rising. Other files are not ours. */
export function basesAmong(names: readonly string[]): Place[] {
  const bases: Place[] = []
  for (const name of names) {
    const digits = NAME.exec(name)?.[1]
    if (digits !== undefined) bases.push(Number.parseInt(digits, 16))
  }
  return bases.sort((a, b) => a - b)
}

/** The header of a segment, or what is wrong with it. */
export function readSegmentHeader(path: string): Promise<SegmentHeader | string> {
  return withFile(path, 'r', async (file) => {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
    const length = await readAt(file, bytes, bytes.length, 0)
    return decodeSegmentHeader(bytes.subarray(0, length))
  })
}

/** Sample files that a crash has left half written. */
export function unfinishedAmong(names: readonly string[]): string[] {
  return names.filter((name) => UNFINISHED_SAMPLE_FILE.test(name))
}

/**
 * Makes a segment without groups, durable in itself and in its folder, and gives its file. Throws
 * DiskFull when there is no room, after which there is no such segment.
 */
export async function createSegment(folder: string, header: SegmentHeader): Promise<number> {
  const path = segmentPath(folder, header.base)
  const bytes = encodeSegmentHeader(header)
  const file = await openFile(path, 'wx').catch((error) => {
    throw isDiskFull(error) ? new DiskFull(error) : error
  })
  try {
    await writeAt(file, bytes, bytes.length, 0)
  } catch (error) {
    await closeFile(file)
    if (!isDiskFull(error)) throw error
    await removeFile(path)
    await syncFolder(folder)
    throw new DiskFull(error)
  }
  await syncFile(file)
  await syncFolder(folder)
  return file
}

function nameOf(base: Place): string {
  return base.toString(16).padStart(12, '0')
}
