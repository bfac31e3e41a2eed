/** Terminals that are open and hear nothing: how many are held, and what each costs. */
import { importAccounts } from '../lib/accounts.ts'
import type { BenchServer } from '../lib/server.ts'
import { openReceivers } from '../lib/terminals.ts'
import { type Figures, type ScenarioOptions, serverFor } from './scenario.ts'

const WARM_TERMINALS = 500

export async function connect(options: ScenarioOptions): Promise<Figures> {
  const { terminals = 20_000, seconds = 60, protocol = 'native' } = options
  const server = await serverFor(options)
  try {
    await importAccounts(server, terminals + WARM_TERMINALS)
    // The first ones bring the code into memory, and say nothing about the rest.
    const warm = await openReceivers(server, WARM_TERMINALS, protocol, terminals)
    for (const terminal of warm) terminal.end()
    const before = await restingMb(server, seconds / 4)
    const start = performance.now()
    const receivers = await openReceivers(server, terminals, protocol)
    const took = (performance.now() - start) / 1000
    const afterOpening = server.process.usage()
    const from = performance.now()
    const after = await restingMb(server, seconds)
    const held = await openOf(server)
    const idle = server.process.usage().cpuSeconds - afterOpening.cpuSeconds
    for (const receiver of receivers) receiver.end()
    return {
      terminals,
      protocol,
      'opened a second': terminals / took,
      'held after, s': (performance.now() - from) / 1000,
      held,
      'server resident MB, before': before,
      'server resident MB, after': after,
      'KB a terminal': ((after - before) * 1024) / terminals,
      'server CPU, cores, idle': (idle * 1000) / (performance.now() - from),
    }
  } finally {
    await server.end()
  }
}

/** The least that is resident within so many seconds: what is garbage comes and goes. */
async function restingMb(server: BenchServer, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000
  let least = server.process.usage().residentMb
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    least = Math.min(least, server.process.usage().residentMb)
  }
  return least
}

async function openOf({ host, port }: BenchServer): Promise<number> {
  const text = await (await fetch(`http://${host}:${port}/metrics`)).text()
  return Number(/^carillon_terminals (\d+)/m.exec(text)?.[1])
}
