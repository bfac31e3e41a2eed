/** "The latest 20 of a conversation", while 200 calls a second of 500 recipients go on. */
import { accountId, importAccounts } from '../lib/accounts.ts'
import { BatchPool } from '../lib/batches.ts'
import { Caller, getRequest } from '../lib/caller.ts'
import { Latencies } from '../lib/latency.ts'
import { runLoad } from '../lib/load.ts'
import { keys } from '../lib/server.ts'
import { isOk, scatter } from './accept.ts'
import { type Figures, Meter, type ScenarioOptions, serverFor } from './scenario.ts'

const RECIPIENTS = 500

export async function history(options: ScenarioOptions): Promise<Figures> {
  const { accounts = 100_000, seconds = 30, connections = 16, rate = 200 } = options
  const server = await serverFor(options)
  try {
    await importAccounts(server, accounts)
    const step = Math.floor(accounts / RECIPIENTS)
    const pool = new BatchPool({
      calls: 4000,
      recipientsPerCall: RECIPIENTS,
      textBytes: 300,
      recipient: (call, i) => accountId(i * step + scatter(call * RECIPIENTS + i, step)),
    })
    const common = { ...server, connections, next: () => pool.next(), check: isOk }
    // Conversations with something in them: some 40 copies each.
    await runLoad({ ...common, seconds: (accounts * 40) / RECIPIENTS / 1000, rate: 1000 })

    const latencies = new Latencies()
    const atServer = new Latencies()
    const meter = new Meter(server)
    let isOver = false
    const reading = read()
    const load = await runLoad({ ...common, seconds, rate })
    isOver = true
    await reading
    return {
      accounts,
      seconds: load.seconds,
      'calls/s beside': load.calls / load.seconds,
      'ack p50 ms': load.latencies.at(0.5),
      'ack p99 ms': load.latencies.at(0.99),
      'pages read': latencies.count,
      'page p50 ms': latencies.at(0.5),
      'page p99 ms': latencies.at(0.99),
      'page at the server p50 ms': atServer.at(0.5),
      'page at the server p99 ms': atServer.at(0.99),
      ...meter.figures(load.calls * RECIPIENTS),
      rates: 'off',
    }

    async function read(): Promise<void> {
      const caller = await Caller.open(server.host, server.port)
      const headers = [`authorization: Bearer ${keys.CARILLON_API_KEY}`]
      for (let i = 0; !isOver; i += 1) {
        const account = accountId(scatter(i, accounts))
        const path = `/v1/conversations/administrator/messages?limit=20&account=${account}`
        const start = performance.now()
        const page = JSON.parse(String(await caller.call(getRequest(path, headers))))
        latencies.add(performance.now() - start)
        atServer.add(page.tookMs ?? 0)
        if (page.messages.length !== 20) throw new Error(`a page of ${page.messages.length}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      caller.end()
    }
  } finally {
    await server.end()
  }
}
