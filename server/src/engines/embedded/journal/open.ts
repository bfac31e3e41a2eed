import { dirname } from 'node:path'
import type { Place } from '../../../domain/place.ts'
import { isDiskFull } from './disk-full.ts'
import {
  closeFile,
  makeFolder,
  openFile,
  readAt,
  removeFile,
  syncFile,
  syncFolder,
  truncateFile,
  withFile,
  writeAt,
} from './files.ts'
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from './layout.ts'
import type { Samples } from './samples.ts'
import { createSegment, Segments, segmentPath } from './segments.ts'
import { type LastSegment, type Survey, survey } from './survey.ts'
import type { Tail } from './writer.ts'

const FIRST_GENERATION = 1
const GENERATION_MAX = 0xffff

export interface OpenOptions {
  folder: string
  /** Of what is written from now on. It may rise. Absent: as before, or 1. */
  generation?: number | undefined
  /** Something else already reflects everything before this place. */
  knownDurable: Place
}

export interface OpenedFolder {
  generation: number
  segments: Segments
  samples: Samples
  tail: Tail
  cut: Cut
}

/** What was cut off as a torn tail. */
export interface Cut {
  cutBytes: number
  /** Where it began; null: nothing was cut. */
  cutAt: Place | null
}

/**
 * Makes a folder ready to be written: a new one gets its first segment, an old one is surveyed and
 * freed of what a crash has left. Throws DamagedJournal, and has then changed nothing.
 */
export async function openFolder(options: OpenOptions): Promise<OpenedFolder> {
  const { folder } = options
  await makeFolder(folder)
  const found = await survey(folder, options.knownDurable)
  const generation = nextGeneration(options, found.last)
  const segments = new Segments(folder, found.bases)
  const cut = await clean(folder, found)
  const tail = found.last
    ? await goOn(found.last, generation, segments, found.samples)
    : await begin(generation, segments)
  return { generation, segments, samples: found.samples, tail, cut }
}

function nextGeneration({ folder, generation }: OpenOptions, last: LastSegment | null): number {
  const before = last?.header.generation ?? FIRST_GENERATION
  const wanted = generation ?? before
  const least = last === null ? 0 : before
  if (!(Number.isInteger(wanted) && wanted >= least && wanted <= GENERATION_MAX)) {
    const range = `from ${least} to ${GENERATION_MAX}`
    throw new Error(`generation ${wanted} of the journal in ${folder}, expected one ${range}`)
  }
  return wanted
}

async function clean(folder: string, { unborn, last }: Survey): Promise<Cut> {
  if (unborn !== null) await removeFile(segmentPath(folder, unborn.base))
  if (last !== null) await withFile(last.path, 'r+', (file) => settle(file, last))
  await syncFolder(folder)

  if (unborn !== null) return { cutBytes: unborn.bytes, cutAt: unborn.base }
  if (last === null || last.tornBytes === 0) return { cutBytes: 0, cutAt: null }
  return { cutBytes: last.tornBytes, cutAt: last.end }
}

/**
 * Makes sure that the last segment is on the disk as it was found. When a sync has failed, the
 * kernel may still show what it could not write, and would not write it with the next sync; so what
 * was written last is written again. Bytes that are there already cannot be torn by that.
 */
async function settle(file: number, last: LastSegment): Promise<void> {
  const { header, end, writtenLast, tornBytes } = last
  if (tornBytes > 0) await truncateFile(file, end - header.base)
  const position = writtenLast - header.base
  const bytes = Buffer.allocUnsafe(end - writtenLast)
  const length = await readAt(file, bytes, bytes.length, position)
  try {
    await writeAt(file, bytes, length, position)
  } catch (error) {
    // Some file systems need room even to write in place. A full disk must not stop a start.
    if (!isDiskFull(error)) throw error
  }
  await syncFile(file)
}

/** Goes on in the last segment, or in a new one if the generation has risen. */
async function goOn(
  last: LastSegment,
  generation: number,
  segments: Segments,
  samples: Samples,
): Promise<Tail> {
  const { path, header, end, seal, lastTime } = last
  if (generation === header.generation) {
    return { base: header.base, file: await openFile(path, 'r+'), end, seal, lastTime }
  }
  samples.beginSegment()
  return addSegment(segments, { generation, base: end, previous: seal, lastTime })
}

async function begin(generation: number, segments: Segments): Promise<Tail> {
  const tail = await addSegment(segments, { generation, base: 0, previous: 0, lastTime: 0 })
  try {
    await syncFolder(dirname(segments.folder))
  } catch (error) {
    await closeFile(tail.file)
    throw error
  }
  return tail
}

async function addSegment(segments: Segments, header: SegmentHeader): Promise<Tail> {
  const file = await createSegment(segments.folder, header)
  segments.add(header.base)
  const { base, previous: seal, lastTime } = header
  return { base, file, end: base + SEGMENT_HEADER_BYTES, seal, lastTime }
}
