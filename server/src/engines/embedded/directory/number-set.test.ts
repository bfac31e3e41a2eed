import { expect, test } from 'vitest'
import { NumberSet } from './number-set.ts'

const NUMBERS = [0, 1, 31, 32, 33, 32_767, 32_768, 1_000_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]

test('a set of numbers has those that were added, until they are deleted', () => {
  const set = new NumberSet()
  for (const number of NUMBERS) {
    expect(set.has(number)).toBe(false)
    set.delete(number)
    set.add(number)
    set.add(number)
    expect(set.has(number)).toBe(true)
  }
  const others = NUMBERS.flatMap((number) => [number - 2, number + 2]).filter(
    (number) => number >= 0 && number < 2 ** 32 && !NUMBERS.includes(number),
  )
  expect(others.filter((number) => set.has(number))).toEqual([])
  for (const number of NUMBERS) {
    set.delete(number)
    expect(set.has(number)).toBe(false)
  }
})
