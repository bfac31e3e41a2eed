import { expect, test } from 'vitest'
import { hashOfPair, hashOfPlace, hashOfText, Sieve } from './sieve.ts'

const COUNT = 50_000

const hashes: [string, (n: number) => number][] = [
  ['pairs of numbers', (n) => hashOfPair(n % 300, n)],
  ['groups', (n) => hashOfPair(-n, 0)],
  ['places', (n) => hashOfPlace(2 ** 43 + n * 8)],
  ['texts', (n) => hashOfText(`user${n}`)],
]
test.each(hashes)('a sieve lets through what was added, and little else: %s', (_, hash) => {
  const sieve = new Sieve(0)
  for (let n = 0; n < COUNT; n += 1) sieve.add(hash(n))
  let missed = 0
  let strangers = 0
  for (let n = 0; n < COUNT; n += 1) {
    if (!sieve.mayHave(hash(n))) missed += 1
    if (sieve.mayHave(hash(COUNT + n))) strangers += 1
  }
  expect(missed).toBe(0)
  // A twentieth of its bits is set.
  expect(strangers / COUNT).toBeLessThan(0.07)
})

test('a sieve without anything lets nothing through', () => {
  const sieve = new Sieve(0)
  expect(
    [0, -1, 2 ** 31, hashOfText(''), hashOfPair(0, 0)].some((hash) => sieve.mayHave(hash)),
  ).toBe(false)
})

test('a sieve has room for the rows that there are', () => {
  const rows = 200_000
  const sieve = new Sieve(rows)
  for (let n = 0; n < rows; n += 1) sieve.add(hashOfPair(n, 1))
  let strangers = 0
  for (let n = 0; n < rows; n += 1) if (sieve.mayHave(hashOfPair(n, 2))) strangers += 1
  expect(strangers / rows).toBeLessThan(0.05)
})
