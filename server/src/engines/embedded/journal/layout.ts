/**
 * Where the journal's bytes stand: segments hold groups, groups hold records.
 * docs/formats/journal.md says the same in tables.
 *
 *   segment  header (64) · group · group · …        one file, named by its first place
 *   group    header (48) · record · record · …      written, checked and synced as one
 *   record   header (16) · body · zeros up to 8     can be read and verified alone
 *
 * A place is a byte's number in all segments laid end to end, headers included.
 * So place ↔ (segment, offset) is a subtraction, and place 0 is a header.
 */
import { crc32 } from 'node:zlib'
import { PLACE_STEP, type Place } from '../../../domain/place.ts'

const FORMAT_VERSION = 1

export const SEGMENT_HEADER_BYTES = 64
export const GROUP_HEADER_BYTES = 48
export const RECORD_HEADER_BYTES = 16

/** A record over this, header included, is refused. */
export const RECORD_BYTES_MAX = 16 * 1024 * 1024

/** Times are Unix milliseconds in 48 bits. */
export const TIME_MAX = 2 ** 48 - 1

/**
 * A group that has reached either limit is closed. Its followers apply it in one tick, so a larger
 * one would hold the thread; this one holds about 400 batches of 500.
 */
export const GROUP_BYTES_MAX = 1024 * 1024
export const GROUP_RECORDS_MAX = 4096

/** The longest group there can be: one record of the greatest length. */
const LONGEST_GROUP_BYTES = GROUP_HEADER_BYTES + RECORD_BYTES_MAX

// Each has bytes that no UTF-8 text contains, so no message can carry a header in its content.
const SEGMENT_MAGIC = 0xf5_4a_53_ff
export const GROUP_MAGIC = 0xf5_52_47_ff
const RECORD_MARK = 0xff

const WITH_RECORDS = 0
const VOID = 1

export interface SegmentHeader {
  generation: number
  /** The place of the segment's first byte. */
  base: Place
  /** The seal of the last group before this segment; 0: there is none. */
  previous: number
  /** The time of the last record before this segment; 0: there is none. */
  lastTime: number
}

export interface GroupHeader {
  place: Place
  /** Bytes, header and padding included. */
  length: number
  count: number
  /** The seal of the group before. */
  previous: number
  /** What the group after names as its `previous`: the group's CRC; a void group hands on another's. */
  seal: number
  /** Least and greatest time of its records; Infinity and -Infinity in a void group. */
  earliest: number
  latest: number
  /** Holds nothing: it stands where a damaged group was cut out. */
  isVoid: boolean
}

export interface RecordHeader {
  /** Bytes, header included, padding not. */
  length: number
  time: number
  type: number
}

export function align(bytes: number): number {
  return Math.ceil(bytes / PLACE_STEP) * PLACE_STEP
}

// ── segment headers ────────────────────────────────────────────────────────

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  bytes.writeUInt32LE(SEGMENT_MAGIC, 0)
  bytes.writeUInt32LE(FORMAT_VERSION, 8)
  bytes.writeUInt32LE(header.generation, 12)
  writeU64(bytes, header.base, 16)
  bytes.writeUInt32LE(header.previous, 24)
  writeU64(bytes, header.lastTime, 32)
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
  return bytes
}

/** The header, or what is wrong with it. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | string {
  if (bytes.length < SEGMENT_HEADER_BYTES) {
    return `the segment's header has ${bytes.length} bytes, expected ${SEGMENT_HEADER_BYTES}`
  }
  if (bytes.readUInt32LE(0) !== SEGMENT_MAGIC) return 'the file does not begin as a segment'
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8, SEGMENT_HEADER_BYTES))) {
    return "the segment's header does not match its checksum"
  }
  const version = bytes.readUInt32LE(8)
  if (version !== FORMAT_VERSION) {
    throw new Error(`journal format ${version}, this server reads ${FORMAT_VERSION}`)
  }
  return {
    generation: bytes.readUInt32LE(12),
    base: readU64(bytes, 16),
    previous: bytes.readUInt32LE(24),
    lastTime: readU64(bytes, 32),
  }
}

// ── groups ─────────────────────────────────────────────────────────────────

/** Writes the header over a group whose records stand, and gives the group's seal. */
export function sealGroup(
  bytes: Buffer,
  group: Omit<GroupHeader, 'seal' | 'isVoid'>,
): GroupHeader['seal'] {
  bytes.writeUInt32LE(WITH_RECORDS, 28)
  writeU64(bytes, group.earliest, 32)
  writeU64(bytes, group.latest, 40)
  return writeGroupHeader(bytes, group)
}

