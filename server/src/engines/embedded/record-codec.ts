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
import { accountsBytes, decodeAccounts, encodeAccounts, hasAttributes } from './codec/accounts.ts'
import { batchBytes, decodeBatch, decodeBatchInFull, encodeBatch } from './codec/batch.ts'
import { BLOCK_BYTES, decodeBlock, encodeBlock } from './codec/block.ts'
import { conversationBytes, decodeConversation, encodeConversation } from './codec/conversation.ts'
import { decodeDevice, deviceBytes, encodeDevice } from './codec/device.ts'
import { hasFurther } from './codec/further.ts'
import {
  decodeDelivered,
  decodeRead,
  deliveredBytes,
  encodeDelivered,
  encodeRead,
  READ_BYTES,
} from './codec/marks.ts'
import { decodeOutcomes, encodeOutcomes, outcomesBytes } from './codec/outcomes.ts'
import { decodeOverlay, encodeOverlay, overlayBytes } from './codec/overlay.ts'
import { decodeRevoked, encodeRevoked, REVOKED_BYTES } from './codec/revoked.ts'
import { decodeTokens, encodeTokens, tokensBytes } from './codec/tokens.ts'
import { UnreadableRecord } from './codec/unreadable-record.ts'

export { UnreadableRecord }

/** The type bytes. */
const Layout = {
  batch: 1,
  accounts: 2,
  read: 3,
  delivered: 4,
  revoked: 5,
  batchInFull: 6,
  accountsInFull: 7,
  conversation: 8,
  overlay: 9,
  tokens: 10,
  block: 11,
  device: 12,
  outcomes: 13,
} as const

/** The type byte of the layout that the record takes: the oldest that has room for it. */
export function recordType(record: JournalRecord): number {
  switch (record.type) {
    case 'batch':
      return hasFurther(record) ? Layout.batchInFull : Layout.batch
    case 'accounts':
      return hasAttributes(record) ? Layout.accountsInFull : Layout.accounts
    default:
      return Layout[record.type]
  }
}

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
    case 'conversation':
      return conversationBytes(record)
    case 'overlay':
      return overlayBytes(record)
    case 'tokens':
      return tokensBytes(record)
    case 'block':
      return BLOCK_BYTES
    case 'device':
      return deviceBytes(record)
    case 'outcomes':
      return outcomesBytes(record)
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
    case 'conversation':
      return encodeConversation(record, target, offset)
    case 'overlay':
      return encodeOverlay(record, target, offset)
    case 'tokens':
      return encodeTokens(record, target, offset)
    case 'block':
      return encodeBlock(record, target, offset)
    case 'device':
      return encodeDevice(record, target, offset)
    case 'outcomes':
      return encodeOutcomes(record, target, offset)
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
    case Layout.batch:
      return decodeBatch(bytes, from, to)
    case Layout.accounts:
      return decodeAccounts(bytes, from, to, false)
    case Layout.read:
      return decodeRead(bytes, from, to)
    case Layout.delivered:
      return decodeDelivered(bytes, from, to)
    case Layout.revoked:
      return decodeRevoked(bytes, from, to)
    case Layout.batchInFull:
      return decodeBatchInFull(bytes, from, to)
    case Layout.accountsInFull:
      return decodeAccounts(bytes, from, to, true)
    case Layout.conversation:
      return decodeConversation(bytes, from, to)
    case Layout.overlay:
      return decodeOverlay(bytes, from, to)
    case Layout.tokens:
      return decodeTokens(bytes, from, to)
    case Layout.block:
      return decodeBlock(bytes, from, to)
    case Layout.device:
      return decodeDevice(bytes, from, to)
    case Layout.outcomes:
      return decodeOutcomes(bytes, from, to)
    default:
      throw new UnreadableRecord(`record type ${type}, expected 1 to 13: from a newer server?`)
  }
}
