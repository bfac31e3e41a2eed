/** Reads a journal by the tables of docs/formats/journal.md, without the code that wrote it. */
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  accounts,
  block,
  conversation,
  overlay,
  tokens,
} from '../../../src/engines/conformance/subject.ts'
import { appendAll, appendEach, message, newFolder, opened, segmentFiles } from './subject.ts'

test('the journal on disk is as its page says', async () => {
  const folder = newFolder()
  const journal = await opened(folder, { generation: 3, now: () => 1_700_000_000_123 })
  await appendAll(journal, [
    { ...message('hi', [7, 0, 9]), seq: 5, failures: [{ ordinal: 1, id: 'é', code: 'tooLarge' }] },
    { type: 'read', reader: 2, peer: 1, upTo: 57_344 },
  ])
  await appendEach(journal, [{ type: 'revoked', account: 8, second: 1_700_000_000 }])
  await journal.close()
  const bytes = readFileSync(segmentFiles(folder)[0]!)
  const u32 = (at: number) => bytes.readUInt32LE(at)
  const u64 = (at: number) => Number(bytes.readBigUInt64LE(at))

  // Segment header.
  expect(bytes.subarray(0, 4).toString('hex')).toBe('ff534af5')
  expect(u32(4)).toBe(crc32(bytes.subarray(8, 64)))
  expect([u32(8), u32(12), u64(16), u32(24), u64(32)]).toEqual([1, 3, 0, 0, 0])

  // First group.
  const length = u32(72)
  expect(bytes.subarray(64, 68).toString('hex')).toBe('ff4752f5')
  expect(u32(68)).toBe(crc32(bytes.subarray(72, 64 + length)))
  expect([u32(76), u64(80), u32(88), u32(92)]).toEqual([2, 64, 0, 0])
  expect([u64(96), u64(104)]).toEqual([1_700_000_000_123, 1_700_000_000_123])

  // Its first record, a batch.
  const json = '{"text":"hi"}'
  const bodyLength = 48 + 3 * 4 + json.length + 2 + 12 + 2
  expect(u32(112)).toBe(16 + bodyLength)
  expect(u32(116)).toBe(crc32(bytes.subarray(120, 112 + 16 + bodyLength), 112 / 8))
  expect(bytes.readUIntLE(120, 6)).toBe(1_700_000_000_123)
  expect([bytes[126], bytes[127]]).toEqual([1, 0xff])
  const body = 128
  const words = [0, 4, 8, 12, 16, 20, 24, 28, 36, 40, 44].map((at) => u32(body + at))
  expect(words).toEqual([1, 3, 1, 0, 5, 0, 0, 0, json.length, 2, 0])
  expect([bytes[body + 32], bytes[body + 33]]).toEqual([2, 1])
  expect([u32(body + 48), u32(body + 52), u32(body + 56)]).toEqual([7, 0, 9])
  const strings = body + 60
  expect(bytes.toString('utf8', strings, strings + json.length + 2)).toBe(`${json}hi`)
  const failure = strings + json.length + 2
  expect([u32(failure), u32(failure + 4), u32(failure + 8)]).toEqual([1, 1, 2])
  expect(bytes.toString('utf8', failure + 12, failure + 14)).toBe('é')

  // Its second record, a read.
  const second = 112 + Math.ceil((16 + bodyLength) / 8) * 8
  expect(bytes.subarray(112 + 16 + bodyLength, second).every((byte) => byte === 0)).toBe(true)
  expect([u32(second), bytes[second + 14]]).toEqual([40, 3])
  expect([u32(second + 16), u32(second + 20), u32(second + 24)]).toEqual([2, 1, 1])
  expect(bytes.readDoubleLE(second + 32)).toBe(57_344)
  expect(second + 40).toBe(64 + length)

  // The next group names the seal of the first.
  const next = 64 + length
  expect([u64(next + 16), u32(next + 24), u32(next + 12)]).toEqual([next, u32(68), 1])
  expect(bytes.readDoubleLE(next + 48 + 16 + 8)).toBe(1_700_000_000)
  expect(bytes.length).toBe(next + u32(next + 8))
})

