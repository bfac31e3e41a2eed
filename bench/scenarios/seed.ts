/**
 * The load that the vendors' own limits allow: exactly 200 calls a second of 500
 * recipients. Half are TIM's, half IMKIT's with two patterns in each entry; a
 * fifth of the recipients is online, half of them on each live protocol.
 */
import { accountId, importAccounts } from '../lib/accounts.ts'
import { BatchPool, TemplatePool } from '../lib/batches.ts'
import { Latencies } from '../lib/latency.ts'
import { runLoad } from '../lib/load.ts'
import { watchStamps } from '../lib/stamp.ts'
import { countOf, openReceivers } from '../lib/terminals.ts'
import { isOk, scatter } from './accept.ts'
import { type Figures, Meter, type ScenarioOptions, serverFor, settle } from './scenario.ts'

const RECIPIENTS = 500
const ONLINE_SHARE = 0.2
const CALLS = 1000

export async function seed(options: ScenarioOptions): Promise<Figures> {
  const { accounts = 1_000_000, terminals = 5000, seconds = 60 } = options
  const { connections = 16, rate = 200, syncDelay = 0 } = options
  const server = await serverFor(options)
  try {
    await importAccounts(server, accounts)
    const half = Math.ceil(terminals / 2)
    const receivers = [
      ...(await openReceivers(server, half, 'native')),
      ...(await openReceivers(server, terminals - half, 'socket.io', half)),
    ]
    const online = Math.round(RECIPIENTS * ONLINE_SHARE)
    const pools = [BatchPool, TemplatePool].map(
      (Pool) =>
        new Pool({
          calls: CALLS,
          recipientsPerCall: RECIPIENTS,
          textBytes: 300,
          sender: accountId(accounts - 1),
          recipient: (call, i) =>
            i < online
              ? accountId((call * online + i) % terminals)
              : accountId(offline(call * RECIPIENTS + i, i, terminals, accounts - 1)),
        }),
    )
    let turn = 0
    const next = () => {
      turn += 1
      return pools[turn % pools.length]!.next()
    }
    const common = { ...server, connections, rate, next, check: isAccepted }
    const warm = await runLoad({ ...common, seconds: 3 })
    const warmed = warm.calls * online
    await settle(
      () => countOf(receivers).messages,
      () => countOf(receivers).messages === warmed,
    )

    const onTheWay = new Latencies()
    watchStamps(receivers, onTheWay)
    const meter = new Meter(server)
    const start = performance.now()
    const load = await runLoad({ ...common, seconds })
    const took = (performance.now() - start) / 1000
    const expected = warmed + load.calls * online
    await settle(
      () => countOf(receivers).messages,
      () => countOf(receivers).messages === expected,
    )
    const figures = meter.figures(load.calls * RECIPIENTS)
    const { messages, disorder } = countOf(receivers)
    for (const receiver of receivers) receiver.end()
    return {
      accounts,
      terminals,
      'added to each sync, ms': syncDelay,
      seconds: took,
      'calls/s': load.calls / took,
      'messages/s': (load.calls * RECIPIENTS) / took,
      'delivered live/s': (messages - warmed) / took,
      missing: expected - messages,
      'repeated or out of order': disorder,
      'ack p50 ms': load.latencies.at(0.5),
      'ack p99 ms': load.latencies.at(0.99),
      'receive p50 ms': onTheWay.at(0.5),
      'receive p99 ms': onTheWay.at(0.99),
      ...figures,
      rates: 'off',
    }
  } finally {
    await server.end()
  }
}

/** An account that is not online: a random one of a stripe of its own, so that a call names none twice. */
function offline(seed: number, ordinal: number, terminals: number, accounts: number): number {
  const stripe = Math.floor((accounts - terminals) / RECIPIENTS)
  return terminals + ordinal * stripe + scatter(seed, stripe)
}

const IMKIT_OK = '"RC":0'

function isAccepted(body: Buffer): void {
  if (body.includes(IMKIT_OK)) return
  isOk(body)
}
