/**
 * The bytes of a record's body: binary, little-endian, one type byte for each
 * layout. A layout never changes; a new one gets a new type byte, and the old
 * one stays readable. docs/formats/journal.md has the tables.
 *
 * Promises:
 * - what is encoded is decoded equal, for every record of domain/record.ts
 *   whose strings are well-formed;
 * - decoding anything else throws UnreadableRecord and nothing else, and makes
 *   nothing that is longer than the bytes it was given;
 * - a decoded record shares no memory with the bytes it came from.
 */
import { endianness } from 'node:os'
import type { Batch, Content, Failure, FailureCode } from '../../domain/batch.ts'
import { ORDINALS_MAX } from '../../domain/place.ts'
import type {
  AccountChange,
  Accounts,
  Delivered,
  JournalRecord,
  Read,
  Revoked,
} from '../../domain/record.ts'

// Columns are copied as they lie in memory, so the machine must lie as the file does.
if (endianness() !== 'LE') throw new Error(`this machine is ${endianness()}, expected LE`)

/** The type byte by record type. */
export const RecordType = { batch: 1, accounts: 2, read: 3, delivered: 4, revoked: 5 } as const

const BATCH_BYTES = 48
const FAILURE_BYTES = 12
const ACCOUNT_BYTES = 20
const READ_BYTES = 24
const REVOKED_BYTES = 16

const FORMATS: readonly Content['format'][] = ['tim', 'imkit', 'native']
const FAILURE_CODES: readonly FailureCode[] = ['unknownAccount', 'tooLarge']

const HAS_SEQ = 1
const HAS_LIFETIME = 2
const HAS_PUSH = 4
const HAS_NICK = 1
const HAS_AVATAR = 2

