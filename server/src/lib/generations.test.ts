import { expect, test } from 'vitest'
import { Generations } from './generations.ts'

test('keeps what is used, and lets go of what is not when it is full', () => {
  const kept = new Generations<string, number>(4)
  kept.add('used', 1, 1)
  for (let i = 0; i < 10; i += 1) {
    kept.add(`other ${i}`, i, 1)
    expect(kept.get('used')).toBe(1)
  }
  expect(kept.get('other 0')).toBe(undefined)
  expect(kept.get('other 9')).toBe(9)
})

test('forgets one in both generations, and has room for another then', () => {
  const kept = new Generations<string, number>(4)
  kept.add('one', 1, 1)
  kept.add('two', 2, 1)
  // The young generation is full, and becomes the old one.
  kept.add('three', 3, 1)
  expect(kept.get('one')).toBe(1)
  for (const gone of ['one', 'three', 'nobody']) kept.forget(gone)
  expect([kept.get('one'), kept.get('three')]).toEqual([undefined, undefined])
  kept.add('four', 4, 1)
  kept.add('five', 5, 1)
  expect([kept.get('four'), kept.get('five'), kept.get('two')]).toEqual([4, 5, 2])
})

test('what is added again weighs what it weighs now', () => {
  const kept = new Generations<string, number>(100)
  kept.add('a', 1, 20)
  for (let times = 0; times < 10; times += 1) kept.add('b', times, 20)
  expect([kept.get('a'), kept.get('b')]).toEqual([1, 9])
})
