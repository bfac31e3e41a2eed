/**
 * What makes a checkpoint: little-endian, 4 bytes a field but for the places.
 *
 *   magic, format · place (8 bytes) · reach (8 bytes) · conversations · members · recalls ·
 *   blocks' end · blocks' name · number of account chunks · number of slices ·
 *   the account chunks · the CRC-32 of each slice · CRC-32 of all before
 */
import zlib from 'node:zlib'
import { Fault } from '../../../domain/errors.ts'
import type { Place } from '../../../domain/place.ts'

const MAGIC = 0x58444943
/** Rises when slots, blocks or headers change. What another format left is made again. */
const FORMAT = 2
const FIXED_BYTES = 52

export interface CheckpointHeader {
  /** The last record that had been applied when it began: all of it is in every slice. */
  place: Place
  /** The last record of which anything is in any slice. */
  reach: Place
  /** How many conversations there were when it began. */
  conversations: number
  /** How many member slots and recalls there were. */
  members: number
  recalls: number
  /** The address after the last block that a slot may name. */
  blocksEnd: number
  blocksName: number
  /** The numbers of the chunks of accounts. */
  accountChunks: number[]
  /** The CRC-32 of each slice: of conversations, chunks of accounts, members and recalls. */
  slices: number[]
}

export function encodeHeader(header: CheckpointHeader): Buffer {
  const lists = [...header.accountChunks, ...header.slices]
  const bytes = Buffer.alloc(FIXED_BYTES + 4 * lists.length + 4)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(FORMAT, 4)
  bytes.writeDoubleLE(header.place, 8)
  bytes.writeDoubleLE(header.reach, 16)
  bytes.writeUInt32LE(header.conversations, 24)
  bytes.writeUInt32LE(header.members, 28)
  bytes.writeUInt32LE(header.recalls, 32)
  bytes.writeUInt32LE(header.blocksEnd, 36)
  bytes.writeInt32LE(header.blocksName, 40)
  bytes.writeUInt32LE(header.accountChunks.length, 44)
  bytes.writeUInt32LE(header.slices.length, 48)
  lists.forEach((word, i) => {
    bytes.writeUInt32LE(word, FIXED_BYTES + 4 * i)
  })
  bytes.writeUInt32LE(zlib.crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

/** Throws Fault `damaged` when this is not a whole header of this format. */
export function decodeHeader(bytes: Buffer, name: string): CheckpointHeader {
  if (bytes.length < FIXED_BYTES + 4) {
    throw new Fault('damaged', `${name} has ${bytes.length} bytes, fewer than a header`)
  }
  const crc = zlib.crc32(bytes.subarray(0, -4))
  const kept = bytes.readUInt32LE(bytes.length - 4)
  if (kept !== crc) throw new Fault('damaged', `${name} has checksum ${hex(kept)}, not ${hex(crc)}`)
  const [magic, format] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)]
  if (magic !== MAGIC || format !== FORMAT) {
    throw new Fault(
      'damaged',
      `${name} has magic ${hex(magic)} and format ${format}, not ${FORMAT}`,
    )
  }
  const chunks = bytes.readUInt32LE(44)
  const slices = bytes.readUInt32LE(48)
  const word = (i: number) => bytes.readUInt32LE(FIXED_BYTES + 4 * i)
  return {
    place: bytes.readDoubleLE(8),
    reach: bytes.readDoubleLE(16),
    conversations: bytes.readUInt32LE(24),
    members: bytes.readUInt32LE(28),
    recalls: bytes.readUInt32LE(32),
    blocksEnd: bytes.readUInt32LE(36),
    blocksName: bytes.readInt32LE(40),
    accountChunks: Array.from({ length: chunks }, (_, i) => word(i)),
    slices: Array.from({ length: slices }, (_, i) => word(chunks + i)),
  }
}

export const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
