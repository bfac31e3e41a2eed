import { expect, test } from 'vitest'
import { Slices } from '../../src/pipeline/push/slices.ts'
import { until } from './pushing.ts'

/** Work of so many steps, each of which takes a while; it tells how many it has taken. */
function work(slices: Slices, steps: number, stepMs = 0) {
  const done = { steps: 0 }
  const go = () => {
    while (done.steps < steps) {
      if (!slices.takeStep()) {
        slices.soon(go)
        return
      }
      done.steps += 1
      const end = performance.now() + stepMs
      while (performance.now() < end);
    }
  }
  slices.soon(go)
  return done
}

test('work that is long in steps is done in slices, and others have a turn between them', async () => {
  const slices = new Slices()
  const done = work(slices, 1000)
  let before = 0
  while (done.steps < 1000) {
    await new Promise(setImmediate)
    expect(done.steps - before).toBeLessThanOrEqual(32)
    before = done.steps
  }
})

test('a slice ends when its time is over', async () => {
  const slices = new Slices()
  const done = work(slices, 20, 1)
  let before = 0
  while (done.steps < 20) {
    await new Promise(setImmediate)
    expect(done.steps - before).toBeLessThanOrEqual(2)
    before = done.steps
  }
})

test('who has much to do holds up nobody else', async () => {
  const slices = new Slices()
  const much = work(slices, 10_000, 0.01)
  const little = work(slices, 100, 0.01)
  const other = work(slices, 100, 0.01)
  await until(() => little.steps === 100 && other.steps === 100)
  expect(much.steps).toBeLessThan(500)
  await until(() => much.steps === 10_000)
})