test('the bodies of the later types are as the page says', async () => {
  const folder = newFolder()
  const journal = await opened(folder)
  const templated = {
    ...message('hi', [7, -9]),
    variables: { fields: ['é'], columns: Uint8Array.of(1, 2, 3) },
    key: 'k1',
    series: { head: 112, first: 4096, total: 5000 },
  }
  const records = [
    templated,
    accounts({ number: 5, id: 'ann', nick: 'Ann', attributes: '{"a":1}' }),
    conversation([-9, 0], { id: 'room', owner: 7, isFrozen: true, attributes: '{}' }, [7, 8], [6]),
    overlay({ place: 112, record: templated }, [1], { format: 'imkit', json: '{}', text: 'ü' }, 3),
    tokens(7, { t1: 1_700_000_000_123, endless: null }, ['old']),
    block(7, 8),
  ]
  const stored = await appendAll(journal, records)
  await journal.close()
  const bytes = readFileSync(segmentFiles(folder)[0]!)
  const typeOf = (place: number) => bytes[place + 14]
  expect(stored.map(({ place }) => typeOf(place))).toEqual([6, 7, 8, 9, 10, 11])
  const [batchAt, accountsAt, conversationAt, overlayAt, tokensAt, blockAt] = stored.map(
    ({ place }) => place + 16,
  ) as [number, number, number, number, number, number]
  const u32s = (at: number, count: number) =>
    Array.from({ length: count }, (_, n) => bytes.readUInt32LE(at + n * 4))
  const text = (at: number, length: number) => bytes.toString('utf8', at, at + length)

  // 6: a batch that has variables, fields, a key, a series and a head.
  expect(u32s(batchAt, 4)).toEqual([31, 1, 3, 2])
  expect(bytes.readDoubleLE(batchAt + 16)).toBe(112)
  expect(u32s(batchAt + 24, 2)).toEqual([4096, 5000])
  expect([...bytes.subarray(batchAt + 32, batchAt + 35)]).toEqual([1, 2, 3])
  expect(text(batchAt + 35, 2)).toBe('k1')
  expect(bytes.readUInt32LE(batchAt + 37)).toBe(2)
  expect(text(batchAt + 41, 2)).toBe('é')
  expect([...bytes.subarray(batchAt + 43, batchAt + 48)]).toEqual([0, 0, 0, 0, 0])
  expect(u32s(batchAt + 48, 3)).toEqual([1, 2, 0])
  expect(bytes.readInt32LE(batchAt + 48 + 48 + 4)).toBe(-9)

  // 7: accounts with attributes.
  expect(u32s(accountsAt, 8)).toEqual([1, 0, 5, 5, 3, 3, 0, 7])
  expect(text(accountsAt + 32, 13)).toBe('annAnn{"a":1}')

  // 8: a conversation.
  expect(bytes.readInt32LE(conversationAt)).toBe(-9)
  expect(u32s(conversationAt + 4, 10)).toEqual([0, 3, 7, 2, 1, 4, 2, 7, 8, 6])
  expect(text(conversationAt + 44, 6)).toBe('room{}')

  // 9: an overlay.
  expect([...bytes.subarray(overlayAt, overlayAt + 4)]).toEqual([1, 1, 1, 0])
  expect(bytes.readUInt32LE(overlayAt + 4)).toBe(3)
  expect(bytes.readDoubleLE(overlayAt + 8)).toBe(112)
  expect(u32s(overlayAt + 16, 7)).toEqual([1, 1, 0, 2, 2, 0, 1])
  expect(bytes.readInt32LE(overlayAt + 44)).toBe(-9)
  expect(text(overlayAt + 48, 4)).toBe('{}ü')

  // 10: tokens.
  expect(u32s(tokensAt, 4)).toEqual([7, 2, 1, 0])
  expect(bytes.readDoubleLE(tokensAt + 16)).toBe(1_700_000_000_123)
  expect(u32s(tokensAt + 24, 2)).toEqual([1, 2])
  expect(text(tokensAt + 32, 2)).toBe('t1')
  expect(bytes.readUInt32LE(tokensAt + 34 + 8)).toBe(0)
  expect(text(tokensAt + 34 + 16, 7)).toBe('endless')
  expect(bytes.readUInt32LE(tokensAt + 57)).toBe(3)
  expect(text(tokensAt + 61, 3)).toBe('old')

  // 11: a block.
  expect(u32s(blockAt, 4)).toEqual([7, 8, 1, 0])
})
