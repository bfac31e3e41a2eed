/**
 * The TIM door: Tencent Cloud IM's REST calls, unchanged.
 *
 *   request line ─▶ convention ─▶ body ─▶ command ─▶ answer
 *
 * A bare node:http handler, because this is the way of every batch. Whatever
 * happens, the answer is HTTP 200 with a code of the table in its body:
 * common clients retry other statuses without reading further.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Platform } from '../../domain/platform.ts'
import type { Directory } from '../../engines/directory.ts'
import { openBucket } from '../../lib/bucket.ts'
import type { Log } from '../../lib/log.ts'
import { type Received, takeBody } from '../../lib/take-body.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Views } from '../../views/views.ts'
import { failed } from './answers.ts'
import { BODY_BYTES_MAX, BODY_TIMEOUT_MS, DISCARDED_BYTES_MAX } from './body.ts'
import { type Code, Refusal } from './codes.ts'
import type { Door, TimSettings } from './command.ts'
import { type Asked, openConvention } from './convention.ts'
import type { TimSecrets } from './credentials.ts'
import { refusalOf } from './faults.ts'

export interface TimOptions {
  settings: TimSettings
  secrets: TimSecrets
  pipeline: Pipeline
  views: Views
  directory: Directory
  log: Log
  /** Hears of every call that was answered; `unknown` stands for a path that is not served. */
  onCall?: (command: string, errorCode: number, ms: number) => void
  /** Has the account a terminal open? */
  isOnline: (account: number) => boolean
  /** What its open terminals run on, as far as they have said. */
  platformsOf: (account: number) => ReadonlySet<Platform>
  /** Unix time, milliseconds. */
  now?: () => number
  /** How long a body may take to come. */
  bodyTimeoutMs?: number
}

export type TimHandler = (request: IncomingMessage, response: ServerResponse) => void

interface Answer {
  code: Code | 0
  text: string
}

export function openTim(options: TimOptions): TimHandler {
  const { settings, secrets, pipeline, views, directory, log, onCall, isOnline, platformsOf } =
    options
  const { now = Date.now, bodyTimeoutMs = BODY_TIMEOUT_MS } = options
  const convention = openConvention({ settings, secrets, directory, now })
  const takeRecipients = openBucket(settings.timRecipientsPerMinute, 60_000, now)
  const door: Door = {
    settings,
    pipeline,
    views,
    directory,
    isOnline,
    platformsOf,
    now,
    takeRecipients,
  }

  return function tim(request, response) {
    void serve(request, response)
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now()
    let asked: Asked | null = null
    let refused: unknown = null
    try {
      asked = convention.find(request.method ?? '', request.url ?? '')
      convention.admit(asked, () => request.socket.remoteAddress ?? '')
    } catch (error) {
      refused = error
    }
    const body = await takeBody(request, {
      bytesMax: refused === null ? BODY_BYTES_MAX : 0,
      discardedBytesMax: DISCARDED_BYTES_MAX,
      timeoutMs: bodyTimeoutMs,
    })
    if (body.state === 'gone') return
    const answer = await answerOf(asked, refused, body)
    send(request, response, answer.text)
    onCall?.(asked?.served.name ?? 'unknown', answer.code, performance.now() - startedAt)
  }

  async function answerOf(asked: Asked | null, refused: unknown, body: Received): Promise<Answer> {
    try {
      if (asked === null || refused !== null) throw refused
      if (body.state === 'late') throw new Refusal(60008, LATE)
      if (body.state === 'tooLarge') throw new Refusal(93000, TOO_LARGE)
      const { command } = asked.served
      const text = await command.handle(body.bytes, { caller: asked.line.identifier, door })
      return { code: 0, text }
    } catch (error) {
      const { code, info, isUnexpected } = refusalOf(error, asked?.served.command.service ?? null)
      // Never the body: it is private, and there may be a lot of it.
      const command = asked?.served.name
      if (isUnexpected) log.error({ err: error, command }, 'a TIM call failed unexpectedly')
      return { code, text: failed(code, info) }
    }
  }
}

const LATE = 'body: expected all of it within 3 s of the request line'
const TOO_LARGE = `body: expected at most ${BODY_BYTES_MAX} bytes, but more came`

/** The headers of the documented sample. A connection whose request is not read to its end is closed. */
function send(request: IncomingMessage, response: ServerResponse, text: string): void {
  const headers: (string | number)[] = [
    'Content-Type',
    'application/json',
    'Content-Length',
    Buffer.byteLength(text),
    'Access-Control-Allow-Origin',
    '*',
    'Access-Control-Allow-Headers',
    'X-Requested-With',
    'Access-Control-Allow-Methods',
    'POST',
  ]
  if (!request.complete) headers.push('Connection', 'close')
  response.writeHead(200, headers as string[])
  response.end(text)
}
