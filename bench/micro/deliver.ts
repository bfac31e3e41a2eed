/**
 * What a message to an open terminal costs: CPU of begin, copy and flush, with
 * the writes that follow, to real sockets that another process reads. Beside
 * it the floor: the same number of bytes to as many plain sockets, one write a
 * message and nothing else.
 *
 *   node bench/micro/deliver.ts [--terminals 5000] [--seconds 5]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import {
  type AddressInfo,
  createServer as createPlainServer,
  type Server as PlainServer,
  type Socket,
} from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openNativeLive } from '../../server/src/api/native/live.ts'
import { openNativeProtocol } from '../../server/src/api/native/protocol.ts'
import type { Batch } from '../../server/src/domain/batch.ts'
import { PLACE_STEP } from '../../server/src/domain/place.ts'
import type { Stored } from '../../server/src/domain/record.ts'
import { openMemoryEngines } from '../../server/src/engines/memory/engines.ts'
import { openTerminals, type Terminals } from '../../server/src/gateway/terminals.ts'
import { createLog } from '../../server/src/lib/log.ts'
import { openPipeline } from '../../server/src/pipeline/pipeline.ts'
import { loadSettings } from '../../server/src/settings.ts'
import { openViews } from '../../server/src/views/views.ts'
import { accountId } from '../lib/accounts.ts'
import { keys } from '../lib/server.ts'

const RECIPIENTS = 500
const TEXT_BYTES = 300
/** Messages a second where a window is open; fewer where the machine does not reach it. */
const RATE = 500_000

interface Figures {
  messages: number
  cpuMicros: number
  messagesPerSecond: number
  writesPerMessage: number
}

const { values } = parseArgs({
  options: {
    terminals: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '5' },
  },
})
const count = Number(values.terminals)
const seconds = Number(values.seconds)

const protocol = openNativeProtocol({
  views: openViews(await openMemoryEngines()),
  directory: { id: () => 'sender', described: () => null },
})
const frameBytes = protocol.begin(batchTo(Int32Array.of(2), PLACE_STEP)).copy(2, 0)!.length
const results: Record<string, Figures> = {
  floor: await measureFloor(),
  'one write a message': await measureTerminals(0),
  'window of 50 ms': await measureTerminals(50),
}
console.table(
  Object.fromEntries(
    Object.entries(results).map(([name, figures]) => [
      name,
      {
        'CPU µs per message': figures.cpuMicros.toFixed(2),
        'messages/s': Math.round(figures.messagesPerSecond),
        'messages per write': (1 / figures.writesPerMessage).toFixed(2),
        'of floor': (results.floor!.cpuMicros / figures.cpuMicros).toFixed(2),
      },
    ]),
  ),
)
process.exit()

/** One write a message to plain sockets. */
async function measureFloor(): Promise<Figures> {
  const sockets: Socket[] = []
  const server = createPlainServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
  })
  const readers = await startReaders(server, 'plain')
  while (sockets.length < count) await turn()

  const template = Buffer.alloc(frameBytes, 'x')
  const figures = await measure(async (end) => {
    let written = 0
    while (performance.now() < end) {
      for (let i = 0; i < RECIPIENTS; i += 1) {
        const socket = sockets[written % count]!
        while (socket.writableLength > 1 << 20) await turn()
        socket.write(Buffer.from(template))
        written += 1
      }
      await turn()
    }
    return { messages: written, writes: written }
  })
  readers.kill()
  server.close()
  return figures
}

