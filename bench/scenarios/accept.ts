/** TIM calls of 500 recipients out of a million accounts, nobody online. */
import { accountId, importAccounts } from '../lib/accounts.ts'
import { BatchPool } from '../lib/batches.ts'
import { runLoad } from '../lib/load.ts'
import { type Figures, Meter, type ScenarioOptions, serverFor } from './scenario.ts'

const RECIPIENTS = 500

export async function accept(options: ScenarioOptions): Promise<Figures> {
  const { accounts = 1_000_000, seconds = 60, connections = 16, rate = 0 } = options
  const server = await serverFor(options)
  try {
    await importAccounts(server, accounts)
    const step = Math.floor(accounts / RECIPIENTS)
    const pool = new BatchPool({
      calls: 8000,
      recipientsPerCall: RECIPIENTS,
      textBytes: 300,
      isEscaped: options.parse === true,
      // One account out of each of 500 stretches: random, and never twice in one call.
      recipient: (call, i) => accountId(i * step + scatter(call * RECIPIENTS + i, step)),
    })
    const meter = new Meter(server)
    const load = await runLoad({
      ...server,
      connections,
      seconds,
      rate,
      next: () => pool.next(),
      check: isOk,
    })
    const recipients = load.calls * RECIPIENTS
    return {
      recipients: options.parse ? 'parsed as JSON' : 'found in the bytes',
      accounts,
      seconds: load.seconds,
      'recipients/s': recipients / load.seconds,
      'calls/s': load.calls / load.seconds,
      'ack p50 ms': load.latencies.at(0.5),
      'ack p99 ms': load.latencies.at(0.99),
      ...meter.figures(recipients),
      rates: 'off',
    }
  } finally {
    await server.end()
  }
}

/** A whole number below `below` that looks random and is the same every time. */
export function scatter(i: number, below: number): number {
  let x = Math.imul(i ^ 0x9e3779b9, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return ((x ^ (x >>> 16)) >>> 0) % below
}

const OK = Buffer.from('"ActionStatus":"OK"')

export function isOk(body: Buffer): void {
  if (!body.includes(OK)) throw new Error(`a call failed: ${body}`)
}
