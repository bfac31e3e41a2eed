/**
 * The small parts, each against the plainest thing that does the same.
 */
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PLACE_MAX, positionOf } from '../../../src/domain/place.ts'
import { ConversationSlots } from '../../../src/engines/embedded/index/conversation-slots.ts'
import { crcOfWords } from '../../../src/engines/embedded/index/crc.ts'
import {
  coarse,
  entryPosition,
  highWord,
  isAfter,
  isCertainlyBefore,
  lowWord,
} from '../../../src/engines/embedded/index/entry.ts'
import { PairTable } from '../../../src/engines/embedded/index/pair-table.ts'
import { Smallest } from '../../../src/engines/embedded/index/smallest.ts'
import { Random } from '../../lib/random.ts'
import { seed } from './subject.ts'

const position = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: PLACE_MAX / 8 }), fc.integer({ min: 1, max: 5000 })),
    fc.nat({ max: 4095 }),
  )
  .map(([steps, ordinal]) => positionOf(8 * steps, ordinal))

test(`an entry gives its position back, and orders like it (CARILLON_SEED=${seed})`, () => {
  fc.assert(
    fc.property(position, position, fc.nat({ max: 2047 }), fc.nat({ max: 2047 }), (a, b, x, y) => {
      const one = [lowWord(a), highWord(a, x)] as const
      const other = [lowWord(b), highWord(b, y)] as const
      expect(entryPosition(...one)).toBe(a)
      expect(one[1] & 2047).toBe(x)
      expect(isAfter(...one, ...other)).toBe(a > b)
      expect(coarse(...one)).not.toBe(0)
      // It never rejects what is after, and hardly ever takes what is not.
      if (a > b) expect(isCertainlyBefore(coarse(...one), b)).toBe(false)
      if (a < b - 2 ** 22) expect(isCertainlyBefore(coarse(...one), b)).toBe(true)
    }),
    { seed, numRuns: 5000 },
  )
})

test(`the checksum of words is that of zlib (CARILLON_SEED=${seed})`, () => {
  const words = fc.int32Array({ maxLength: 40 })
  fc.assert(
    fc.property(words, fc.nat({ max: 40 }), (all, from) => {
      const bytes = new Uint8Array(all.buffer, all.byteOffset, all.byteLength)
      expect(crcOfWords(all, from, all.length) >>> 0).toBe(crc32(bytes.subarray(4 * from)))
    }),
    { seed, numRuns: 500 },
  )
})

test(`the smallest of many (CARILLON_SEED=${seed})`, () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer()), fc.nat({ max: 40 }), (keys, limit) => {
      const smallest = new Smallest(limit)
      for (const key of keys) smallest.add(key, key % 1000)
      const expected = keys.toSorted((a, b) => a - b).slice(0, limit)
      expect(smallest.sorted()).toEqual(expected.map((key) => ({ key, value: key % 1000 })))
    }),
    { seed, numRuns: 1000 },
  )
})

test.each([0, 60_000])(
  `a pair table finds every pair and no other; expecting %i (CARILLON_SEED=${seed})`,
  (expected) => {
    const random = new Random(seed)
    const slots = new ConversationSlots()
    const table = new PairTable(slots, expected)
    const pairs = new Map<string, number>()
    const wrong: [number, number][] = []
    for (let i = 0; i < 60_000; i++) {
      const [a, b] = [1 + random.below(i % 2 ? 300 : 100_000), 1 + random.below(100_000)]
      const [lower, higher] = [Math.min(a, b), Math.max(a, b)]
      const known = pairs.get(`${lower} ${higher}`)
      if (table.find(lower, higher) !== (known ?? -1)) wrong.push([lower, higher])
      if (known !== undefined) continue
      const slot = slots.add(lower, higher)
      table.add(lower, higher, slot)
      pairs.set(`${lower} ${higher}`, slot)
    }
    for (const [pair, slot] of pairs) {
      const [lower, higher] = pair.split(' ').map(Number) as [number, number]
      if (table.find(lower, higher) !== slot) wrong.push([lower, higher])
      const swapped = lower === higher ? slot : -1
      if (table.find(higher, lower) !== swapped) wrong.push([higher, lower])
    }
    expect(wrong).toEqual([])
    expect(table.bytes / pairs.size).toBeLessThan(25)
  },
)