/** Batches of 500 to native terminals. */
async function measureTerminals(windowMs: number): Promise<Figures> {
  const { terminals, server } = await openDoor(windowMs)
  const readers = await startReaders(server, 'terminals')
  while (terminals.count < count) await turn()

  const figures = await measure(async (end) => {
    const writesBefore = terminals.writes
    const start = performance.now()
    let messages = 0
    let place = PLACE_STEP
    while (performance.now() < end) {
      const recipients = Int32Array.from(
        { length: RECIPIENTS },
        (_, i) => 2 + ((messages + i) % count),
      )
      place += PLACE_STEP
      deliver(terminals, batchTo(recipients, place))
      messages += RECIPIENTS
      // Without a window, a batch begins when the last one is written: one write a message.
      // With one, batches come at a rate, so that several messages fall into a window.
      await turn()
      if (windowMs === 0) while (terminals.writes - writesBefore < messages) await turn()
      else while (messages > ((performance.now() - start) * RATE) / 1000) await turn()
    }
    return { messages, writes: terminals.writes - writesBefore }
  })
  if (terminals.count !== count) throw new Error('terminals were closed: the readers are too slow')
  readers.kill()
  server.close()
  return figures
}

function deliver(terminals: Terminals, stored: Stored<Batch>): void {
  const { recipients } = stored.record
  const delivery = terminals.begin(stored)
  for (let ordinal = 0; ordinal < recipients.length; ordinal += 1) {
    const account = recipients[ordinal]!
    if (terminals.isOpen(account)) delivery.copy(account, ordinal)
  }
  terminals.flush()
}

function batchTo(recipients: Int32Array, place: number): Stored<Batch> {
  const text = 'x'.repeat(TEXT_BYTES)
  const record: Batch = {
    type: 'batch',
    sender: 1,
    recipients,
    failures: [],
    content: { format: 'native', json: '{"kind":"text"}', text },
    traits: 0,
    lifetimeSeconds: null,
    seq: null,
    random: 0,
    contentCrc: 0,
    push: null,
    variables: null,
    key: null,
    series: null,
  }
  return { place, time: Date.now(), record }
}

async function openDoor(windowMs: number): Promise<{ terminals: Terminals; server: HttpServer }> {
  const env = { CARILLON_STORE: 'memory', CARILLON_PING_SECONDS: '3600' }
  const settings = loadSettings({ env })
  const engines = await openMemoryEngines()
  const terminals = openTerminals({
    outboxBytes: settings.outboxBytes,
    deliveryWindowMs: windowMs,
  })
  const pipeline = await openPipeline({
    engines,
    audience: terminals,
    diskReserveBytes: 0,
    accountsMax: 0,
    batchEntriesMax: settings.batchEntriesMax,
    findConversation: async () => null,
  })
  await pipeline.importAccounts([
    { id: 'sender' },
    ...Array.from({ length: count }, (_, i) => ({ id: accountId(i) })),
  ])
  const secrets = {
    sdkAppId: Number(keys.CARILLON_SDKAPPID),
    secretKey: keys.CARILLON_SECRET_KEY,
    jwtSecret: keys.CARILLON_JWT_SECRET,
  }
  const live = openNativeLive({
    terminals,
    pipeline,
    views: openViews(engines),
    directory: engines.directory,
    settings,
    secrets,
    log: createLog('silent'),
  })
  const server = createServer({ highWaterMark: 65_536 })
  server.on('upgrade', (request, socket, head) => live.upgrade(request, socket, head))
  return { terminals, server }
}

/** A process with so many sockets to the server, which reads whatever comes. */
async function startReaders(server: PlainServer, kind: string) {
  await new Promise<void>((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, resolve)
  })
  const { port } = server.address() as AddressInfo
  const path = new URL('./deliver-readers.ts', import.meta.url).pathname
  const readers = fork(path, [kind, String(port), String(count)])
  await once(readers, 'message')
  return readers
}

async function measure(
  run: (end: number) => Promise<{ messages: number; writes: number }>,
): Promise<Figures> {
  // A second for the compiler first.
  await run(performance.now() + 1000)
  const cpu = process.cpuUsage()
  const start = performance.now()
  const { messages, writes } = await run(start + seconds * 1000)
  const took = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    messages,
    cpuMicros: (user + system) / messages,
    messagesPerSecond: messages / took,
    writesPerMessage: writes / messages,
  }
}
