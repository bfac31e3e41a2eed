import { expect, test } from 'vitest'
import { Logins } from './logins.ts'

test('it knows when each account came last, whatever its number', () => {
  const logins = new Logins()
  const accounts = [1, 4095, 4096, 4097, 2 ** 31 - 1]
  for (const account of accounts) logins.note(account, 5)
  for (const [i, account] of accounts.entries()) logins.note(account, 1_800_000_000_000 + i)
  expect(accounts.map((account) => logins.last(account) % 100)).toEqual([0, 1, 2, 3, 4])
  expect([0, 2, 8192, 2 ** 31 - 2].map((account) => logins.last(account))).toEqual([0, 0, 0, 0])
})
