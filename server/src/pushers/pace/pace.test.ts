import { beforeEach, describe, expect, test } from 'vitest'
import type { PushOutcome } from '../pusher.ts'
import { refused } from '../refused.ts'
import { Breaker } from './breaker.ts'
import { Pace, type Turn } from './pace.ts'
import { Window } from './window.ts'

let time = 0
const now = () => time
beforeEach(() => {
  time = 1_000_000
})

const pushed: PushOutcome = { state: 'pushed', id: '' }
const down = (retryAfterMs: number | null = null) =>
  refused('503', { isRetryable: true, scope: 'provider', retryAfterMs })

describe('the breaker', () => {
  test('opens when the provider takes nothing, and lets one try when its time is over', () => {
    const breaker = new Breaker(now)
    const first = breaker.start()
    expect(breaker.refused(first, null)).toBe(true)
    expect(breaker.state).toBe('open')
    expect(breaker.waitMs).toBeGreaterThanOrEqual(500)
    time += 1000
    expect(breaker.waitMs).toBe(0)
    const probe = breaker.start()
    expect(breaker.state).toBe('half-open')
    expect(breaker.waitMs).toBe(Number.POSITIVE_INFINITY)
    breaker.taken(probe)
    expect(breaker.state).toBe('closed')
  })

  test('stays open at least as long as the provider asks for, but not for days', () => {
    const breaker = new Breaker(now)
    breaker.refused(breaker.start(), 30_000)
    expect(breaker.waitMs).toBe(30_000)
    time += 30_000
    breaker.refused(breaker.start(), 86_400_000)
    expect(breaker.waitMs).toBe(3_600_000)
  })

  test('opens longer with each time in a row, up to a minute', () => {
    const breaker = new Breaker(now)
    for (let times = 1; times <= 12; times += 1) {
      breaker.refused(breaker.start(), null)
      const most = Math.min(60_000, 1000 * 2 ** (times - 1))
      expect(breaker.waitMs).toBeGreaterThanOrEqual(most / 2)
      expect(breaker.waitMs).toBeLessThanOrEqual(most)
      time += breaker.waitMs
    }
  })

  test('what went before it opened says nothing any more', () => {
    const breaker = new Breaker(now)
    const ages = [breaker.start(), breaker.start(), breaker.start()]
    expect(breaker.refused(ages[0]!, 5000)).toBe(true)
    expect(breaker.refused(ages[1]!, null)).toBe(false)
    breaker.taken(ages[2]!)
    expect(breaker.state).toBe('open')
    expect(breaker.waitMs).toBe(5000)
  })

  test('a probe that was not needed leaves the way to the next', () => {
    const breaker = new Breaker(now)
    breaker.refused(breaker.start(), 1000)
    time += 1000
    breaker.unused(breaker.start())
    expect(breaker.waitMs).toBe(0)
    breaker.taken(breaker.start())
    expect(breaker.state).toBe('closed')
  })
})

test('the window halves when the provider had enough, and grows by one a round', () => {
  const window = new Window(16)
  window.refused()
  expect(window.size).toBe(8)
  for (let answers = 0; answers < 9; answers += 1) window.taken()
  expect(window.size).toBe(9)
  for (let times = 0; times < 10; times += 1) window.refused()
  expect(window.size).toBe(1)
  for (let answers = 0; answers < 1000; answers += 1) window.taken()
  expect(window.size).toBe(16)
})

test('the window begins with few, and doubles with each round until answers come in heaps', () => {
  const window = new Window(500)
  const sizes: number[] = []
  for (let round = 0; round < 5; round += 1) {
    const { size } = window
    sizes.push(size)
    for (let answers = 0; answers < size; answers += 1) window.taken()
  }
  expect(sizes).toEqual([64, 128, 256, 500, 500])
  window.crowded()
  expect(window.size).toBe(250)
  for (let answers = 0; answers < 251; answers += 1) window.taken()
  expect(window.size).toBe(251)
  for (let times = 0; times < 10; times += 1) window.crowded()
  expect(window.size).toBe(64)
  window.refused()
  window.crowded()
  expect(window.size).toBe(32)
})

describe('the pace', () => {
  test('lets as many go at once as the provider takes', () => {
    const pace = new Pace({ concurrencyMax: 2, perSecond: 0, now })
    const turn = pace.take() as Turn
    pace.take()
    expect(pace.take()).toBe(Number.POSITIVE_INFINITY)
    turn.answered(pushed)
    expect(pace.take()).toBeTypeOf('object')
  })

  test('lets as many go in a second as it is set to', () => {
    const pace = new Pace({ concurrencyMax: 1000, perSecond: 10, now })
    let went = 0
    for (let ms = 0; ms < 3000; ms += 20) {
      while (typeof pace.take() === 'object') went += 1
      time += 20
    }
    // Those of three seconds, and what stands ready at the beginning.
    expect(went).toBeGreaterThanOrEqual(38)
    expect(went).toBeLessThanOrEqual(40)
  })

  test('allows no more under way while there are few', () => {
    const pace = new Pace({ concurrencyMax: 500, perSecond: 0, now })
    for (let times = 0; times < 1000; times += 1) (pace.take() as Turn).answered(pushed)
    const turns = Array.from({ length: 500 }, () => pace.take())
    expect(turns.filter((turn) => typeof turn === 'object')).toHaveLength(64)
  })

  test('a provider that is down has one try at a time, and half as many after it', () => {
    const pace = new Pace({ concurrencyMax: 8, perSecond: 0, now })
    const turns = Array.from({ length: 8 }, () => pace.take() as Turn)
    for (const turn of turns) turn.answered(down(2000))
    expect(pace.take()).toBe(2000)
    time += 2000
    const probe = pace.take() as Turn
    expect(pace.take()).toBe(Number.POSITIVE_INFINITY)
    probe.answered(pushed)
    const after = Array.from({ length: 8 }, () => pace.take())
    expect(after.filter((turn) => typeof turn === 'object')).toHaveLength(4)
  })

  test('a refusal of one notification is no trouble of the provider', () => {
    const pace = new Pace({ concurrencyMax: 1, perSecond: 0, now })
    for (let times = 0; times < 5; times += 1) {
      ;(pace.take() as Turn).answered(refused('429', { isRetryable: true, retryAfterMs: 60_000 }))
    }
    expect(pace.state).toBe('closed')
    expect(pace.take()).toBeTypeOf('object')
  })
})
