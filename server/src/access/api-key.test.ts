import { expect, test } from 'vitest'
import { isKey, keyOf } from './api-key.ts'

test.each([
  [{ authorization: 'Bearer abc' }, 'abc'],
  [{ authorization: 'bearer  abc ' }, 'abc'],
  [{ 'x-api-key': 'abc' }, 'abc'],
  [{ authorization: 'Bearer abc', 'x-api-key': 'other' }, 'abc'],
  [{ authorization: 'Basic abc', 'x-api-key': 'other' }, 'other'],
  [{ authorization: 'Bearer' }, undefined],
  [{ authorization: 'Bearer a b' }, undefined],
  [{ 'x-api-key': '' }, undefined],
  [{}, undefined],
])('of %j the key is %j', (headers, key) => {
  expect(keyOf(headers)).toBe(key)
})

test('a key is equal to itself only', () => {
  expect(isKey('abc', 'abc')).toBe(true)
  for (const given of [undefined, '', 'ab', 'abcd', 'ABC', 'abc ']) {
    expect(isKey(given, 'abc')).toBe(false)
  }
})
