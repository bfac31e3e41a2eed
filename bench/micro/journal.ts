/**
 * How fast the embedded journal is on this machine and disk:
 *
 *   node bench/micro/journal.ts [--seconds 3] [--recipients 500] [--content 300] [--callers 64] [--folder PATH]
 *
 *   append   so many callers, each of which appends again when its append has resolved
 *   turns    appends that arrive over sockets, so that each has an event of its own: how many of
 *            them share a group when the first group waits for the end of the turn
 *   replay   everything, decoded, twice: what counts is the second, from the page cache
 *   read     single records at random, from the page cache and decoded
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Batch } from '../../server/src/domain/batch.ts'
import type { Place } from '../../server/src/domain/place.ts'
import {
  type EmbeddedJournal,
  openJournal,
} from '../../server/src/engines/embedded/journal/journal.ts'
import type { Synced } from '../../server/src/engines/embedded/journal/writer.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    recipients: { type: 'string', default: '500' },
    content: { type: 'string', default: '300' },
    callers: { type: 'string', default: '64' },
    folder: { type: 'string', default: tmpdir() },
  },
})
const seconds = Number(values.seconds)
const recipients = Number(values.recipients)
const callers = Number(values.callers)
const folder = mkdtempSync(join(values.folder, 'carillon-bench-journal-'))
const places: Place[] = []
/** Made before, so that making them is not measured. */
const audiences = Array.from({ length: 64 }, (_, n) =>
  Int32Array.from({ length: recipients }, (_, m) => 1 + ((n * 31_337 + m * 1999) % 1e6)),
)
const text = 'x'.repeat(Number(values.content) - 11)
let seq = 0

try {
  await run()
} finally {
  rmSync(folder, { recursive: true })
}

async function run(): Promise<void> {
  const synced: Synced[] = []
  const journal = await open(0, synced)
  await appending(journal, synced)
  await overSockets(journal, synced)
  await journal.close()

  const again = await open(0)
  await replaying(again, 'cold')
  await replaying(again, 'warm')
  await reading(again)
  await again.close()
}

async function appending(journal: EmbeddedJournal, synced: Synced[]): Promise<void> {
  const latencies: number[] = []
  const before = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1000
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < end) {
        const asked = performance.now()
        const { place } = await journal.append(batch())
        latencies.push(performance.now() - asked)
        places.push(place)
      }
    }),
  )
  const elapsed = (performance.now() - start) / 1000
  const cpu = process.cpuUsage(before)
  print('append', {
    'appends/s': latencies.length / elapsed,
    'MB/s': journal.end / 1e6 / elapsed,
    'recipients/s': (latencies.length * recipients) / elapsed,
    'CPU µs per append': (cpu.user + cpu.system) / latencies.length,
    'latency ms p50': quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    ...groups(synced),
  })
}

async function overSockets(journal: EmbeddedJournal, synced: Synced[]): Promise<void> {
  synced.length = 0
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', async (data) => {
      for (let asked = data.length; asked > 0; asked -= 1) {
        places.push((await journal.append(batch())).place)
        socket.write('.')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const latencies: number[] = []
  const end = performance.now() + seconds * 1000
  await Promise.all(Array.from({ length: callers }, () => caller(port, end, latencies)))
  server.close()
  print('turns', {
    'appends/s': latencies.length / seconds,
    'latency ms p50': quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    ...groups(synced),
  })
}

function caller(port: number, end: number, latencies: number[]): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let asked = 0
    const ask = () => {
      asked = performance.now()
      socket.write('.')
    }
    socket.once('connect', ask)
    socket.on('data', () => {
      latencies.push(performance.now() - asked)
      if (performance.now() < end) ask()
      else socket.end()
    })
    socket.on('close', () => resolve())
  })
}

async function replaying(journal: EmbeddedJournal, state: string): Promise<void> {
  const start = performance.now()
  let records = 0
  let entries = 0
  for await (const group of journal.replay(0)) {
    for (const { record } of group) {
      records += 1
      if (record.type === 'batch') entries += record.recipients.length
    }
  }
  const elapsed = (performance.now() - start) / 1000
  print(`replay, ${state}`, {
    'records/s': records / elapsed,
    'entries/s': entries / elapsed,
    'MB/s': journal.end / 1e6 / elapsed,
  })
}

async function reading(journal: EmbeddedJournal): Promise<void> {
  const latencies: number[] = []
  for (let n = 0; n < 5000; n += 1) {
    const place = places[(n * 7919) % places.length]!
    const asked = performance.now()
    await journal.read([place])
    latencies.push(performance.now() - asked)
  }
  print('read', { 'latency ms p50': quantile(latencies, 0.5), p99: quantile(latencies, 0.99) })
}

function open(cacheBytes: number, synced: Synced[] = []): Promise<EmbeddedJournal> {
  return openJournal({
    folder: join(folder, 'journal'),
    segmentBytes: 256 * 1024 * 1024,
    cacheBytes,
    onSync: (sync) => synced.push(sync),
    onFatal(error) {
      throw error
    },
  })
}

function batch(): Batch {
  seq += 1
  return {
    type: 'batch',
    sender: 1,
    recipients: audiences[seq % audiences.length]!,
    failures: [],
    content: { format: 'tim', json: `{"text":"${text}"}`, text: 'hello' },
    traits: 0,
    lifetimeSeconds: null,
    seq,
    random: seq,
    contentCrc: seq,
    push: null,
    variables: null,
    key: null,
    series: null,
  }
}

function groups(synced: Synced[]): Record<string, number> {
  const records = synced.reduce((sum, one) => sum + one.records, 0)
  const times = synced.map(({ milliseconds }) => milliseconds)
  return {
    groups: synced.length,
    'records a group': records / synced.length,
    'sync ms p50': quantile(times, 0.5),
  }
}

function quantile(unsorted: number[], at: number): number {
  return unsorted.sort((a, b) => a - b)[Math.floor(unsorted.length * at)] ?? 0
}

function print(name: string, figures: Record<string, number>): void {
  const parts = Object.entries(figures).map(([what, value]) => {
    const digits = value < 100 ? 3 : 0
    return `${what} ${value.toLocaleString('en', { maximumFractionDigits: digits })}`
  })
  console.log(`${name.padEnd(14)} ${parts.join(' · ')}`)
}
