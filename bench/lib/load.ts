/** Load: calls for a time, as fast as answers come or at a fixed rate. */
import { performance } from 'node:perf_hooks'
import { Caller } from './caller.ts'
import { Latencies } from './latency.ts'

export interface LoadOptions {
  host: string
  port: number
  /** Connections, each with one call under way. */
  connections: number
  seconds: number
  next: () => Buffer
  /** Calls a second; 0: as fast as answers come. */
  rate?: number
  /** Throws when the answer is not what it should be. */
  check: (body: Buffer) => void
}

export interface LoadResult {
  calls: number
  seconds: number
  /** From when the call was due to its answer. */
  latencies: Latencies
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { host, port, connections, seconds, next, rate = 0, check } = options
  const callers = await Promise.all(
    Array.from({ length: connections }, () => Caller.open(host, port)),
  )
  const latencies = new Latencies()
  const start = performance.now()
  const end = start + seconds * 1000
  let calls = 0
  let taken = 0

  await Promise.all(callers.map(rate === 0 ? hasten : keepPace))
  const took = (performance.now() - start) / 1000
  for (const caller of callers) caller.end()
  return { calls, seconds: took, latencies }

  async function hasten(caller: Caller): Promise<void> {
    while (performance.now() < end) await call(caller, performance.now())
  }

  /** Every connection takes the next due call; a late call is measured from when it was due. */
  async function keepPace(caller: Caller): Promise<void> {
    for (;;) {
      const due = start + (taken++ * 1000) / rate
      if (due >= end) return
      const waitMs = due - performance.now()
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      await call(caller, due)
    }
  }

  async function call(caller: Caller, due: number): Promise<void> {
    const body = await caller.call(next())
    latencies.add(performance.now() - due)
    check(body)
    calls += 1
  }
}
