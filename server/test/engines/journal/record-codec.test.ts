import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../src/domain/batch.ts'
import { END } from '../../../src/domain/place.ts'
import type { JournalRecord } from '../../../src/domain/record.ts'
import {
  decodeRecord,
  encodeRecord,
  RecordType,
  recordBytes,
  UnreadableRecord,
} from '../../../src/engines/embedded/record-codec.ts'
import { message, seed } from './subject.ts'

const U32_MAX = 2 ** 32 - 1

describe(`the record codec (CARILLON_SEED=${seed})`, () => {
  test('gives back every record as it was', () => {
    fc.assert(
      fc.property(anyRecord(), fc.nat(64), (record, offset) => {
        expect(recoded(record, offset)).toEqual(record)
      }),
      { seed, numRuns: 500 },
    )
  })

  test('knows null from nothing, and the greatest numbers from smaller ones', () => {
    const edges: JournalRecord[] = [
      { ...message(''), seq: null, lifetimeSeconds: null, push: null },
      { ...message(''), seq: 0, lifetimeSeconds: 0, push: '' },
      { ...message(''), seq: U32_MAX, random: U32_MAX, contentCrc: U32_MAX, traits: U32_MAX },
      { ...message(''), recipients: new Uint32Array(4096).fill(U32_MAX) },
      { ...message('', []), content: { format: 'tim', json: '', text: '' } },
      { type: 'read', reader: 1, peer: 2, upTo: null },
      { type: 'read', reader: 1, peer: 2, upTo: 0 },
      { type: 'read', reader: U32_MAX, peer: U32_MAX, upTo: END },
      { type: 'delivered', accounts: new Uint32Array(3), upTo: Float64Array.of(0, END, 2 ** 53) },
      { type: 'accounts', accounts: [{ number: 1, id: 'a', nick: null, avatarUrl: '' }] },
      { type: 'accounts', accounts: [{ number: 1, id: 'a', nick: '', avatarUrl: null }] },
      { type: 'accounts', accounts: [] },
      { type: 'revoked', account: U32_MAX, second: U32_MAX },
    ]
    for (const record of edges) expect(recoded(record, 0)).toEqual(record)
  })

  test('shares no memory with the bytes that it read', () => {
    const bytes = encoded(message('hello', [5, 6]))
    const record = decodeRecord(RecordType.batch, bytes) as Batch
    bytes.fill(0)
    expect(record.recipients).toEqual(Uint32Array.of(5, 6))
  })

  test('refuses what has no place in the layout', () => {
    const wrong: [JournalRecord, RegExp][] = [
      [{ ...message(''), sender: -1 }, /sender is -1/],
      [{ ...message(''), random: U32_MAX + 1 }, /random is 4294967296/],
      [{ ...message(''), seq: 1.5 }, /seq is 1\.5/],
      [message('', Array(4097).fill(1)), /recipients has 4097 elements, expected at most 4096/],
      [
        { type: 'delivered', accounts: new Uint32Array(2), upTo: new Float64Array(1) },
        /2 accounts and 1 positions/,
      ],
    ]
    for (const [record, message] of wrong) expect(() => encoded(record)).toThrow(message)
  })

  test('says so when bytes are not a record, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(7), fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        decodedOrUnreadable(type, Buffer.from(bytes))
      }),
      { seed, numRuns: 2000 },
    )
  })

  test('says so when a record has been cut, lengthened or changed', () => {
    fc.assert(
      fc.property(anyRecord(), fc.nat(), fc.nat(255), (record, at, value) => {
        const bytes = encoded(record)
        const type = RecordType[record.type]
        if (bytes.length > 0) {
          const cut = bytes.subarray(0, at % bytes.length)
          expect(() => decodeRecord(type, cut)).toThrow(UnreadableRecord)
          bytes[at % bytes.length] = value
        }
        decodedOrUnreadable(type, bytes)
        const longer = Buffer.concat([encoded(record), Buffer.alloc(1)])
        expect(() => decodeRecord(type, longer)).toThrow(UnreadableRecord)
      }),
      { seed, numRuns: 500 },
    )
  })
})

function encoded(record: JournalRecord): Buffer {
  const bytes = Buffer.alloc(recordBytes(record), 0xaa)
  expect(encodeRecord(record, bytes, 0)).toBe(bytes.length)
  return bytes
}

/** Through bytes that begin at any offset, so that columns are not aligned. */
function recoded(record: JournalRecord, offset: number): JournalRecord {
  const end = offset + recordBytes(record)
  const bytes = Buffer.alloc(end + 8, 0xaa)
  expect(encodeRecord(record, bytes, offset)).toBe(end)
  expect(bytes.subarray(end)).toEqual(Buffer.alloc(8, 0xaa))
  return decodeRecord(RecordType[record.type], bytes, offset, end)
}

function decodedOrUnreadable(type: number, bytes: Buffer): void {
  try {
    decodeRecord(type, bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableRecord)
  }
}

function anyRecord(): fc.Arbitrary<JournalRecord> {
  const u32 = fc.oneof(fc.constantFrom(0, 1, U32_MAX), fc.integer({ min: 0, max: U32_MAX }))
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  const position = fc.maxSafeNat()
  const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null })
  const u32s = fc.array(u32, { maxLength: 20 }).map((values) => Uint32Array.from(values))

  const batch = fc.record({
    type: fc.constant('batch' as const),
    sender: u32,
    recipients: u32s,
    failures: fc.array(
      fc.record({
        ordinal: u32,
        id: text,
        code: fc.constantFrom('unknownAccount' as const, 'tooLarge' as const),
      }),
      { maxLength: 5 },
    ),
    content: fc.record({
      format: fc.constantFrom('tim' as const, 'imkit' as const, 'native' as const),
      json: text,
      text,
    }),
    traits: u32,
    lifetimeSeconds: maybe(u32),
    seq: maybe(u32),
    random: u32,
    contentCrc: u32,
    push: maybe(text),
  })
  const account = fc.record({ number: u32, id: text, nick: maybe(text), avatarUrl: maybe(text) })
  const accounts = fc.record({
    type: fc.constant('accounts' as const),
    accounts: fc.array(account, { maxLength: 10 }),
  })
  const read = fc.record({
    type: fc.constant('read' as const),
    reader: u32,
    peer: u32,
    upTo: maybe(position),
  })
  const delivered = fc.array(fc.tuple(u32, position), { maxLength: 20 }).map((marks) => ({
    type: 'delivered' as const,
    accounts: Uint32Array.from(marks, ([number]) => number),
    upTo: Float64Array.from(marks, ([, upTo]) => upTo),
  }))
  const revoked = fc.record({ type: fc.constant('revoked' as const), account: u32, second: u32 })
  return fc.oneof(batch, accounts, read, delivered, revoked)
}
