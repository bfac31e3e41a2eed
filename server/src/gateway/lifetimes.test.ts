import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BareTerminal } from '../../test/lib/bare-terminal.ts'
import { Lifetimes } from './lifetimes.ts'
import type { Terminal } from './terminal.ts'

const some = (count: number) => Array.from({ length: count }, () => new BareTerminal())

beforeEach(() => void vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('terminals end once their time has come, the earliest first, as a sorted list has them', () => {
  const steps = fc.array(fc.record({ pick: fc.nat(9), endsAt: fc.option(fc.nat(20)) }))
  fc.assert(
    fc.property(steps, (all) => {
      let now = -1
      const ended: Terminal[] = []
      const terminals = some(10)
      const lifetimes = new Lifetimes({ now: () => now, onEnd: (each) => ended.push(each) })
      const model = new Map<Terminal, number>()
      for (const { pick, endsAt } of all) {
        const terminal = terminals[pick]!
        lifetimes.set(terminal, endsAt)
        if (endsAt === null) model.delete(terminal)
        else model.set(terminal, endsAt)
      }
      expect(lifetimes.count).toBe(model.size)
      for (now = 0; now <= 20; now += 1) {
        vi.advanceTimersByTime(1000)
        const due = [...model].filter(([, endsAt]) => endsAt === now).map(([each]) => each)
        expect(new Set(ended.splice(0))).toEqual(new Set(due))
      }
      expect(lifetimes.count).toBe(0)
    }),
  )
})

test('one that is gone is forgotten, and while nobody has an end nothing is looked at', () => {
  const [one, other] = some(2)
  const lifetimes = new Lifetimes({ now: () => 100, onEnd: () => expect.unreachable() })
  lifetimes.set(one!, 50)
  lifetimes.set(other!, 200)
  expect(vi.getTimerCount()).toBe(1)
  lifetimes.remove(one!)
  lifetimes.remove(one!)
  vi.advanceTimersByTime(5000)
  expect(lifetimes.count).toBe(1)
  lifetimes.remove(other!)
  expect([lifetimes.count, vi.getTimerCount()]).toEqual([0, 0])
})

test('many of one moment end in several turns', () => {
  const ended: Terminal[] = []
  const lifetimes = new Lifetimes({ now: () => 1, onEnd: (terminal) => ended.push(terminal) })
  for (const terminal of some(1000)) lifetimes.set(terminal, 1)
  vi.advanceTimersToNextTimer()
  expect(ended.length).toBe(200)
  vi.advanceTimersByTime(900)
  expect(ended.length).toBe(1000)
})
