import { syncLatencyMs } from '../lib/disk.ts'
import { type Usage, usageOf } from '../lib/process.ts'
import { type BenchServer, startBenchServer } from '../lib/server.ts'
import type { ProtocolName } from '../lib/terminals.ts'

export interface ScenarioOptions {
  seconds?: number
  accounts?: number
  terminals?: number
  connections?: number
  window?: number
  protocol?: ProtocolName
  rate?: number
  syncDelay?: number
  cpuProf?: string
  parse?: true
}

/** What a scenario found, in the order in which it is printed. */
export type Figures = Record<string, number | string>

export type Scenario = (options: ScenarioOptions) => Promise<Figures>

/** Starts the server as the options want it. */
export function serverFor(
  options: ScenarioOptions,
  env: Record<string, string> = {},
): Promise<BenchServer> {
  const nodeFlags: string[] = []
  if (options.cpuProf !== undefined) nodeFlags.push('--cpu-prof', '--cpu-prof-dir', options.cpuProf)
  if (options.syncDelay !== undefined) nodeFlags.push('--import', faults)
  return startBenchServer({
    nodeFlags,
    env: {
      ...(options.window === undefined
        ? {}
        : { CARILLON_DELIVERY_WINDOW_MS: String(options.window) }),
      ...(options.syncDelay === undefined
        ? {}
        : { CARILLON_FAULTS_SYNC_DELAY_MS: String(options.syncDelay) }),
      ...env,
    },
  })
}

const faults = new URL('../../server/test/faults/preload.ts', import.meta.url).pathname

/** Watches what the server and this process use while something runs. */
export class Meter {
  readonly #server: BenchServer
  readonly #before: Usage
  readonly #own: Usage
  readonly #start = performance.now()

  constructor(server: BenchServer) {
    this.#server = server
    this.#before = server.process.usage()
    this.#own = usageOf(process.pid)
  }

  figures(messages: number): Figures {
    const seconds = (performance.now() - this.#start) / 1000
    const now = this.#server.process.usage()
    const cpuSeconds = now.cpuSeconds - this.#before.cpuSeconds
    const ownCpuSeconds = usageOf(process.pid).cpuSeconds - this.#own.cpuSeconds
    return {
      'server CPU, cores': cpuSeconds / seconds,
      'server CPU µs per message': (cpuSeconds * 1e6) / messages,
      'server resident MB': now.residentMb,
      'generator CPU, cores': ownCpuSeconds / seconds,
      'disk sync p50 ms': syncLatencyMs(this.#server.folder),
    }
  }
}

/** Waits until a condition holds, or until nothing has changed for a while. */
export async function settle(
  progress: () => number,
  isDone: () => boolean,
  quietMs = 3000,
): Promise<void> {
  let last = progress()
  let quietSince = performance.now()
  while (!isDone()) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (progress() !== last) {
      last = progress()
      quietSince = performance.now()
    } else if (performance.now() - quietSince > quietMs) return
  }
}
