/**
 * The samples of a finished segment, in a file beside it, so that a start need
 * not read the segment. Nothing depends on it: a file that is missing or does
 * not match is made again from the segment, and one that cannot be written is
 * left out. So it is not synced either.
 *
 *   magic u32 · CRC-32 of what follows u32 · base f64 · end f64 · seal u32 · count u32
 *   then three columns of `count` f64: places, least times, greatest times
 */
import { crc32 } from 'node:zlib'
import type { Place } from '../../../domain/place.ts'
import { fileBytes, readAt, removeFile, renameFile, withFile, writeAt } from './files.ts'
import { SegmentSamples } from './samples.ts'

const MAGIC = 0xf5_4d_53_ff
const HEADER_BYTES = 32
/** Far above what a segment can have: 2 GiB in samples of 64 KiB. */
const FILE_BYTES_MAX = 16 * 1024 * 1024

export interface SegmentSummary {
  base: Place
  /** The place after the segment's last byte. */
  end: Place
  /** The seal of its last group. */
  seal: number
  samples: SegmentSamples
}

export async function writeSampleFile(path: string, summary: SegmentSummary): Promise<void> {
  const bytes = encode(summary)
  const unfinished = `${path}.tmp`
  try {
    await withFile(unfinished, 'w', (file) => writeAt(file, bytes, bytes.length, 0))
    await renameFile(unfinished, path)
  } catch (error) {
    await removeFile(unfinished).catch(() => {})
    throw error
  }
}

/** Null: there is no file, or not one for this segment. */
export async function readSampleFile(
  path: string,
  base: Place,
  end: Place,
): Promise<SegmentSummary | null> {
  const bytes = await contents(path).catch(() => null)
  if (bytes === null || bytes.length < HEADER_BYTES) return null
  const count = bytes.readUInt32LE(28)
  if (bytes.readUInt32LE(0) !== MAGIC || bytes.length !== HEADER_BYTES + count * 24) return null
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) return null
  if (bytes.readDoubleLE(8) !== base || bytes.readDoubleLE(16) !== end) return null

  const samples = new SegmentSamples()
  for (let index = 0; index < count; index += 1) {
    samples.places.push(bytes.readDoubleLE(HEADER_BYTES + index * 8))
    samples.earliest.push(bytes.readDoubleLE(HEADER_BYTES + (count + index) * 8))
    samples.latest.push(bytes.readDoubleLE(HEADER_BYTES + (2 * count + index) * 8))
  }
  return { base, end, seal: bytes.readUInt32LE(24), samples }
}

function encode({ base, end, seal, samples }: SegmentSummary): Buffer {
  const count = samples.places.length
  const bytes = Buffer.alloc(HEADER_BYTES + count * 24)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeDoubleLE(base, 8)
  bytes.writeDoubleLE(end, 16)
  bytes.writeUInt32LE(seal, 24)
  bytes.writeUInt32LE(count, 28)
  let at = HEADER_BYTES
  for (const column of [samples.places, samples.earliest, samples.latest]) {
    for (const value of column) at = bytes.writeDoubleLE(value, at)
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
  return bytes
}

function contents(path: string): Promise<Buffer | null> {
  return withFile(path, 'r', async (file) => {
    const length = await fileBytes(file)
    if (length > FILE_BYTES_MAX) return null
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, await readAt(file, bytes, length, 0))
  })
}
