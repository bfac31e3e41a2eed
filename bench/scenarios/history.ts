/** "The latest 20 of a conversation", while 200 calls a second of 500 recipients go on. */
import { accountId, importAccounts } from '../lib/accounts.ts'
import { BatchPool } from '../lib/batches.ts'
import { Caller, getRequest } from '../lib/caller.ts'
import { Latencies } from '../lib/latency.ts'
import { runLoad } from '../lib/load.ts'
import { type BenchServer, keys } from '../lib/server.ts'
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
    // Some 60 copies in each conversation, so that none has less than a page.
    for (let calls = 0; calls * RECIPIENTS < accounts * 60; ) {
      calls += (await runLoad({ ...common, seconds: 2 })).calls
    }

    const latencies = new Latencies()
    const before = await pagesAtServer(server)
    const meter = new Meter(server)
    let isOver = false
    const reading = read()
    const load = await runLoad({ ...common, seconds, rate })
    isOver = true
    await reading
    const after = await pagesAtServer(server)
    return {
      accounts,
      seconds: load.seconds,
      'calls/s beside': load.calls / load.seconds,
      'ack p50 ms': load.latencies.at(0.5),
      'ack p99 ms': load.latencies.at(0.99),
      'pages read': latencies.count,
      'page p50 ms': latencies.at(0.5),
      'page p99 ms': latencies.at(0.99),
      'pages within 5 ms at the server, %':
        (100 * (after.quick - before.quick)) / (after.all - before.all),
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
        if (page.messages.length !== 20) throw new Error(`a page of ${page.messages.length}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      caller.end()
    }
  } finally {
    await server.end()
  }
}

/** How many pages the server has answered so far, and how many of them within 5 ms. */
async function pagesAtServer({ host, port }: BenchServer): Promise<{ all: number; quick: number }> {
  const text = await (await fetch(`http://${host}:${port}/metrics`)).text()
  const count = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0)
  return {
    all: count(/carillon_v1_call_seconds_count (\d+)/),
    quick: count(/carillon_v1_call_seconds_bucket\{le="0.005"\} (\d+)/),
  }
}