/** A group without records, of any length from 48 bytes, that hands on the seal of another. */
export function encodeVoidGroup(
  group: Pick<GroupHeader, 'place' | 'length' | 'previous' | 'seal'>,
): Buffer {
  const bytes = Buffer.alloc(group.length)
  bytes.writeUInt32LE(VOID, 28)
  bytes.writeUInt32LE(group.seal, 32)
  writeGroupHeader(bytes, { ...group, count: 0 })
  return bytes
}

function writeGroupHeader(
  bytes: Buffer,
  { place, length, count, previous }: Pick<GroupHeader, 'place' | 'length' | 'count' | 'previous'>,
): number {
  bytes.writeUInt32LE(GROUP_MAGIC, 0)
  bytes.writeUInt32LE(length, 8)
  bytes.writeUInt32LE(count, 12)
  writeU64(bytes, place, 16)
  bytes.writeUInt32LE(previous, 24)
  const crc = crc32(bytes.subarray(8, length))
  bytes.writeUInt32LE(crc, 4)
  return crc
}

/**
 * The header of the group that stands `at` in `bytes`, or what is wrong with it. The group's length
 * is one that a group can have; whether the group is whole, `groupIsWhole` says.
 */
export function decodeGroupHeader(bytes: Buffer, at: number, place: Place): GroupHeader | string {
  if (bytes.length - at < GROUP_HEADER_BYTES) {
    return `${bytes.length - at} bytes are too few for a group's header`
  }
  if (bytes.readUInt32LE(at) !== GROUP_MAGIC) return 'no group begins here'
  const ownPlace = readU64(bytes, at + 16)
  if (ownPlace !== place) return `the group here belongs at place ${ownPlace}`
  const length = bytes.readUInt32LE(at + 8)
  if (length < GROUP_HEADER_BYTES || length > LONGEST_GROUP_BYTES || length % PLACE_STEP !== 0) {
    return `the group's length is ${length}`
  }
  const isVoid = bytes.readUInt32LE(at + 28) === VOID
  return {
    place,
    length,
    count: bytes.readUInt32LE(at + 12),
    previous: bytes.readUInt32LE(at + 24),
    seal: bytes.readUInt32LE(at + (isVoid ? 32 : 4)),
    earliest: isVoid ? Number.POSITIVE_INFINITY : readU64(bytes, at + 32),
    latest: isVoid ? Number.NEGATIVE_INFINITY : readU64(bytes, at + 40),
    isVoid,
  }
}

/** The length in a header that was checked before, without making anything. */
export function groupLength(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 8)
}

/** All of the group's bytes are here and match its checksum. */
export function groupIsWhole(bytes: Buffer, at: number, length: number): boolean {
  if (length > bytes.length - at) return false
  return crc32(bytes.subarray(at + 8, at + length)) === bytes.readUInt32LE(at + 4)
}

// ── records ────────────────────────────────────────────────────────────────

/** Writes the header before a body that stands, and the zeros behind it. */
export function sealRecord(bytes: Buffer, at: number, place: Place, record: RecordHeader): void {
  const { length, time, type } = record
  bytes.writeUInt32LE(length, at)
  bytes.writeUInt32LE(time % 0x1_0000_0000, at + 8)
  bytes.writeUInt16LE(Math.floor(time / 0x1_0000_0000), at + 12)
  bytes[at + 14] = type
  bytes[at + 15] = RECORD_MARK
  bytes.writeUInt32LE(recordCrc(bytes, at, place, length), at + 4)
  bytes.fill(0, at + length, at + align(length))
}

/** The header of a record, if what stands `at` can be one that ends within `bytesLeft`. */
export function decodeRecordHeader(
  bytes: Buffer,
  at: number,
  bytesLeft: number,
): RecordHeader | null {
  if (bytes.length - at < RECORD_HEADER_BYTES || bytes[at + 15] !== RECORD_MARK) return null
  const length = bytes.readUInt32LE(at)
  if (length < RECORD_HEADER_BYTES || length > RECORD_BYTES_MAX || length > bytesLeft) return null
  return {
    length,
    time: bytes.readUInt32LE(at + 8) + bytes.readUInt16LE(at + 12) * 0x1_0000_0000,
    type: bytes[at + 14]!,
  }
}

/** All of the record's bytes are here and match its checksum and its place. */
export function recordIsWhole(bytes: Buffer, at: number, length: number, place: Place): boolean {
  if (length > bytes.length - at) return false
  return recordCrc(bytes, at, place, length) === bytes.readUInt32LE(at + 4)
}

/** Begun from the place, so that a whole record at a wrong place is not taken for the right one. */
function recordCrc(bytes: Buffer, at: number, place: Place, length: number): number {
  return crc32(bytes.subarray(at + 8, at + length), (place / PLACE_STEP) % 0x1_0000_0000)
}

// ── numbers ────────────────────────────────────────────────────────────────

function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 0x1_0000_0000, at)
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4)
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000
}
