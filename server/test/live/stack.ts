/**
 * The live door on real sockets, in this process, over the memory engines: a
 * server without its process.
 */
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { openTokens } from '../../src/access/tokens.ts'
import { makeUserSig } from '../../src/access/usersig.ts'
import { openNativeHttp } from '../../src/api/native/http.ts'
import { type NativeLive, openNativeLive } from '../../src/api/native/live.ts'
import { Trait } from '../../src/domain/batch.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import type { ClosingReason } from '../../src/gateway/terminal.ts'
import { openTerminals, type Terminals } from '../../src/gateway/terminals.ts'
import { createLog } from '../../src/lib/log.ts'
import type { Call } from '../../src/pipeline/accept.ts'
import { type Accepted, openPipeline, type Pipeline } from '../../src/pipeline/pipeline.ts'
import type { Secrets } from '../../src/secrets.ts'
import { loadSettings, type Settings } from '../../src/settings.ts'
import { openViews, type Views } from '../../src/views/views.ts'
import { Peer } from './peer.ts'

export const secrets: Secrets = {
  sdkAppId: 1_400_000_001,
  secretKey: 'a key for tests',
  apiKey: 'test-api-key',
  clientKey: 'test-client-key',
  jwtSecret: 'test-jwt-secret',
}

export interface StackOptions {
  env?: Record<string, string>
  connectWaitMs?: number
  accountsMax?: number
  now?: () => number
  /** Turns of the event loop that a page of missed messages takes: a disk's time. */
  turnsPerPage?: () => number
  tls?: { key: string; cert: string }
}

export interface Sending extends Partial<Omit<Call, 'sender' | 'recipients'>> {
  text?: string
}

export class Stack {
  readonly engines: Engines
  readonly terminals: Terminals
  readonly pipeline: Pipeline
  readonly views: Views
  readonly live: NativeLive
  readonly server: Server
  readonly settings: Settings
  /** Why terminals were closed by the server. */
  readonly closed: ClosingReason[]
  readonly #peers: Peer[] = []
  readonly #sockets = new Set<Socket>()

  constructor(parts: Pick<Stack, (typeof partNames)[number]>) {
    this.engines = parts.engines
    this.terminals = parts.terminals
    this.pipeline = parts.pipeline
    this.views = parts.views
    this.live = parts.live
    this.server = parts.server
    this.settings = parts.settings
    this.closed = parts.closed
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get url(): string {
    const scheme = this.server instanceof TlsServer ? 'https' : 'http'
    return `${scheme}://127.0.0.1:${this.port}`
  }

  /** Accounts by these ids; returns their numbers. */
  async accounts(...ids: string[]): Promise<number[]> {
    const { numbers } = await this.pipeline.importAccounts(ids.map((id) => ({ id })))
    return [...numbers]
  }

  number(id: string): number {
    return this.engines.directory.number(id)
  }

  /** A message from one account to others, by their ids. The text is its content, too. */
  async send(from: string, to: readonly string[], sending: Sending = {}): Promise<Accepted> {
    return this.sendTo(
      from,
      to.map((id) => this.number(id)),
      sending,
    )
  }

  /** The same to peers, which may be groups. */
  async sendTo(from: string, to: readonly number[], sending: Sending = {}): Promise<Accepted> {
    const { text = 'hello', ...more } = sending
    return this.pipeline.accept({
      sender: this.number(from),
      recipients: Int32Array.from(to),
      failures: [],
      content: { format: 'native', json: JSON.stringify({ text }), text },
      traits: Trait.echoed,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: 0,
      push: null,
      ...more,
    })
  }

  userSig(account: string, nowSeconds = Math.floor(Date.now() / 1000)): string {
    const { sdkAppId, secretKey: key } = secrets
    return makeUserSig({ account, sdkAppId, key, nowSeconds, expireSeconds: 86_400 })
  }

  token(account: string, issuedAtSeconds = Math.floor(Date.now() / 1000)): Promise<string> {
    const expiresAtSeconds = issuedAtSeconds + 3600
    return openTokens(secrets.jwtSecret).make({ account, issuedAtSeconds, expiresAtSeconds })
  }

  /** A connection that has said nothing yet. */
  async peer(): Promise<Peer> {
    const peer = await Peer.open(this.url)
    this.#peers.push(peer)
    return peer
  }

  /** A terminal of the account, connected; what follows `connected` comes in `received`. */
  async terminal(account: string, cursor?: string): Promise<Peer> {
    const peer = await this.peer()
    peer.say({ type: 'connect', account, usersig: this.userSig(account), cursor })
    await peer.next('connected')
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer.destroy()
    await this.live.close()
    await this.pipeline.close()
    await this.engines.close()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

const partNames = [
  'engines',
  'terminals',
  'pipeline',
  'views',
  'live',
  'server',
  'settings',
  'closed',
] as const

export async function openStack(options: StackOptions = {}): Promise<Stack> {
  const settings = loadSettings({ env: { CARILLON_STORE: 'memory', ...options.env } })
  const { now = Date.now, accountsMax = 0, connectWaitMs = 10_000 } = options
  const engines = await openMemoryEngines({ now })
  const closed: ClosingReason[] = []
  const terminals = openTerminals({
    outboxBytes: settings.outboxBytes,
    deliveryWindowMs: settings.deliveryWindowMs,
    onClosed: (reason) => closed.push(reason),
    now,
  })
  const diskReserveBytes = settings.diskReserveMb * 2 ** 20
  const pipeline = await openPipeline({
    engines,
    audience: terminals,
    diskReserveBytes,
    accountsMax,
    batchEntriesMax: settings.batchEntriesMax,
    findConversation: async () => null,
  })
  const views = withSlowPages(openViews(engines, now), options.turnsPerPage)
  const { directory } = engines
  const log = createLog('silent')
  const shared = { settings, secrets, pipeline, views, directory, log, now }
  const live = openNativeLive({ ...shared, terminals, connectWaitMs })
  const http = openNativeHttp(shared)
  const server = options.tls ? createTlsServer(options.tls, http) : createServer(http)
  server.on('upgrade', (request, socket, head) => live.upgrade(request, socket, head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new Stack({ engines, terminals, pipeline, views, live, server, settings, closed })
}

function withSlowPages(views: Views, turnsPerPage: StackOptions['turnsPerPage']): Views {
  if (turnsPerPage === undefined) return views
  const missed: Views['missed'] = async (...page) => {
    await turns(turnsPerPage())
    const answer = await views.missed(...page)
    await turns(turnsPerPage())
    return answer
  }
  return { ...views, missed }
}

/** Lets the event loop turn so many times. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve))
}