/** These bytes are not a record of this type. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord'
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
      return 8 + padded(record.accounts.byteLength) + record.upTo.byteLength
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

// ── batch ──────────────────────────────────────────────────────────────────

function batchBytes({ recipients, content, push, failures }: Batch): number {
  let bytes = BATCH_BYTES + recipients.byteLength
  bytes += Buffer.byteLength(content.json) + Buffer.byteLength(content.text)
  if (push !== null) bytes += Buffer.byteLength(push)
  for (const failure of failures) bytes += FAILURE_BYTES + Buffer.byteLength(failure.id)
  return bytes
}

function encodeBatch(batch: Batch, target: Buffer, offset: number): number {
  const { recipients, failures, content, seq, lifetimeSeconds, push } = batch
  // Strings and columns first, so that their true lengths are known for the fixed part.
  let at = putColumn(target, recipients, listed('recipients', recipients.length), offset + 48)
  const jsonBytes = target.write(content.json, at)
  at += jsonBytes
  const textBytes = target.write(content.text, at)
  at += textBytes
  const pushBytes = push === null ? 0 : target.write(push, at)
  at += pushBytes
  listed('failures', failures.length)
  for (const failure of failures) at = encodeFailure(failure, target, at)

  const flags =
    (seq === null ? 0 : HAS_SEQ) |
    (lifetimeSeconds === null ? 0 : HAS_LIFETIME) |
    (push === null ? 0 : HAS_PUSH)
  putU32(target, 'sender', batch.sender, offset)
  putU32(target, 'recipients', recipients.length, offset + 4)
  putU32(target, 'failures', failures.length, offset + 8)
  putU32(target, 'traits', batch.traits, offset + 12)
  putU32(target, 'seq', seq ?? 0, offset + 16)
  putU32(target, 'random', batch.random, offset + 20)
  putU32(target, 'contentCrc', batch.contentCrc, offset + 24)
  putU32(target, 'lifetimeSeconds', lifetimeSeconds ?? 0, offset + 28)
  target[offset + 32] = codeOf('content.format', FORMATS, content.format)
  target[offset + 33] = flags
  target.writeUInt16LE(0, offset + 34)
  target.writeUInt32LE(jsonBytes, offset + 36)
  target.writeUInt32LE(textBytes, offset + 40)
  target.writeUInt32LE(pushBytes, offset + 44)
  return at
}

function encodeFailure(failure: Failure, target: Buffer, at: number): number {
  const idBytes = target.write(failure.id, at + FAILURE_BYTES)
  putU32(target, 'failure.ordinal', failure.ordinal, at)
  target.writeUInt32LE(codeOf('failure.code', FAILURE_CODES, failure.code), at + 4)
  target.writeUInt32LE(idBytes, at + 8)
  return at + FAILURE_BYTES + idBytes
}

function decodeBatch(bytes: Buffer, from: number, to: number): Batch {
  room('the fixed part of a batch', BATCH_BYTES, from, to)
  const recipientsCount = counted('recipients', bytes.readUInt32LE(from + 4))
  const failuresCount = counted('failures', bytes.readUInt32LE(from + 8))
  const jsonBytes = bytes.readUInt32LE(from + 36)
  const textBytes = bytes.readUInt32LE(from + 40)
  const pushBytes = bytes.readUInt32LE(from + 44)
  const flags = bytes[from + 33]!

  const columnAt = from + BATCH_BYTES
  const jsonAt = columnAt + recipientsCount * 4
  const textAt = jsonAt + jsonBytes
  const pushAt = textAt + textBytes
  const failuresAt = pushAt + pushBytes
  // Every length is a u32 and their sum is exact, so one comparison covers them all.
  if (failuresAt > to) throw new UnreadableRecord(`a batch of ${to - from} bytes is cut short`)

  return {
    type: 'batch',
    sender: bytes.readUInt32LE(from),
    recipients: takeU32Column(bytes, columnAt, recipientsCount),
    failures: decodeFailures(bytes, failuresCount, failuresAt, to),
    content: {
      format: named('content.format', FORMATS, bytes[from + 32]!),
      json: bytes.toString('utf8', jsonAt, textAt),
      text: bytes.toString('utf8', textAt, pushAt),
    },
    traits: bytes.readUInt32LE(from + 12),
    lifetimeSeconds: flags & HAS_LIFETIME ? bytes.readUInt32LE(from + 28) : null,
    seq: flags & HAS_SEQ ? bytes.readUInt32LE(from + 16) : null,
    random: bytes.readUInt32LE(from + 20),
    contentCrc: bytes.readUInt32LE(from + 24),
    push: flags & HAS_PUSH ? bytes.toString('utf8', pushAt, failuresAt) : null,
  }
}

function decodeFailures(bytes: Buffer, count: number, from: number, to: number): Failure[] {
  const failures: Failure[] = []
  let at = from
  for (let index = 0; index < count; index += 1) {
    room('a failure', FAILURE_BYTES, at, to)
    const idAt = at + FAILURE_BYTES
    const idBytes = bytes.readUInt32LE(at + 8)
    room('the id of a failure', idBytes, idAt, to)
    failures.push({
      ordinal: bytes.readUInt32LE(at),
      id: bytes.toString('utf8', idAt, idAt + idBytes),
      code: named('failure.code', FAILURE_CODES, bytes.readUInt32LE(at + 4)),
    })
    at = idAt + idBytes
  }
  finished('a batch', at, to)
  return failures
}

// ── accounts ───────────────────────────────────────────────────────────────

function accountsBytes({ accounts }: Accounts): number {
  let bytes = 8
  for (const { id, nick, avatarUrl } of accounts) {
    bytes += ACCOUNT_BYTES + Buffer.byteLength(id)
    if (nick !== null) bytes += Buffer.byteLength(nick)
    if (avatarUrl !== null) bytes += Buffer.byteLength(avatarUrl)
  }
  return bytes
}

function encodeAccounts({ accounts }: Accounts, target: Buffer, offset: number): number {
  putU32(target, 'accounts', listed('accounts', accounts.length), offset)
  target.writeUInt32LE(0, offset + 4)
  let at = offset + 8
  for (const account of accounts) {
    const { id, nick, avatarUrl } = account
    const start = at
    at += ACCOUNT_BYTES
    const idBytes = target.write(id, at)
    at += idBytes
    const nickBytes = nick === null ? 0 : target.write(nick, at)
    at += nickBytes
    const avatarBytes = avatarUrl === null ? 0 : target.write(avatarUrl, at)
    at += avatarBytes
    const flags = (nick === null ? 0 : HAS_NICK) | (avatarUrl === null ? 0 : HAS_AVATAR)
    putU32(target, 'account.number', account.number, start)
    target.writeUInt32LE(flags, start + 4)
    target.writeUInt32LE(idBytes, start + 8)
    target.writeUInt32LE(nickBytes, start + 12)
    target.writeUInt32LE(avatarBytes, start + 16)
  }
  return at
}

function decodeAccounts(bytes: Buffer, from: number, to: number): Accounts {
  room('the count of accounts', 8, from, to)
  const count = counted('accounts', bytes.readUInt32LE(from))
  const accounts: AccountChange[] = []
  let at = from + 8
  for (let index = 0; index < count; index += 1) {
    room('an account', ACCOUNT_BYTES, at, to)
    const flags = bytes.readUInt32LE(at + 4)
    const idAt = at + ACCOUNT_BYTES
    const nickAt = idAt + bytes.readUInt32LE(at + 8)
    const avatarAt = nickAt + bytes.readUInt32LE(at + 12)
    const end = avatarAt + bytes.readUInt32LE(at + 16)
    room('the strings of an account', end - idAt, idAt, to)
    accounts.push({
      number: bytes.readUInt32LE(at),
      id: bytes.toString('utf8', idAt, nickAt),
      nick: flags & HAS_NICK ? bytes.toString('utf8', nickAt, avatarAt) : null,
      avatarUrl: flags & HAS_AVATAR ? bytes.toString('utf8', avatarAt, end) : null,
    })
    at = end
  }
  finished('an accounts record', at, to)
  return { type: 'accounts', accounts }
}

// ── read, delivered, revoked ───────────────────────────────────────────────

function encodeRead({ reader, peer, upTo }: Read, target: Buffer, offset: number): number {
  putU32(target, 'reader', reader, offset)
  putU32(target, 'peer', peer, offset + 4)
  putU32(target, 'has upTo', upTo === null ? 0 : 1, offset + 8)
  target.writeUInt32LE(0, offset + 12)
  target.writeDoubleLE(upTo ?? 0, offset + 16)
  return offset + READ_BYTES
}

function decodeRead(bytes: Buffer, from: number, to: number): Read {
  room('a read', READ_BYTES, from, to)
  finished('a read', from + READ_BYTES, to)
  return {
    type: 'read',
    reader: bytes.readUInt32LE(from),
    peer: bytes.readUInt32LE(from + 4),
    upTo: bytes.readUInt32LE(from + 8) === 0 ? null : bytes.readDoubleLE(from + 16),
  }
}

function encodeDelivered({ accounts, upTo }: Delivered, target: Buffer, offset: number): number {
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

function decodeDelivered(bytes: Buffer, from: number, to: number): Delivered {
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

function encodeRevoked({ account, second }: Revoked, target: Buffer, offset: number): number {
  putU32(target, 'account', account, offset)
  target.writeUInt32LE(0, offset + 4)
  target.writeDoubleLE(second, offset + 8)
  return offset + REVOKED_BYTES
}

function decodeRevoked(bytes: Buffer, from: number, to: number): Revoked {
  room('a revoked record', REVOKED_BYTES, from, to)
  finished('a revoked record', from + REVOKED_BYTES, to)
  return {
    type: 'revoked',
    account: bytes.readUInt32LE(from),
    second: bytes.readDoubleLE(from + 8),
  }
}

// ── small parts ────────────────────────────────────────────────────────────

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

function putU32(target: Buffer, name: string, value: number, at: number): void {
  if (value >>> 0 !== value) {
    throw new RangeError(`${name} is ${value}, expected a whole number from 0 to 4294967295`)
  }
  target.writeUInt32LE(value, at)
}

function putColumn(
  target: Buffer,
  column: Uint32Array | Float64Array,
  count: number,
  at: number,
): number {
  target.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
  return at + count * column.BYTES_PER_ELEMENT
}

/** Refuses to write a list longer than a record may have. */
function listed(name: string, count: number): number {
  if (count > ORDINALS_MAX) {
    throw new RangeError(`${name} has ${count} elements, expected at most ${ORDINALS_MAX}`)
  }
  return count
}

