/** A revocation: an account, and the second up to which what was signed for it is void. */
import type { Revoked } from '../../../domain/record.ts'
import { finished, putU32, room } from './checks.ts'

export const REVOKED_BYTES = 16

export function encodeRevoked(
  { account, second }: Revoked,
  target: Buffer,
  offset: number,
): number {
  putU32(target, 'account', account, offset)
  target.writeUInt32LE(0, offset + 4)
  target.writeDoubleLE(second, offset + 8)
  return offset + REVOKED_BYTES
}

export function decodeRevoked(bytes: Buffer, from: number, to: number): Revoked {
  room('a revoked record', REVOKED_BYTES, from, to)
  finished('a revoked record', from + REVOKED_BYTES, to)
  return {
    type: 'revoked',
    account: bytes.readUInt32LE(from),
    second: bytes.readDoubleLE(from + 8),
  }
}
