import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sealOf, sealOfId } from './seals.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 })
const number = fc.integer({ min: 1, max: 0x7fffffff })

test('a seal tells any one changed byte of an id, and another number', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 128 }),
      number,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      number,
      (bytes, number, at, change, other) => {
        const seal = sealOfId(number, bytes, 0, bytes.length)
        const changed = Uint8Array.from(bytes)
        changed[at % bytes.length]! ^= change
        expect(sealOfId(number, changed, 0, changed.length)).not.toBe(seal)
        if (other !== number) expect(sealOfId(other, bytes, 0, bytes.length)).not.toBe(seal)
      },
    ),
  )
})

test('a seal of an id reads the bytes where they stand', () => {
  const bytes = Buffer.from('[äb]')
  expect(sealOfId(5, bytes, 1, 4)).toBe(sealOfId(5, Buffer.from('äb'), 0, 3))
})

test('a seal tells any one changed character or number', () => {
  fc.assert(
    fc.property(text, text, number, text, (nick, avatarUrl, second, other) => {
      const seal = sealOf(7, nick, avatarUrl, second)
      expect(sealOf(7, nick, avatarUrl, second)).toBe(seal)
      expect(sealOf(7, nick, avatarUrl, second + 2 ** 32)).not.toBe(seal)
      expect(sealOf(7, nick, avatarUrl, second - 1)).not.toBe(seal)
      expect(sealOf(8, nick, avatarUrl, second)).not.toBe(seal)
      if (other !== nick) expect(sealOf(7, other, avatarUrl, second)).not.toBe(seal)
    }),
  )
  expect(sealOf('ab', 'c')).not.toBe(sealOf('a', 'bc'))
  expect(sealOf('', 'a')).not.toBe(sealOf('a', ''))
})