function codeOf<T extends string>(name: string, names: readonly T[], value: T): number {
  const code = names.indexOf(value)
  if (code < 0) throw new RangeError(`${name} is ${value}, expected one of ${names.join(', ')}`)
  return code
}

function room(name: string, bytes: number, at: number, to: number): void {
  if (bytes > to - at) {
    throw new UnreadableRecord(`${name} takes ${bytes} bytes, there are ${to - at}`)
  }
}

function finished(name: string, at: number, to: number): void {
  if (at !== to) throw new UnreadableRecord(`${name} has ${to - at} bytes after its end`)
}

function counted(name: string, count: number): number {
  if (count > ORDINALS_MAX) {
    throw new UnreadableRecord(`${count} ${name}, expected at most ${ORDINALS_MAX}`)
  }
  return count
}

function named<T extends string>(name: string, names: readonly T[], code: number): T {
  const value = names[code]
  if (value === undefined) {
    throw new UnreadableRecord(`${name} is ${code}, expected 0 to ${names.length - 1}`)
  }
  return value
}

/** A copy of the column. Its caller has made sure that the bytes are there. */
function takeU32Column(bytes: Buffer, at: number, count: number): Uint32Array {
  const start = bytes.byteOffset + at
  // Copying from an aligned view takes a third of the time of filling a new array of bytes.
  if (start % 4 === 0) return new Uint32Array(new Uint32Array(bytes.buffer, start, count))
  const column = new Uint32Array(count)
  new Uint8Array(column.buffer).set(bytes.subarray(at, at + count * 4))
  return column
}

function takeF64Column(bytes: Buffer, at: number, count: number): Float64Array {
  const column = new Float64Array(count)
  new Uint8Array(column.buffer).set(bytes.subarray(at, at + count * 8))
  return column
}
