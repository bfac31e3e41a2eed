import { expect, test } from 'vitest'
import { SyncPace } from '../../../src/engines/embedded/journal/sync-pace.ts'

test('a disk is slow when even its quickest syncs are', () => {
  const pace = new SyncPace()
  const note = (times: number, milliseconds: number) => {
    for (let i = 0; i < times; i += 1) pace.note(milliseconds)
  }
  note(31, 5)
  expect(pace.isSlow).toBe(false)
  note(1, 5)
  expect(pace.isSlow).toBe(true)
  note(40, 50)
  expect(pace.isSlow).toBe(true)
  // One that is quick tells that the others have waited for something else.
  note(1, 0.1)
  expect(pace.isSlow).toBe(false)
  note(32, 5)
  expect(pace.isSlow).toBe(false)
  note(64, 5)
  expect(pace.isSlow).toBe(true)
})
