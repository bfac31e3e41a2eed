import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Latencies } from './latency.ts'

/** How long this disk takes to sync an append of 4 KB, milliseconds, p50. */
export function syncLatencyMs(folder: string): number {
  const file = join(folder, 'sync-probe.tmp')
  const fd = openSync(file, 'w')
  const block = Buffer.alloc(4096)
  const latencies = new Latencies()
  for (let i = 0; i < 200; i += 1) {
    const start = performance.now()
    writeSync(fd, block)
    fdatasyncSync(fd)
    latencies.add(performance.now() - start)
  }
  closeSync(fd)
  rmSync(file)
  return latencies.at(0.5)
}
