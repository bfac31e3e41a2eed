/** Marks: how far an account has read a conversation, and how far accounts have received. */
import type { Delivered, Read } from '../../../domain/record.ts'
import { counted, finished, listed, putI32, putU32, room } from './checks.ts'
import { padded, putColumn, takeF64Column, takeU32Column } from './columns.ts'

export const READ_BYTES = 24

export function encodeRead({ reader, peer, upTo }: Read, target: Buffer, offset: number): number {
  putU32(target, 'reader', reader, offset)
  putI32(target, 'peer', peer, offset + 4)
  putU32(target, 'has upTo', upTo === null ? 0 : 1, offset + 8)
  target.writeUInt32LE(0, offset + 12)
  target.writeDoubleLE(upTo ?? 0, offset + 16)
  return offset + READ_BYTES
}

export function decodeRead(bytes: Buffer, from: number, to: number): Read {
  room('a read', READ_BYTES, from, to)
  finished('a read', from + READ_BYTES, to)
  return {
    type: 'read',
    reader: bytes.readUInt32LE(from),
    peer: bytes.readInt32LE(from + 4),
    upTo: bytes.readUInt32LE(from + 8) === 0 ? null : bytes.readDoubleLE(from + 16),
  }
}

export function deliveredBytes({ accounts, upTo }: Delivered): number {
  return 8 + padded(accounts.byteLength) + upTo.byteLength
}

export function encodeDelivered(
  { accounts, upTo }: Delivered,
  target: Buffer,
  offset: number,
): number {
  if (accounts.length !== upTo.length) {
    throw new RangeError(`${accounts.length} accounts and ${upTo.length} positions, expected equal`)
  }
  putU32(target, 'accounts', listed('accounts', accounts.length), offset)
  target.writeUInt32LE(0, offset + 4)
  const columnEnd = putColumn(target, accounts, accounts.length, offset + 8)
  const upToAt = offset + 8 + padded(accounts.byteLength)
  target.fill(0, columnEnd, upToAt)
  return putColumn(target, upTo, upTo.length, upToAt)
}

export function decodeDelivered(bytes: Buffer, from: number, to: number): Delivered {
  room('the count of accounts', 8, from, to)
  const count = counted('accounts', bytes.readUInt32LE(from))
  const upToAt = from + 8 + padded(count * 4)
  room('a delivered record', upToAt + count * 8 - from, from, to)
  finished('a delivered record', upToAt + count * 8, to)
  return {
    type: 'delivered',
    accounts: takeU32Column(bytes, from + 8, count),
    upTo: takeF64Column(bytes, upToAt, count),
  }
}
