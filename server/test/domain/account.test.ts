import { expect, test } from 'vitest'
import { isAccountId } from '../../src/domain/account.ts'

test.each([
  ['a', true],
  ['用户1', true],
  ['with space', true],
  ['x'.repeat(128), true],
  ['é'.repeat(64), true],
  ['', false],
  ['x'.repeat(129), false],
  ['é'.repeat(65), false],
  ['line\nbreak', false],
  ['nul\u0000', false],
  ['del\u007f', false],
  ['c1\u0085', false],
  ['half a pair \ud800', false],
])('%j is an account id: %s', (id, expected) => {
  expect(isAccountId(id)).toBe(expected)
})

test('a door may allow fewer bytes', () => {
  expect(isAccountId('x'.repeat(32), 32)).toBe(true)
  expect(isAccountId('x'.repeat(33), 32)).toBe(false)
  expect(isAccountId('用'.repeat(11), 32)).toBe(false)
})
