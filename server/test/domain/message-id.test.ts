import fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageId, parseMessageId } from '../../src/domain/message-id.ts'
import {
  lastPositionOf,
  ORDINALS_MAX,
  ordinalOf,
  PLACE_MAX,
  placeOf,
  positionOf,
} from '../../src/domain/place.ts'

const places = fc.maxSafeNat().map((n) => (n % (PLACE_MAX / 8 + 1)) * 8)
const ordinals = fc.nat(ORDINALS_MAX - 1)
const generations = fc.nat(0xffff)

test('a position gives back its place and ordinal', () => {
  fc.assert(
    fc.property(places, ordinals, (place, ordinal) => {
      const position = positionOf(place, ordinal)
      expect(Number.isSafeInteger(position)).toBe(true)
      expect(placeOf(position)).toBe(place)
      expect(ordinalOf(position)).toBe(ordinal)
      expect(position).toBeLessThanOrEqual(lastPositionOf(place))
    }),
  )
})

test('an id gives back its generation and position', () => {
  fc.assert(
    fc.property(generations, places, ordinals, (generation, place, ordinal) => {
      const position = positionOf(place, ordinal)
      expect(parseMessageId(messageId(generation, position))).toEqual({ generation, position })
    }),
  )
})

test('ids sort as strings the way positions sort as numbers', () => {
  fc.assert(
    fc.property(places, ordinals, places, ordinals, (p, o, q, r) => {
      const [a, b] = [positionOf(p, o), positionOf(q, r)]
      expect(messageId(3, a) < messageId(3, b)).toBe(a < b)
    }),
  )
})

test('what is not an id of ours is recognised', () => {
  const notIds = [
    '',
    'x',
    '0'.repeat(23),
    '0'.repeat(25),
    'G'.repeat(24),
    'ABCDEFABCDEFABCDEFABCDEF',
    '000100000000000100000000', // a place that is no multiple of 8
    '000100000000000800001000', // an ordinal beyond 4,095
    '0001ffffffffffff00000000', // a place beyond the last
  ]
  for (const id of notIds) expect(parseMessageId(id), id).toBe(null)
})

test('any text at all is either an id or null', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseMessageId(text)))
})
