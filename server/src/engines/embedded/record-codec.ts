/**
 * The bytes of a record's body: binary, little-endian, one type byte for each
 * layout. A layout never changes; a new one gets a new type byte, and the old
 * one stays readable. docs/formats/journal.md has the tables; `codec/` has a
 * file for each kind of record.
 *
 * Promises:
 * - what is encoded is decoded equal, for every record of domain/record.ts
 *   whose strings are well-formed;
 * - decoding anything else throws UnreadableRecord and nothing else, and makes
 *   nothing that is longer than the bytes it was given;
 * - a decoded record shares no memory with the bytes it came from.
 */
import type { JournalRecord } from '../../domain/record.ts'
import { accountsBytes, decodeAccounts, encodeAccounts } from './codec/accounts.ts'
import { batchBytes, decodeBatch, encodeBatch } from './codec/batch.ts'
import {
  decodeDelivered,
  decodeRead,
  deliveredBytes,
  encodeDelivered,
  encodeRead,
  READ_BYTES,
} from './codec/marks.ts'
import { decodeRevoked, encodeRevoked, REVOKED_BYTES } from './codec/revoked.ts'
import { UnreadableRecord } from './codec/unreadable-record.ts'

export { UnreadableRecord }

/** The type byte by record type. */
export const RecordType = { batch: 1, accounts: 2, read: 3, delivered: 4, revoked: 5 } as const

/** How many bytes the record's body takes. */
export function recordBytes(record: JournalRecord): number {
  switch (record.type) {
    case 'batch':
      return batchBytes(record)
    case 'accounts':
      return accountsBytes(record)
    case 'read':
      return READ_BYTES
    case 'delivered':
      return deliveredBytes(record)
    case 'revoked':
      return REVOKED_BYTES
  }
}

/**
 * Writes the record's body, which takes `recordBytes(record)`, and gives the offset after it.
 * Throws RangeError for a value that has no place in the layout.
 */
export function encodeRecord(record: JournalRecord, target: Buffer, offset: number): number {
  switch (record.type) {
    case 'batch':
      return encodeBatch(record, target, offset)
    case 'accounts':
      return encodeAccounts(record, target, offset)
    case 'read':
      return encodeRead(record, target, offset)
    case 'delivered':
      return encodeDelivered(record, target, offset)
    case 'revoked':
      return encodeRevoked(record, target, offset)
  }
}

/** Reads the body that lies in `bytes` from `from` to `to`. Throws UnreadableRecord. */
export function decodeRecord(
  type: number,
  bytes: Buffer,
  from = 0,
  to: number = bytes.length,
): JournalRecord {
  switch (type) {
    case RecordType.batch:
      return decodeBatch(bytes, from, to)
    case RecordType.accounts:
      return decodeAccounts(bytes, from, to)
    case RecordType.read:
      return decodeRead(bytes, from, to)
    case RecordType.delivered:
      return decodeDelivered(bytes, from, to)
    case RecordType.revoked:
      return decodeRevoked(bytes, from, to)
    default:
      throw new UnreadableRecord(`record type ${type}, expected 1 to 5: from a newer server?`)
  }
}
