/**
 * npm run fuzz -- [--count N] [--seed S]
 *
 * Sends generated requests and live frames to the real server: whatever comes,
 * it answers no 5xx, does not end, and holds a bounded amount of memory.
 */
import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { Command } from 'commander'
import { WebSocket } from 'ws'
import { Random } from '../lib/random.ts'
import { startServer, type TestServer, userSig } from '../lib/server.ts'
import { TestTerminal } from '../lib/terminal.ts'
import { anyPacket } from './imkit-requests.ts'
import { anyRequest, type FuzzRequest } from './requests.ts'
import { anyValue, bodyBytes, mutated } from './values.ts'

const WORKERS = 16
/** Of every this many, one is a terminal with some frames rather than a request. */
const FRAMES_EVERY = 20
const FRAMES_PER_TERMINAL = 20
const GROWTH_MAX_MB = 300

export interface FuzzOptions {
  count: number
  seed: number
}

export interface FuzzResult {
  wrong: string[]
  statuses: Record<string, number>
  frames: number
  grownMb: number
}

export async function fuzz({ count, seed }: FuzzOptions): Promise<FuzzResult> {
  await using server = await startServer({
    env: { CARILLON_TIM_CALLS_PER_SECOND: '0', CARILLON_LOG: 'info' },
  })
  await server.importAccounts(['ann', 'bob', 'cleo'])
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS })
  const random = new Random(seed)
  const wrong: string[] = []
  const statuses: Record<string, number> = {}
  let frames = 0
  let left = count

  // A server that ends takes every other answer with it: what it said is what is wrong.
  let isOver = false
  void server.ended.then((status) => {
    if (isOver) return
    wrong.push(`the server ended with ${status}: ${server.logged.slice(-3000)}`)
  })

  // A round to warm up, so that growth is of the load and not of the start.
  await Promise.all(Array.from({ length: WORKERS }, () => work(Math.ceil(count / 10 / WORKERS))))
  const before = residentMb(server)
  await Promise.all(Array.from({ length: WORKERS }, () => work(Number.POSITIVE_INFINITY)))
  agent.destroy()
  if (wrong.length > 0) return { wrong, statuses, frames, grownMb: 0 }
  const grownMb = residentMb(server) - before

  if (grownMb > GROWTH_MAX_MB) wrong.push(`memory grew by ${grownMb.toFixed(0)} MB`)
  const alive = await fetch(`${server.url}/livez`)
  if (alive.status !== 200) wrong.push(`/livez answers ${alive.status}`)
  isOver = true
  return { wrong, statuses, frames, grownMb }

  async function work(most: number): Promise<void> {
    for (let i = 0; i < most && left > 0 && wrong.length < 10; i += 1) {
      left -= 1
      const dice = random.below(2 * FRAMES_EVERY)
      const step = dice === 0 ? terminal() : dice === 1 ? socket() : request()
      await step.catch((error: unknown) => {
        if (wrong.length === 0) throw error
      })
    }
  }

  async function request(): Promise<void> {
    const sent = anyRequest(random)
    const { status, body } = await send(server, agent, sent)
    statuses[status] = (statuses[status] ?? 0) + 1
    if (/^\/(v|livez|readyz|metrics)/.test(sent.path) === false) checkEnvelope(sent, status, body)
    const isTim = sent.path.startsWith('/v4/')
    if (status >= 500) wrong.push(`${status} for ${shown(sent)}: ${body.slice(0, 300)}`)
    if (isTim && status === 200 && sent.method !== 'HEAD' && !/"ErrorCode":\d+/.test(body)) {
      wrong.push(`no envelope for ${shown(sent)}: ${body.slice(0, 300)}`)
    }
    if (isTim && /"ErrorCode":(91000|90992|70500)\b/.test(body))
      wrong.push(`an internal error for ${shown(sent)}: ${body}`)
  }

  /** Common IMKIT clients wait for ever for an answer whose status and `RC` do not agree. */
  function checkEnvelope(sent: FuzzRequest, status: number, body: string): void {
    if (sent.method === 'HEAD' || sent.method === 'OPTIONS' || status === 0) return
    const code = /^\{"RC":(\d+)/.exec(body)?.[1]
    if (code === undefined || status < 400 === (code === '0')) return
    wrong.push(`${status} with RC ${code} for ${shown(sent)}`)
  }

  async function terminal(): Promise<void> {
    const connected = new TestTerminal(server.url)
    const isOpen = await connected.opened().then(
      () => true,
      () => false,
    )
    if (!isOpen) return void wrong.push('a terminal could not connect')
    if (random.below(4) > 0)
      connected.say({ type: 'connect', account: 'bob', usersig: userSig('bob') })
    for (let i = 0; i < FRAMES_PER_TERMINAL; i += 1) {
      const valid = random.pick<object>([
        {
          type: 'connect',
          account: 'bob',
          usersig: userSig('bob'),
          cursor: '000100000000000000000000',
        },
        { type: 'ack', cursor: '000100000000000000000000' },
        { type: 'read', with: 'ann', upTo: '000100000000000000000000', ref: 1 },
        { type: 'ping', ref: 1 },
      ])
      const value = random.below(4) === 0 ? anyValue(random) : mutated(random, valid)
      frames += 1
      connected.sayBytes(bodyBytes(random, value), random.below(10) === 0)
    }
    connected.end()
    await connected.closed
  }

  /** A Socket.IO client that says what comes to its mind. */
  async function socket(): Promise<void> {
    const path = '/socket.io/?EIO=4&transport=websocket'
    const connected = new WebSocket(server.url.replace('http', 'ws') + path)
    const closed = new Promise<void>((resolve) => connected.once('close', () => resolve()))
    connected.on('error', () => {})
    await Promise.race([new Promise((resolve) => connected.once('open', resolve)), closed])
    if (connected.readyState === WebSocket.OPEN) connected.send('40')
    for (let i = 0; i < FRAMES_PER_TERMINAL && connected.readyState === WebSocket.OPEN; i += 1) {
      frames += 1
      connected.send(anyPacket(random), { binary: random.below(10) === 0 })
    }
    connected.close()
    await closed
  }
}

function send(server: TestServer, agent: Agent, { method, path, headers, body }: FuzzRequest) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { hostname, port } = new URL(server.url)
    const request = httpRequest(
      { agent, hostname, port, method, path: encodeURI(path).replaceAll('%25', '%'), headers },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: String(Buffer.concat(chunks)) }),
        )
        response.on('error', reject)
      },
    )
    // A body over the limit may be answered, and its connection closed, before it was sent whole.
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve({ status: 0, body: '' })
      else reject(error)
    })
    request.end(body)
  })
}

function shown({ method, path, body }: FuzzRequest): string {
  return `${method} ${path.slice(0, 120)} ${body.toString('latin1').slice(0, 300)}`
}

function residentMb({ child }: TestServer): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]
  return Number(kb) / 1024
}

if (import.meta.main) {
  const options = new Command('fuzz')
    .option('--count <n>', 'requests and terminals', Number, 100_000)
    .option('--seed <s>', 'repeats a run', Number, Date.now() % 2 ** 32)
    .parse()
    .opts<FuzzOptions>()
  console.log(`seed ${options.seed}`)
  const { wrong, statuses, frames, grownMb } = await fuzz(options)
  console.log(
    `statuses ${JSON.stringify(statuses)}, ${frames} frames, memory grew by ${grownMb.toFixed(0)} MB`,
  )
  for (const line of wrong) console.error(line)
  process.exitCode = wrong.length > 0 ? 1 : 0
}
