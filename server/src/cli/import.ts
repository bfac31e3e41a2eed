/**
 * carillon import accounts FILE: sends a file of accounts to a running server,
 * however long it is. Sending it again changes nothing, so that a run that was
 * broken off is simply repeated.
 */
import { createReadStream, type ReadStream, statSync } from 'node:fs'
import { Command } from 'commander'
import type { ImportAnswer } from '../api/native/http/import-accounts.ts'
import { ExitError, exitCodes } from '../lib/exit-codes.ts'
import { knownSecrets } from '../secrets.ts'
import { loadSettings, type Settings } from '../settings.ts'
import { type Line, linesOf } from './import-lines.ts'

interface Options {
  url?: string
  apiKey?: string
  settingsFile?: string
  data?: string
}

const accounts = new Command('accounts')
  .description('make accounts known to a running server')
  .argument('<file>', 'one JSON object a line: {"id", "nick"?, "avatarUrl"?}, or CSV; - is stdin')
  .option('--url <url>', 'where the server listens (default: by the settings)')
  .option('--api-key <key>', 'API key (default: CARILLON_API_KEY, or that of the data folder)')
  .option('--settings-file <path>', 'settings file of the server')
  .option('--data <path>', 'data folder of the server, which keeps the generated keys')
  .action(importFile)
  .exitOverride()

export const importCommand = new Command('import').description('bring data in').addCommand(accounts)

/** Lines of one call, and calls under way at once. */
const LINES_PER_CALL = 10_000
const CALLS_UNDER_WAY_MAX = 2

/** A server that starts, stops or is busy is asked again after these pauses. */
const PAUSES_MS = [100, 250, 500, 1000, 2000, 4000]

const FAILURES_SHOWN_MAX = 100

async function importFile(file: string, options: Options): Promise<void> {
  const settings = loadSettings({ env: process.env, args: settingsArgs(options) })
  const target = { url: urlOf(options, settings), apiKey: apiKeyOf(options, settings) }
  const progress = new Progress(file)
  const underWay = new Set<Promise<void>>()
  let lines: Line[] = []

  for await (const line of linesOf(progress.input)) {
    lines.push(line)
    if (lines.length < LINES_PER_CALL) continue
    await send()
  }
  if (lines.length > 0) await send()
  await Promise.all(underWay)
  progress.end()
  // Status 1: all that could be done is done, and something could not.
  if (progress.failures > 0) process.exitCode = exitCodes.found.status

  async function send(): Promise<void> {
    const slice = lines
    lines = []
    const sent = call(target, slice)
      .then((answer) => progress.add(answer, slice))
      .finally(() => underWay.delete(sent))
    underWay.add(sent)
    // A refusal is met here or when everything is waited for; it must not be lost between.
    sent.catch(() => {})
    if (underWay.size >= CALLS_UNDER_WAY_MAX) await Promise.race(underWay)
  }
}

interface Target {
  url: string
  apiKey: string
}

async function call(target: Target, lines: readonly Line[]): Promise<ImportAnswer> {
  const body = lines.map(({ json }) => json).join('\n')
  for (const pauseMs of [...PAUSES_MS, null]) {
    const answer = await post(target, body).catch((error: Error) => error)
    if (answer instanceof ExitError) throw answer
    if (!(answer instanceof Error)) return answer
    if (pauseMs === null) throw new ExitError('unavailable', answer.message, answer)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  throw new Error('there is a last pause')
}

/** Throws ExitError for what trying again would not change. */
async function post({ url, apiKey }: Target, body: string): Promise<ImportAnswer> {
  const response = await fetch(new URL('/v1/accounts', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/x-ndjson' },
    body,
  }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause.message : error.message
    throw new Error(`${url} does not answer: ${cause}`)
  })
  const text = await response.text()
  if (response.status === 200) return JSON.parse(text) as ImportAnswer
  const message = `${url} answered ${response.status}: ${text.slice(0, 500)}`
  if (response.status === 401) {
    throw new ExitError('configuration', 'the server does not take this API key')
  }
  if (response.status === 503 || response.status === 429) throw new Error(message)
  throw new ExitError('unavailable', message)
}

/** What has been done so far, shown on standard error while it lasts. */
class Progress {
  readonly input: NodeJS.ReadableStream
  failures = 0
  #created = 0
  #known = 0
  #shown = 0
  #shownAt = Number.NEGATIVE_INFINITY
  readonly #start = performance.now()
  readonly #file: ReadStream | null
  readonly #bytes: number

  constructor(path: string) {
    this.#file = path === '-' ? null : openFile(path)
    this.#bytes = path === '-' ? 0 : statSync(path).size
    this.input = this.#file ?? process.stdin
  }

  add(answer: ImportAnswer, lines: readonly Line[]): void {
    this.#created += answer.created
    this.#known += answer.known
    this.failures += answer.failures
    for (const { line, id, message } of answer.failed) {
      this.#shown += 1
      if (this.#shown > FAILURES_SHOWN_MAX) break
      const name = id === null ? '' : `${JSON.stringify(id)}: `
      this.#write(`line ${lines[line - 1]?.number}: ${name}${message}\n`)
    }
    this.#show()
  }

  end(): void {
    const unshown = this.failures - Math.min(this.#shown, FAILURES_SHOWN_MAX)
    if (unshown > 0) this.#write(`… and ${unshown} failures more\n`)
    this.#write('')
    const done = `${this.#created} new, ${this.#known} known, ${this.failures} failed`
    process.stdout.write(`accounts: ${done}; ${this.#pace()}\n`)
  }

  #show(): void {
    const now = performance.now()
    const { isTTY } = process.stderr
    if (now - this.#shownAt < (isTTY ? 200 : 10_000)) return
    this.#shownAt = now
    const percent =
      this.#bytes === 0 ? '' : `, ${Math.floor((100 * this.#file!.bytesRead) / this.#bytes)} %`
    const done = this.#created + this.#known + this.failures
    this.#write(`${done} accounts${percent}; ${this.#pace()}${isTTY ? '' : '\n'}`)
  }

  #pace(): string {
    const seconds = (performance.now() - this.#start) / 1000
    const done = this.#created + this.#known + this.failures
    return `${seconds.toFixed(1)} s, ${Math.round(done / seconds)} a second`
  }

  /** On a terminal the line of progress is written over. */
  #write(text: string): void {
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : text)
  }
}

function openFile(path: string): ReadStream {
  try {
    if (statSync(path).isFile()) return createReadStream(path)
  } catch (error) {
    throw new ExitError('usage', `${path} cannot be read: ${(error as Error).message}`, error)
  }
  throw new ExitError('usage', `${path} is not a file`)
}

function urlOf({ url }: Options, { host, port, tlsCert }: Settings): string {
  if (url === undefined) return `${tlsCert === null ? 'http' : 'https'}://${inUrl(host)}:${port}`
  if (URL.canParse(url) && /^https?:/.test(url)) return url
  throw new ExitError('usage', `--url: expected http://… or https://…, but ${url} came`)
}

/** An address to listen on as one to connect to. */
function inUrl(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function apiKeyOf({ apiKey }: Options, settings: Settings): string {
  const known = apiKey ?? knownSecrets(settings).apiKey
  if (known !== undefined) return known
  throw new ExitError(
    'configuration',
    `there are no keys in ${settings.data}: name the server's folder with --data, or give --api-key`,
  )
}

function settingsArgs({ settingsFile, data }: Options): string[] {
  const args: string[] = []
  if (settingsFile !== undefined) args.push(`--settings-file=${settingsFile}`)
  if (data !== undefined) args.push(`--data=${data}`)
  return args
}
