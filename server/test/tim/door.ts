/**
 * The TIM door over memory engines, behind a real HTTP server on a free port
 * of loopback, with a UserSig for whoever calls.
 */
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { makeUserSig } from '../../src/access/usersig.ts'
import type { TimSettings } from '../../src/api/tim/command.ts'
import { openTim, type TimOptions } from '../../src/api/tim/tim.ts'
import type { Platform } from '../../src/domain/platform.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import { createLog } from '../../src/lib/log.ts'
import type { Audience, Happening } from '../../src/pipeline/audience.ts'
import { openPipeline, type Pipeline } from '../../src/pipeline/pipeline.ts'
import { loadSettings } from '../../src/settings.ts'
import { openViews, type Views } from '../../src/views/views.ts'

export const SDK_APP_ID = 1400000001
export const SECRET_KEY = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e'
export const ADMIN = 'administrator'

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into at will
export type Answer = Record<string, any>

export interface DoorSetup {
  settings?: Partial<TimSettings>
  accounts?: readonly string[]
  online?: readonly string[]
  /** What the terminals of those who are online run on. */
  platforms?: Readonly<Record<string, readonly Platform[]>>
  bodyTimeoutMs?: number
  secretKey?: string
  accountsMax?: number
  /** Wraps the pipeline, to cause faults. */
  pipeline?: (pipeline: Pipeline) => Pipeline
}

/** What the terminals were handed. */
export interface Delivered {
  account: number
  /** A copy for its receiver, or the echo of a batch for its sender. */
  what: 'copy' | 'echo' | 'closed'
}

/** What happened beside messages, and who could hear of it. */
export interface Told {
  accounts: number[]
  happening: Happening
}

export class TestDoor {
  readonly engines: Engines
  readonly pipeline: Pipeline
  readonly views: Views
  readonly delivered: Delivered[]
  readonly told: Told[]
  readonly calls: { command: string; code: number }[]
  readonly logged: string[]
  readonly #server: Server

  constructor(
    parts: Pick<
      TestDoor,
      'engines' | 'pipeline' | 'views' | 'delivered' | 'told' | 'calls' | 'logged'
    >,
    server: Server,
  ) {
    this.engines = parts.engines
    this.pipeline = parts.pipeline
    this.views = parts.views
    this.delivered = parts.delivered
    this.told = parts.told
    this.calls = parts.calls
    this.logged = parts.logged
    this.#server = server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  number(id: string): number {
    return this.engines.directory.number(id)
  }

  /** One call as the administrator. A string or bytes are sent as they are. */
  async call(command: string, body: unknown): Promise<Answer> {
    return this.ask(pathOf(command), body)
  }

  async ask(path: string, body: unknown, method = 'POST'): Promise<Answer> {
    const response = await this.fetch(path, body, method)
    return (await response.json()) as Answer
  }

  fetch(path: string, body: unknown, method = 'POST'): Promise<Response> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    const hasBody = method === 'POST' || method === 'PUT'
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      ...(hasBody ? { body: isRaw ? (body as string) : JSON.stringify(body) } : {}),
    })
  }

  /** A plain connection, for what no HTTP client would send. */
  connect(): Socket {
    return connect(this.port, '127.0.0.1')
  }

  async import(...ids: string[]): Promise<void> {
    await this.pipeline.importAccounts(ids.map((id) => ({ id })))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.pipeline.close()
    await this.engines.close()
  }
}

export async function openDoor(setup: DoorSetup = {}): Promise<TestDoor> {
  const settings = { ...loadSettings({ env: {} }), timCallsPerSecond: 0, ...setup.settings }
  const engines = await openMemoryEngines()
  const delivered: Delivered[] = []
  const online = new Set<number>()
  const told: Told[] = []
  const opened = await openPipeline({
    engines,
    audience: fakeAudience(online, delivered, told),
    diskReserveBytes: 0,
    accountsMax: setup.accountsMax ?? 0,
    batchEntriesMax: 5000,
    findConversation: async () => null,
  })
  const pipeline = setup.pipeline?.(opened) ?? opened
  const views = openViews(engines)
  await opened.importAccounts([...settings.admins, ...(setup.accounts ?? [])].map((id) => ({ id })))
  for (const id of setup.online ?? []) online.add(engines.directory.number(id))

  const logged: string[] = []
  const calls: { command: string; code: number }[] = []
  const timOptions: TimOptions = {
    settings,
    secrets: { sdkAppId: SDK_APP_ID, secretKey: setup.secretKey ?? SECRET_KEY },
    pipeline,
    views,
    directory: engines.directory,
    log: createLog('warn', { write: (line: string) => void logged.push(line) }),
    onCall: (command, code) => void calls.push({ command, code }),
    isOnline: (account) => online.has(account),
    platformsOf: (account) => new Set(setup.platforms?.[engines.directory.id(account)]),
    ...(setup.bodyTimeoutMs === undefined ? {} : { bodyTimeoutMs: setup.bodyTimeoutMs }),
  }
  const server = createServer(openTim(timOptions))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new TestDoor({ engines, pipeline, views, delivered, told, calls, logged }, server)
}

function fakeAudience(online: ReadonlySet<number>, delivered: Delivered[], told: Told[]): Audience {
  return {
    isOpen: (account) => online.has(account),
    begin: ({ record }) => ({
      copy: (account) => void delivered.push({ account, what: 'copy' }),
      echo: () => void delivered.push({ account: record.sender, what: 'echo' }),
    }),
    tell: (accounts, happening) => void told.push({ accounts: [...accounts], happening }),
    close: (account) => void delivered.push({ account, what: 'closed' }),
    renew: () => {},
    flush: () => {},
  }
}

export interface Caller {
  identifier?: string
  sdkAppId?: number
  key?: string
  issuedAt?: number
  expire?: number
}

export function userSig(caller: Caller = {}): string {
  return makeUserSig({
    account: caller.identifier ?? ADMIN,
    sdkAppId: caller.sdkAppId ?? SDK_APP_ID,
    key: caller.key ?? SECRET_KEY,
    nowSeconds: caller.issuedAt ?? Math.floor(Date.now() / 1000),
    expireSeconds: caller.expire ?? 86_400,
  })
}

/** The path and query of a call; `command` is `openim/batchsendmsg`. */
export function pathOf(command: string, query: Record<string, string> = {}): string {
  const all = {
    sdkappid: String(SDK_APP_ID),
    identifier: ADMIN,
    usersig: query.usersig ?? userSig(),
    random: '99999999',
    contenttype: 'json',
    ...query,
  }
  const parts = Object.entries(all).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `/v4/${command}?${parts.join('&')}`
}

export const text = (Text: string) => ({ MsgType: 'TIMTextElem', MsgContent: { Text } })

/** A call of batchsendmsg in which nothing is wrong, with changes; undefined takes a field away. */
export function batch(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    To_Account: ['bonnie', 'rong'],
    MsgRandom: 19901224,
    MsgBody: [text('hi, beauty')],
    ...changes,
  }
}
