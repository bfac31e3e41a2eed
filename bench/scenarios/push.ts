/**
 * Notifications for phones that sleep, to a double of Apple's service; first
 * alone, then beside live delivery at a fixed rate, which must not notice.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accountId, importAccounts } from '../lib/accounts.ts'
import { BatchPool } from '../lib/batches.ts'
import { Latencies } from '../lib/latency.ts'
import { runLoad } from '../lib/load.ts'
import { startPushDouble } from '../lib/push-double.ts'
import type { Receiver } from '../lib/receivers.ts'
import { type BenchServer, keys } from '../lib/server.ts'
import { watchStamps } from '../lib/stamp.ts'
import { countOf, openReceivers } from '../lib/terminals.ts'
import { isOk } from './accept.ts'
import { type Figures, Meter, type ScenarioOptions, serverFor, settle } from './scenario.ts'

const RECIPIENTS = 500
const PHONES = 10_000
/** How long a stall of pushes may last before they count as lost. */
const QUIET_MS = 15_000

export async function push(options: ScenarioOptions): Promise<Figures> {
  const { terminals = 2000, seconds = 20, connections = 4, rate = 20 } = options
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-push-'))
  let receivers: Receiver[] = []
  const double = await startPushDouble(folder)
  const server = await serverFor(options, double.settings)
  try {
    await importAccounts(server, terminals + PHONES)
    await registerPhones(server, terminals)
    receivers = await openReceivers(server, terminals)
    const onScreens = poolTo((call, i) => (call * RECIPIENTS + i) % terminals)
    const toPhones = poolTo((call, i) => terminals + ((call * RECIPIENTS + i) % PHONES))
    const live = {
      ...server,
      connections,
      seconds,
      rate,
      next: () => onScreens.next(),
      check: isOk,
    }
    const calls = PHONES / RECIPIENTS

    const alone = new Latencies()
    watchStamps(receivers, alone)
    const quiet = await runLoad(live)
    await arrived(quiet.calls * RECIPIENTS)
    const beside = new Latencies()
    watchStamps(receivers, beside)
    const [load] = await Promise.all([runLoad(live), wake(calls, toPhones)])
    const expected = (quiet.calls + load.calls) * RECIPIENTS
    await arrived(expected)
    await pushed(PHONES)

    const meter = new Meter(server)
    const start = performance.now()
    await wake(calls, toPhones)
    await pushed(2 * PHONES)
    const took = (performance.now() - start) / 1000
    const figures = meter.figures(PHONES)
    const { messages, disorder } = countOf(receivers)
    for (const receiver of receivers) receiver.end()
    return {
      phones: PHONES,
      'pushes/s alone': PHONES / took,
      'server CPU µs per push': figures['server CPU µs per message']!,
      'missing pushes': 2 * PHONES - double.pushes,
      terminals,
      'live messages/s beside': rate * RECIPIENTS,
      'live receive p50 ms, without pushes': alone.at(0.5),
      'live receive p50 ms, with pushes': beside.at(0.5),
      'live receive p99 ms, without pushes': alone.at(0.99),
      'live receive p99 ms, with pushes': beside.at(0.99),
      'missing messages': expected - messages,
      'repeated or out of order': disorder,
      ...figures,
      rates: 'off',
    }
  } finally {
    await server.end()
    await double.close()
    rmSync(folder, { recursive: true, force: true })
  }

  async function arrived(count: number): Promise<void> {
    await settle(
      () => countOf(receivers).messages,
      () => countOf(receivers).messages === count,
    )
  }

  async function wake(calls: number, pool: BatchPool): Promise<void> {
    await runLoad({
      ...server,
      connections: 1,
      seconds: calls / WAKING_CALLS_PER_SECOND,
      rate: WAKING_CALLS_PER_SECOND,
      next: () => pool.next(),
      check: isOk,
    })
  }

  async function pushed(count: number): Promise<void> {
    await settle(
      () => double.pushes,
      () => double.pushes >= count,
      QUIET_MS,
    )
  }
}

const WAKING_CALLS_PER_SECOND = 100

function poolTo(account: (call: number, ordinal: number) => number): BatchPool {
  return new BatchPool({
    calls: 200,
    recipientsPerCall: RECIPIENTS,
    textBytes: 120,
    recipient: (call, i) => accountId(account(call, i)),
  })
}

/** A phone for each account after those that are online, 100 at a time. */
async function registerPhones({ host, port }: BenchServer, first: number): Promise<void> {
  for (let from = 0; from < PHONES; from += 100) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const account = accountId(first + from + i)
        const token = Buffer.from(account.padStart(32, '0')).toString('hex')
        const response = await fetch(`http://${host}:${port}/v1/devices?account=${account}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${keys.CARILLON_API_KEY}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ id: account, way: 'apns', token }),
        })
        if (!response.ok) throw new Error(`device: ${response.status} ${await response.text()}`)
      }),
    )
  }
}
