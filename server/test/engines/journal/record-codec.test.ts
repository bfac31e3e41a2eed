import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../src/domain/batch.ts'
import type { PushWay } from '../../../src/domain/device.ts'
import { END } from '../../../src/domain/place.ts'
import type { JournalRecord, Overlay } from '../../../src/domain/record.ts'
import {
  accounts,
  block,
  conversation,
  gone,
  outcomes,
  overlay,
  read,
  registered,
  revoked,
  tokens,
} from '../../../src/engines/conformance/subject.ts'
import {
  decodeRecord,
  encodeRecord,
  recordBytes,
  recordType,
  UnreadableRecord,
} from '../../../src/engines/embedded/record-codec.ts'
import { anyRecord, failureCodes, I32_MAX, I32_MIN, U32_MAX } from './any-record.ts'
import { message, seed } from './subject.ts'

describe(`the record codec (CARILLON_SEED=${seed})`, () => {
  test('gives back every record as it was', () => {
    fc.assert(
      fc.property(anyRecord, fc.nat(64), (record, offset) => {
        expect(recoded(record, offset)).toEqual(record)
      }),
      { seed, numRuns: 1000 },
    )
  })

  test('knows null from nothing, and the greatest numbers from smaller ones', () => {
    const plain = message('')
    const noColumns = new Uint8Array(0)
    const failures = failureCodes.map((code, ordinal) => ({ ordinal, id: `to ${code}`, code }))
    const edges: JournalRecord[] = [
      { ...plain, seq: null, lifetimeSeconds: null, push: null },
      { ...plain, seq: 0, lifetimeSeconds: 0, push: '' },
      { ...plain, seq: U32_MAX, random: U32_MAX, contentCrc: U32_MAX, traits: U32_MAX },
      { ...plain, recipients: new Int32Array(4096).fill(I32_MAX) },
      { ...plain, recipients: Int32Array.of(I32_MIN, -1, 0, 1), key: '' },
      { ...plain, failures },
      { ...message('', []), content: { format: 'tim', json: '', text: '' } },
      { ...plain, variables: { fields: null, columns: noColumns } },
      { ...plain, variables: { fields: [], columns: noColumns } },
      { ...plain, variables: { fields: ['', 'ü'], columns: Uint8Array.of(0, 255) }, key: 'é' },
      { ...plain, series: { head: null, first: 0, total: U32_MAX } },
      { ...plain, series: { head: 0, first: 4096, total: 0 } },
      read(1, 2),
      read(1, 2, 0),
      read(U32_MAX, I32_MIN, END),
      { type: 'delivered', accounts: new Uint32Array(3), upTo: Float64Array.of(0, END, 2 ** 53) },
      accounts({ number: 1, avatarUrl: '' }),
      accounts({ number: 1, nick: '' }),
      accounts({ number: 1, nick: 'a' }, { number: 2, attributes: '' }),
      accounts(),
      revoked(U32_MAX, U32_MAX),
      conversation([I32_MIN, 0], null, Array(2048).fill(U32_MAX), Array(2048).fill(1)),
      conversation([1, I32_MAX], { id: '', owner: U32_MAX, isFrozen: true }),
      overlay({ place: END, record: message('', [7, -8]) }, [0, 1]),
      overlay({ place: 0, record: plain }, [0], { format: 'tim', json: '', text: '' }, U32_MAX),
      tokens(1, { endless: null, ended: 0, ends: END, '': 1 }, ['', 'ü']),
      tokens(U32_MAX, {}),
      block(1, U32_MAX),
      block(U32_MAX, 1, false),
      registered(U32_MAX, { id: '', token: '', keys: null }),
      registered(1, { id: '', way: 'web', keys: { p256dh: '', auth: '' } }),
      gone(1, { id: 'ü', way: 'print', locale: 'zh-Hant-TW', timeZone: 'Asia/Taipei' }),
      outcomes('none', 0),
      outcomes('fcm', END, { position: END, account: U32_MAX, state: 'skipped' }),
      outcomes(
        'apns',
        0,
        ...Array.from({ length: 500 }, (_, n) => ({
          position: n,
          deviceId: `${n}`,
          detail: `of ${n}`,
        })),
      ),
    ]
    for (const record of edges) expect(recoded(record, 0)).toEqual(record)
  })

  test('writes the oldest layout that has room for the record', () => {
    const plain = message('')
    expect(recordType(plain)).toBe(1)
    expect(recordType({ ...plain, variables: { fields: null, columns: new Uint8Array(0) } })).toBe(
      6,
    )
    expect(recordType({ ...plain, key: '' })).toBe(6)
    expect(recordType({ ...plain, series: { head: null, first: 0, total: 0 } })).toBe(6)
    expect(recordType(accounts({ number: 1 }, { number: 2 }))).toBe(2)
    expect(recordType(accounts({ number: 1 }, { number: 2, attributes: '' }))).toBe(7)
  })

  test('writes what repeats in the results of notifications once', () => {
    const refused = {
      position: 0,
      state: 'refused',
      detail: 'TopicDisallowed'.repeat(100),
    } as const
    const one = recordBytes(outcomes('apns', 0, refused))
    const many = recordBytes(outcomes('apns', 0, ...Array(500).fill(refused)))
    expect(many - one).toBe(499 * 17)
  })

  test('shares no memory with the bytes that it read', () => {
    const variables = { fields: null, columns: Uint8Array.of(1, 2, 3) }
    for (const record of [
      message('hello', [5, -6]),
      { ...message('hello', [5, -6]), variables },
      overlay({ place: 112, record: message('', [5, -6]) }, [0, 1]),
      conversation([-1, 0], null, [5, 6], [7]),
    ]) {
      const bytes = encoded(record)
      const decoded = decodeRecord(recordType(record), bytes)
      bytes.fill(0)
      expect(decoded).toEqual(record)
    }
  })

  test('keeps only what it needs of the memory that it takes', () => {
    const variables = { fields: null, columns: new Uint8Array(100) }
    const bytes = encoded({ ...message('hello', [5, 6]), variables })
    const record = decodeRecord(6, bytes) as Batch
    expect(record.recipients.buffer.byteLength).toBe(8)
    expect(record.variables!.columns.buffer.byteLength).toBe(100)
  })

  test('refuses what has no place in the layout', () => {
    const plain = message('')
    const many = Array(4097).fill(1)
    const fields = Array(4097).fill('')
    const changed = overlay({ place: 0, record: message('', many) }, [0]) satisfies Overlay
    const wrong: [JournalRecord, RegExp][] = [
      [{ ...plain, sender: -1 }, /sender is -1/],
      [{ ...plain, random: U32_MAX + 1 }, /random is 4294967296/],
      [{ ...plain, seq: 1.5 }, /seq is 1\.5/],
      [message('', many), /recipients has 4097 elements, expected at most 4096/],
      [
        { type: 'delivered', accounts: new Uint32Array(2), upTo: new Float64Array(1) },
        /2 accounts and 1 positions/,
      ],
      [
        { ...plain, variables: { fields, columns: new Uint8Array(0) } },
        /variables\.fields has 4097 elements/,
      ],
      [{ ...plain, series: { head: null, first: -1, total: 1 } }, /series\.first is -1/],
      [read(1, I32_MAX + 1), /peer is 2147483648, expected .* -2147483648 to 2147483647/],
      [conversation([I32_MIN - 1, 0]), /conversation is -2147483649/],
      [conversation([-1, 0], { owner: -1 }), /description\.owner is -1/],
      [
        conversation([-1, 0], null, Array(2049).fill(1), Array(2048).fill(2)),
        /joined and left has 4097 elements/,
      ],
      [overlay({ place: 0, record: message('', many) }, many), /ordinals has 4097 elements/],
      [{ ...changed, recipients: new Int32Array(2) }, /1 ordinals and 2 recipients/],
      [tokens(1, {}, many.map(String)), /taken has 4097 elements/],
      [tokens(-1, {}), /account is -1/],
      [block(1, -2), /blocked is -2/],
      [registered(-1, { id: '' }), /account is -1/],
      [registered(1, { id: '', way: 'pigeon' as PushWay }), /way is pigeon, expected one of apns/],
      [outcomes('apns', 0, { position: 0, account: -1 }), /account is -1/],
      [outcomes('apns', 0, ...Array(501).fill({ position: 0 })), /results has 501 elements/],
    ]
    for (const [record, message] of wrong) expect(() => encoded(record)).toThrow(message)
  })

  test('says so when bytes are not a record, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(15), fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        decodedOrUnreadable(type, Buffer.from(bytes))
      }),
      { seed, numRuns: 5000 },
    )
  })

  test('says so when a record has been cut, lengthened or changed', () => {
    fc.assert(
      fc.property(anyRecord, fc.nat(), fc.nat(255), (record, at, value) => {
        const bytes = encoded(record)
        const type = recordType(record)
        if (bytes.length > 0) {
          const cut = bytes.subarray(0, at % bytes.length)
          expect(() => decodeRecord(type, cut)).toThrow(UnreadableRecord)
          bytes[at % bytes.length] = value
        }
        decodedOrUnreadable(type, bytes)
        const longer = Buffer.concat([encoded(record), Buffer.alloc(1)])
        expect(() => decodeRecord(type, longer)).toThrow(UnreadableRecord)
      }),
      { seed, numRuns: 1000 },
    )
  })

  test('gives the same whatever lies after the bytes of the record', () => {
    fc.assert(
      fc.property(anyRecord, fc.nat(15), fc.nat(200), (record, word, value) => {
        const bytes = encoded(record)
        // Many of these words are lengths.
        if (bytes.length >= word * 4 + 4) bytes.writeUInt32LE(value, word * 4)
        const followed = Buffer.concat([bytes, Buffer.alloc(64, 0xff)])
        const type = recordType(record)
        expect(decodedOrUnreadable(type, followed, bytes.length)).toEqual(
          decodedOrUnreadable(type, bytes),
        )
      }),
      { seed, numRuns: 1000 },
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
  return decodeRecord(recordType(record), bytes, offset, end)
}

function decodedOrUnreadable(type: number, bytes: Buffer, to = bytes.length) {
  try {
    return decodeRecord(type, bytes, 0, to)
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableRecord)
    return error
  }
}
