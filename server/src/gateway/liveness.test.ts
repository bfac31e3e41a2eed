import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Liveness, type Watched } from './liveness.ts'

class Connection implements Watched {
  watchedAt = 0
  heardAt = 0
  isNamed = true
  pings = 0
  readonly serial: number

  constructor(serial: number) {
    this.serial = serial
  }

  ping(): void {
    this.pings += 1
  }
}

const silent: Connection[] = []
const dead: Connection[] = []
let liveness: Liveness<Connection>

beforeEach(() => {
  vi.useFakeTimers()
  silent.length = 0
  dead.length = 0
  liveness = new Liveness<Connection>({
    periodMs: 25_000,
    namelessMs: 10_000,
    onSilent(connection) {
      silent.push(connection)
      liveness.remove(connection)
    },
    onDead(connection) {
      dead.push(connection)
      liveness.remove(connection)
    },
  })
})

afterEach(() => {
  liveness.close()
  vi.useRealTimers()
})

function watch(count: number): Connection[] {
  const connections = Array.from({ length: count }, (_, i) => new Connection(i + 1))
  for (const connection of connections) liveness.add(connection)
  return connections
}

test('each connection is pinged once a period, and not all in one tick', () => {
  const connections = watch(100)
  vi.advanceTimersByTime(1000)
  expect(connections.filter(({ pings }) => pings > 0).length).toBeLessThan(10)
  vi.advanceTimersByTime(24_000)
  expect(connections.map(({ pings }) => pings)).toEqual(Array(100).fill(1))
})

test('who says something at least every two periods is alive', () => {
  const [talking] = watch(2)
  for (let i = 0; i < 10; i += 1) {
    vi.advanceTimersByTime(49_000)
    talking!.heardAt = liveness.tick
  }
  expect(dead).not.toContain(talking)
  expect(liveness.count).toBe(1)
})

test('a dead peer is found between two periods and a minute', () => {
  const connections = watch(20)
  vi.advanceTimersByTime(50_000)
  expect(dead).toEqual([])
  vi.advanceTimersByTime(10_000)
  expect(new Set(dead)).toEqual(new Set(connections))
})

test('who does not say its name in time is silent, and is not pinged before', () => {
  const [nameless] = watch(1)
  nameless!.isNamed = false
  vi.advanceTimersByTime(9900)
  expect(silent).toEqual([])
  vi.advanceTimersByTime(2000)
  expect(silent).toEqual([nameless])
  expect(nameless!.pings).toBe(0)
})

test('removing one leaves the others watched', () => {
  const connections = watch(5)
  liveness.remove(connections[1]!)
  liveness.remove(connections[4]!)
  liveness.remove(connections[0]!)
  expect(new Set(liveness.all())).toEqual(new Set([connections[2], connections[3]]))
  vi.advanceTimersByTime(60_000)
  expect(new Set(dead)).toEqual(new Set([connections[2], connections[3]]))
})
