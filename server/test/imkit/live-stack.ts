/**
 * The IMKIT door, calls and sockets, over memory engines and the real gateway,
 * behind an HTTP server on a free port of loopback.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import { openImkit } from '../../src/api/imkit/imkit.ts'
import { type ImkitLive, openImkitLive } from '../../src/api/imkit/live/live.ts'
import { Logins } from '../../src/api/imkit/live/logins.ts'
import type { Door } from '../../src/api/imkit/route.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import type { ClosingReason } from '../../src/gateway/terminal.ts'
import { openTerminals, type Terminals } from '../../src/gateway/terminals.ts'
import { createLog } from '../../src/lib/log.ts'
import { openPipeline } from '../../src/pipeline/pipeline.ts'
import { loadSettings } from '../../src/settings.ts'
import { openConversationIds } from '../../src/views/conversation-ids.ts'
import { openViews } from '../../src/views/views.ts'
import { type Json, secrets, withToken } from './door.ts'
import { Screen, type ScreenOptions } from './screen.ts'

type Parts = Pick<
  LiveStack,
  'door' | 'engines' | 'terminals' | 'live' | 'server' | 'closed' | 'logged'
>

export class LiveStack {
  readonly door: Door
  readonly engines: Engines
  readonly terminals: Terminals
  readonly live: ImkitLive
  readonly server: Server
  /** Why terminals were closed by the server. */
  readonly closed: ClosingReason[]
  readonly logged: string[]
  readonly #screens: Screen[] = []
  readonly #sockets = new Set<NetSocket>()

  constructor(parts: Parts) {
    this.door = parts.door
    this.engines = parts.engines
    this.terminals = parts.terminals
    this.live = parts.live
    this.server = parts.server
    this.closed = parts.closed
    this.logged = parts.logged
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  number(id: string): number {
    return this.engines.directory.number(id)
  }

  /** One call as the platform, which succeeds. */
  platform(method: string, path: string, body?: unknown): Promise<Json> {
    return this.call(method, path, { 'IM-API-KEY': secrets.apiKey }, body)
  }

  /** One call as a client, which succeeds. */
  async as(id: string, method: string, path: string, body?: unknown): Promise<Json> {
    return this.call(method, path, withToken(await this.token(id)), body)
  }

  /** A new token of a client, which is made known. */
  async token(id: string): Promise<string> {
    const made = { _id: id, issueAccessToken: true }
    return (await this.platform('POST', '/admin/clients', made)).token
  }

  /** A socket that has said nothing yet. */
  async socket(options?: ScreenOptions): Promise<Screen> {
    const screen = await Screen.open(this.url, options)
    this.#screens.push(screen)
    return screen
  }

  /** A client's socket that hears what the client hears. */
  async screen(id: string, options: ScreenOptions = {}): Promise<Screen> {
    const screen = await this.socket(options)
    if (options.encoding === 'base64') await screen.ask('conf', { encoding: 'base64' })
    const token = await this.token(id)
    const headers = { CLIENT_KEY: secrets.clientKey, Authorization: token }
    const answer = screen.decoded(await screen.ask('auth2', token, headers))
    if (answer.result?.client !== id) throw new Error(`auth2: ${JSON.stringify(answer)}`)
    return screen
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const screen of this.#screens) screen.end()
    this.live.close()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
    await this.door.pipeline.close()
    await this.engines.close()
  }

  async call(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Json> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: Json = await response.json()
    if (answer.RC !== 0) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    return answer.result
  }
}

export async function openLiveStack(
  env: Record<string, string> = {},
  accounts: readonly string[] = [],
  now: () => number = Date.now,
): Promise<LiveStack> {
  const settings = loadSettings({ env: { CARILLON_STORE: 'memory', ...env } })
  const engines = await openMemoryEngines({ now })
  const closed: ClosingReason[] = []
  const logged: string[] = []
  const terminals = openTerminals({
    outboxBytes: settings.outboxBytes,
    deliveryWindowMs: settings.deliveryWindowMs,
    onClosed: (reason) => closed.push(reason),
    now,
  })
  const conversationIds = openConversationIds(engines, directRoomId)
  const pipeline = await openPipeline({
    engines,
    audience: terminals,
    diskReserveBytes: 0,
    accountsMax: settings.accountsMax,
    batchEntriesMax: settings.batchEntriesMax,
    findConversation: conversationIds.find,
  })
  await pipeline.importAccounts(accounts.map((id) => ({ id, nick: id.toUpperCase() })))
  const door: Door = {
    settings,
    secrets,
    pipeline,
    views: openViews(engines),
    directory: engines.directory,
    index: engines.index,
    audience: terminals,
    conversationIds,
    logins: new Logins(),
    log: createLog('warn', { write: (line: string) => void logged.push(line) }),
    now,
  }
  const live = openImkitLive({ ...door, terminals })
  const imkit = openImkit({ ...door, onAsked: (account) => terminals.asked(account) })
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/socket.io/')) live.handle(request, response)
    else imkit.handle(request, response)
  })
  server.on('upgrade', (request, socket, head) => live.upgrade(request, socket, head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new LiveStack({ door, engines, terminals, live, server, closed, logged })
}
