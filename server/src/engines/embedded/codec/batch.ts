/**
 * A batch: its fixed part, then its recipients as a column, its strings, and its failures. What only
 * some batches have comes before all that, in a layout of its own: see further.ts.
 */
import type { Batch, Failure, FailureCode } from '../../../domain/batch.ts'
import { codeOf, counted, finished, listed, named, putU32, room } from './checks.ts'
import { putColumn, takeI32Column } from './columns.ts'
import { contentBytes, formatCode, takeContent } from './content.ts'
import {
  decodeFurther,
  encodeFurther,
  type Further,
  furtherBytes,
  hasFurther,
  NOTHING_FURTHER,
} from './further.ts'
import { UnreadableRecord } from './unreadable-record.ts'

const BATCH_BYTES = 48
const FAILURE_BYTES = 12

/** It only ever grows, at its end. */
const FAILURE_CODES: readonly FailureCode[] = [
  'unknownAccount',
  'tooLarge',
  'unknownConversation',
  'notMember',
  'blocked',
  'frozen',
  'self',
]

const HAS_SEQ = 1
const HAS_LIFETIME = 2
const HAS_PUSH = 4

export function batchBytes(batch: Batch): number {
  const { recipients, content, push, failures } = batch
  let bytes = hasFurther(batch) ? furtherBytes(batch) : 0
  bytes += BATCH_BYTES + recipients.byteLength + contentBytes(content)
  if (push !== null) bytes += Buffer.byteLength(push)
  for (const failure of failures) bytes += FAILURE_BYTES + Buffer.byteLength(failure.id)
  return bytes
}

export function encodeBatch(batch: Batch, target: Buffer, start: number): number {
  const { recipients, failures, content, seq, lifetimeSeconds, push } = batch
  const offset = hasFurther(batch) ? encodeFurther(batch, target, start) : start
  // Strings and columns first, so that their true lengths are known for the fixed part.
  let at = putColumn(
    target,
    recipients,
    listed('recipients', recipients.length),
    offset + BATCH_BYTES,
  )
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
  target[offset + 32] = formatCode(content)
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

/** A batch that has something further. */
export function decodeBatchInFull(bytes: Buffer, from: number, to: number): Batch {
  const { further, bodyAt } = decodeFurther(bytes, from, to)
  return decodeBatch(bytes, bodyAt, to, further)
}

export function decodeBatch(
  bytes: Buffer,
  from: number,
  to: number,
  { variables, key, series }: Further = NOTHING_FURTHER,
): Batch {
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
    recipients: takeI32Column(bytes, columnAt, recipientsCount),
    failures: decodeFailures(bytes, failuresCount, failuresAt, to),
    content: takeContent(bytes, bytes[from + 32]!, jsonAt, textAt, pushAt),
    traits: bytes.readUInt32LE(from + 12),
    lifetimeSeconds: flags & HAS_LIFETIME ? bytes.readUInt32LE(from + 28) : null,
    seq: flags & HAS_SEQ ? bytes.readUInt32LE(from + 16) : null,
    random: bytes.readUInt32LE(from + 20),
    contentCrc: bytes.readUInt32LE(from + 24),
    push: flags & HAS_PUSH ? bytes.toString('utf8', pushAt, failuresAt) : null,
    variables,
    key,
    series,
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
