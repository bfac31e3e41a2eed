/**
 * The IMKIT door over memory engines, behind a real HTTP server on a free port
 * of loopback.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import { openImkit } from '../../src/api/imkit/imkit.ts'
import { Logins } from '../../src/api/imkit/live/logins.ts'
import type { Door } from '../../src/api/imkit/route.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import { createLog } from '../../src/lib/log.ts'
import type { Audience, Happening } from '../../src/pipeline/audience.ts'
import { openPipeline, type Pipeline } from '../../src/pipeline/pipeline.ts'
import { loadSettings } from '../../src/settings.ts'
import { openConversationIds } from '../../src/views/conversation-ids.ts'
import { openViews } from '../../src/views/views.ts'

export const secrets = {
  sdkAppId: 1_400_000_001,
  secretKey: 'a key for tests',
  apiKey: 'test-api-key',
  clientKey: 'test-client-key',
  jwtSecret: 'test-jwt-secret',
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into at will
export type Json = any

export interface Answer {
  status: number
  /** The whole body. */
  body: Json
  /** What stands in its envelope. */
  result: Json
  code: string | undefined
  headers: Headers
}

export interface DoorSetup {
  env?: Record<string, string>
  accounts?: readonly string[]
  now?: () => number
  /** Wraps the pipeline, to cause faults. */
  pipeline?: (pipeline: Pipeline) => Pipeline
}

/** What terminals were told, in order. */
export type Heard =
  | { what: 'copy' | 'echo'; account: number }
  | { what: 'closed'; account: number; token: string | undefined }
  | { what: 'told'; accounts: number[]; happening: Happening }

export class TestDoor {
  readonly door: Door
  readonly engines: Engines
  readonly heard: Heard[]
  readonly logged: string[]
  readonly #server: Server
  readonly #tokens = new Map<string, string>()

  constructor(parts: Pick<TestDoor, 'door' | 'engines' | 'heard' | 'logged'>, server: Server) {
    this.door = parts.door
    this.engines = parts.engines
    this.heard = parts.heard
    this.logged = parts.logged
    this.#server = server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  number(id: string): number {
    return this.engines.directory.number(id)
  }

  /** One call as the platform. */
  platform(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.call(method, path, { 'IM-API-KEY': secrets.apiKey }, body)
  }

  /** One call as a client, which gets a token with its first one. */
  async as(id: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const token = this.#tokens.get(id) ?? (await this.token(id))
    this.#tokens.set(id, token)
    return this.call(method, path, withToken(token), body)
  }

  /** A new token of a client, which is made known. */
  async token(id: string): Promise<string> {
    const made = { _id: id, issueAccessToken: true }
    const { result } = await this.platform('POST', '/admin/clients', made)
    return result.token
  }

  /** One call with these headers. A string or bytes are sent as they are. */
  async call(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<Answer> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    })
    const text = await response.text()
    const json: Json = text === '' ? undefined : JSON.parse(text)
    const { status } = response
    const code = json?.error?.code
    return { status, body: json, result: json?.result, code, headers: response.headers }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.door.pipeline.close()
    await this.engines.close()
  }
}

export function withToken(token: string): Record<string, string> {
  return { 'IM-CLIENT-KEY': secrets.clientKey, 'IM-Authorization': token }
}

export async function openDoor(setup: DoorSetup = {}): Promise<TestDoor> {
  const settings = loadSettings({ env: { CARILLON_STORE: 'memory', ...setup.env } })
  const { now = Date.now } = setup
  const engines = await openMemoryEngines({ now })
  const heard: Heard[] = []
  const audience = listeningAudience(heard)
  const conversationIds = openConversationIds(engines, directRoomId)
  const opened = await openPipeline({
    engines,
    audience,
    diskReserveBytes: 0,
    accountsMax: settings.accountsMax,
    batchEntriesMax: settings.batchEntriesMax,
    findConversation: conversationIds.find,
    now,
  })
  await opened.importAccounts((setup.accounts ?? []).map((id) => ({ id })))
  const logged: string[] = []
  const door: Door = {
    settings,
    secrets,
    pipeline: setup.pipeline?.(opened) ?? opened,
    views: openViews(engines, now),
    directory: engines.directory,
    index: engines.index,
    audience,
    conversationIds,
    logins: new Logins(),
    log: createLog('warn', { write: (line: string) => void logged.push(line) }),
    now,
  }
  const imkit = openImkit(door)
  const server = createServer(imkit.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new TestDoor({ door, engines, heard, logged }, server)
}

/** Everybody has a terminal open, and what it hears is written down. */
function listeningAudience(heard: Heard[]): Audience {
  return {
    isOpen: () => true,
    begin: ({ record }) => ({
      copy: (account) => void heard.push({ what: 'copy', account }),
      echo: () => void heard.push({ what: 'echo', account: record.sender }),
    }),
    tell: (accounts, happening) =>
      void heard.push({ what: 'told', accounts: [...accounts], happening }),
    close: (account, _reason, token) => void heard.push({ what: 'closed', account, token }),
    renew: () => {},
    flush: () => {},
  }
}
