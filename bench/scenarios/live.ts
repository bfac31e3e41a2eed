/** TIM calls to terminals that are all open and the only recipients. */
import { accountId, importAccounts } from '../lib/accounts.ts'
import { BatchPool } from '../lib/batches.ts'
import { runLoad } from '../lib/load.ts'
import type { BenchServer } from '../lib/server.ts'
import { countOf, openReceivers } from '../lib/terminals.ts'
import { isOk } from './accept.ts'
import { measureFloor } from './floor.ts'
import { type Figures, Meter, type ScenarioOptions, serverFor, settle } from './scenario.ts'

const RECIPIENTS = 500
const WARM_MESSAGES = 4

export async function live(options: ScenarioOptions): Promise<Figures> {
  const { terminals = 5000, seconds = 20, connections = 4, rate = 0, window = 0 } = options
  const { protocol = 'native' } = options
  const yardstick = await measureFloor({
    terminals,
    seconds: Math.min(seconds, 10),
    frameBytes: 480,
  })
  const server = await serverFor(options)
  try {
    await importAccounts(server, terminals)
    const receivers = await openReceivers(server, terminals, protocol)
    const callsPerRound = Math.ceil(terminals / RECIPIENTS)
    const pool = new BatchPool({
      calls: callsPerRound * Math.ceil(64 / callsPerRound),
      recipientsPerCall: Math.min(RECIPIENTS, terminals),
      textBytes: 300,
      recipient: (call, i) => accountId((call * RECIPIENTS + i) % terminals),
    })
    const common = { ...server, connections, rate, next: () => pool.next(), check: isOk }
    const perCall = Math.min(RECIPIENTS, terminals)
    // The first messages of a conversation cost more, and say nothing about the rest.
    let warmed = 0
    while (warmed < WARM_MESSAGES * terminals) {
      warmed += (await runLoad({ ...common, seconds: 1 })).calls * perCall
    }
    await settle(
      () => countOf(receivers).messages,
      () => countOf(receivers).messages === warmed,
    )
    const meter = new Meter(server)
    const start = performance.now()
    const load = await runLoad({ ...common, seconds })
    const expected = warmed + load.calls * perCall
    await settle(
      () => countOf(receivers).messages,
      () => countOf(receivers).messages === expected,
    )
    const took = (performance.now() - start) / 1000
    const { messages, disorder } = countOf(receivers)
    const figures = meter.figures(messages - warmed)
    for (const receiver of receivers) receiver.end()
    return {
      terminals,
      protocol,
      'delivery window ms': window,
      seconds: took,
      'messages/s': (messages - warmed) / took,
      'messages a write': messages / (await writesOf(server)),
      missing: expected - messages,
      'repeated or out of order': disorder,
      'ack p50 ms': load.latencies.at(0.5),
      'ack p99 ms': load.latencies.at(0.99),
      ...figures,
      'floor messages/s': yardstick.messagesPerSecond,
      'floor CPU µs per message': yardstick.cpuMicros,
      'of floor': (messages - warmed) / took / yardstick.messagesPerSecond,
      rates: 'off',
    }
  } finally {
    await server.end()
  }
}

async function writesOf({ host, port }: BenchServer): Promise<number> {
  const text = await (await fetch(`http://${host}:${port}/metrics`)).text()
  return Number(/carillon_terminal_writes (\d+)/.exec(text)?.[1])
}
