/** A block: two accounts, and whether it begins or ends. */
import type { Block } from '../../../domain/record.ts'
import { finished, putU32, room } from './checks.ts'

export const BLOCK_BYTES = 16

export function encodeBlock(
  { blocker, blocked, isOn }: Block,
  target: Buffer,
  offset: number,
): number {
  putU32(target, 'blocker', blocker, offset)
  putU32(target, 'blocked', blocked, offset + 4)
  target.writeUInt32LE(isOn ? 1 : 0, offset + 8)
  target.writeUInt32LE(0, offset + 12)
  return offset + BLOCK_BYTES
}

export function decodeBlock(bytes: Buffer, from: number, to: number): Block {
  room('a block', BLOCK_BYTES, from, to)
  finished('a block', from + BLOCK_BYTES, to)
  return {
    type: 'block',
    blocker: bytes.readUInt32LE(from),
    blocked: bytes.readUInt32LE(from + 4),
    isOn: bytes.readUInt32LE(from + 8) !== 0,
  }
}
