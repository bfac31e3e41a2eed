/**
 * The real server as a process of its own, with a folder and keys of its own,
 * on a free port of loopback.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { makeUserSig } from '../../src/access/usersig.ts'

export const root = resolve(import.meta.dirname, '../../..')
const cli = join(root, 'server/src/cli/carillon.ts')

export const keys = {
  CARILLON_SDKAPPID: '1400000001',
  CARILLON_SECRET_KEY: 'a key for tests',
  CARILLON_API_KEY: 'test-api-key',
  CARILLON_CLIENT_KEY: 'test-client-key',
  CARILLON_JWT_SECRET: 'test-jwt-secret',
}

export interface ServerSetup {
  /** Where its data is; a new folder, deleted at the end, by default. */
  folder?: string
  env?: Record<string, string>
  /** Flags of the runtime, such as --import. */
  nodeFlags?: readonly string[]
}

export type JsonObject = Record<string, unknown>

export class TestServer {
  readonly folder: string
  readonly url: string
  readonly child: ChildProcess
  /** Resolves with the status, or the signal, with which the process ended. */
  readonly ended: Promise<number | string>
  readonly #lines: string[]
  readonly #ownsFolder: boolean

  constructor(
    child: ChildProcess,
    url: string,
    folder: string,
    lines: string[],
    ownsFolder: boolean,
  ) {
    this.child = child
    this.url = url
    this.folder = folder
    this.#lines = lines
    this.#ownsFolder = ownsFolder
    this.ended = endOf(child)
  }

  /** Everything that it has logged so far. */
  get logged(): string {
    return this.#lines.join('\n')
  }

  /** One call through the TIM door, as the administrator. */
  async tim(command: string, body: unknown): Promise<JsonObject> {
    const response = await fetch(`${this.url}${timPath(command)}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return (await response.json()) as JsonObject
  }

  /** One call of our own door, with the API key. */
  async v1(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: JsonObject }> {
    const response = await fetch(`${this.url}/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${keys.CARILLON_API_KEY}`,
        'content-type': 'application/json',
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as JsonObject }
  }

  async importAccounts(ids: readonly string[]): Promise<void> {
    const lines = ids.map((id) => `${JSON.stringify({ id })}\n`).join('')
    const { status, body } = await this.v1('POST', 'accounts', lines)
    if (status !== 200) throw new Error(`import: ${status} ${JSON.stringify(body)}`)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | string> {
    this.child.kill(signal)
    return this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill()
    if (this.#ownsFolder) rmSync(this.folder, { recursive: true, force: true })
  }
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'carillon-test-'))
}

/** Starts a server and waits until it serves. Rejects with what it said when it ends instead. */
export async function startServer(setup: ServerSetup = {}): Promise<TestServer> {
  const folder = setup.folder ?? newFolder()
  const lines: string[] = []
  const child = spawn(process.execPath, [...(setup.nodeFlags ?? []), cli, 'serve'], {
    cwd: folder,
    env: environment({ ...keys, CARILLON_DATA: folder, CARILLON_PORT: '0', ...setup.env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await new Promise<string>((settle, reject) => {
    const take = (chunk: Buffer) => {
      lines.push(...String(chunk).split('\n').filter(Boolean))
      const found = /"url":"(http[^"]+)"/.exec(String(chunk))?.[1]
      if (found !== undefined) settle(found)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('exit', (code, signal) => {
      reject(new Error(`the server ended with ${code ?? signal}:\n${lines.join('\n')}`))
    })
  })
  return new TestServer(child, url, folder, lines, setup.folder === undefined)
}

export interface Ran {
  status: number | string
  stdout: string
  stderr: string
}

/** Runs one command of the command line to its end. */
export async function runCli(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [cli, ...args], { env: environment({ ...keys, ...env }) })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk) => out.push(chunk))
  child.stderr.on('data', (chunk) => err.push(chunk))
  const status = await endOf(child)
  return { status, stdout: String(Buffer.concat(out)), stderr: String(Buffer.concat(err)) }
}

/** A request line for a command, signed by the administrator. */
export function timPath(command: string, account = 'administrator'): string {
  const sig = userSig(account)
  const query = `sdkappid=${keys.CARILLON_SDKAPPID}&identifier=${encodeURIComponent(account)}&usersig=${sig}`
  return `/v4/${command}?${query}&random=1&contenttype=json`
}

export function userSig(account: string): string {
  return makeUserSig({
    account,
    sdkAppId: Number(keys.CARILLON_SDKAPPID),
    key: keys.CARILLON_SECRET_KEY,
    nowSeconds: Math.floor(Date.now() / 1000),
    expireSeconds: 86_400,
  })
}

/** Only what the test says: settings of the surroundings stay outside. */
function environment(env: Record<string, string>): Record<string, string | undefined> {
  const outside = Object.entries(process.env).filter(([name]) => !name.startsWith('CARILLON_'))
  return { ...Object.fromEntries(outside), ...env }
}

function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode)
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
}
