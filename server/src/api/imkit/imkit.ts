/**
 * The IMKIT door: the calls of the IMKIT chat server, unchanged.
 *
 *   path ─▶ route ─▶ caller ─▶ body ─▶ route's handle ─▶ envelope
 *
 * A failure has an HTTP status of 400 or more and a body with a number `RC`: common clients wait
 * for ever otherwise.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Received, takeBody } from '../../lib/take-body.ts'
import { Refusal, refused, succeeded } from './answers.ts'
import { parseBody } from './body.ts'
import { openCors } from './cors.ts'
import { openCredentials } from './credentials.ts'
import { refusalOf } from './errors.ts'
import type { Call, Caller, Door, Route } from './route.ts'
import { type FoundRoute, openRouter } from './router.ts'
import { routes } from './routes.ts'
import { send } from './send.ts'

export interface ImkitOptions extends Door {
  /** Hears of every call that was answered; `unknown` stands for a path that is not served. */
  onCall?: (route: string, status: number, ms: number) => void
  /** Hears which client asks for something itself. */
  onAsked?: (account: number) => void
}

export interface Imkit {
  handle(request: IncomingMessage, response: ServerResponse): void
}

/** More than the largest body by default: who sends too much still reads the answer. */
const DISCARDED_BYTES_MAX = 16_777_216
const BODY_TIMEOUT_MS = 60_000

/** A call before its body has come. */
type Asked = LetIn | { state: 'refused'; route: Route | null; error: unknown }

interface LetIn extends FoundRoute {
  state: 'let in'
  caller: Caller
  query: URLSearchParams
}

interface Outcome {
  status: number
  json: string
  headers: Record<string, string>
}

export function openImkit(options: ImkitOptions): Imkit {
  const { settings, log, onCall, onAsked } = options
  const router = openRouter(routes)
  const cors = openCors(settings.corsOrigins)
  const credentials = openCredentials(options)

  return {
    handle: (request, response) => void serve(request, response),
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, cors.preflightOf(request)).end()
      return
    }
    const startedAt = performance.now()
    const asked = await ask(request)
    const body = await takeBody(request, {
      bytesMax: asked.state === 'refused' ? 0 : settings.bodyBytesMax,
      discardedBytesMax: DISCARDED_BYTES_MAX,
      timeoutMs: BODY_TIMEOUT_MS,
    })
    if (body.state === 'gone') return
    const { status, json, headers } = await answerOf(asked, request, body)
    await send(request, response, {
      status,
      json,
      headers: { ...cors.headersOf(request), ...headers },
    })
    onCall?.(nameOf(asked.route), status, performance.now() - startedAt)
  }

  async function ask(request: IncomingMessage): Promise<Asked> {
    const { method = '', url = '/' } = request
    const [path = '', ...query] = url.split('?')
    let found: FoundRoute | null = null
    try {
      found = router.find(method === 'HEAD' ? 'GET' : method, path)
      const caller = await credentials.callerOf(found.route.access, request)
      return { state: 'let in', ...found, caller, query: new URLSearchParams(query.join('?')) }
    } catch (error) {
      return { state: 'refused', route: found?.route ?? null, error }
    }
  }

  async function answerOf(
    asked: Asked,
    request: IncomingMessage,
    body: Received,
  ): Promise<Outcome> {
    try {
      if (asked.state === 'refused') throw asked.error
      return await run(asked, request, body)
    } catch (error) {
      return failed(error, asked.route)
    }
  }

  async function run(asked: LetIn, { headers }: IncomingMessage, body: Received): Promise<Outcome> {
    if (body.state === 'late') throw new Refusal('INVALID_BODY', LATE)
    if (body.state === 'tooLarge') {
      const message = `body: expected at most ${settings.bodyBytesMax} bytes, but more came`
      throw new Refusal('BODY_TOO_LARGE', message)
    }
    const { route, params, caller, query } = asked
    if (caller.kind === 'client') onAsked?.(caller.account)
    const { bytes } = body
    const fields = route.parse?.(bytes, options) ?? parseBody(bytes)
    const call: Call = { caller, headers, params, query, body: fields, bytes }
    // Every answer names rooms: the first one waits for the table of their ids.
    await options.conversationIds.ready()
    // What a route lets in is what its handle takes: see Access, and credentials.ts.
    const result = await (route.handle as Handle)(call, options)
    const json = route.isBare ? JSON.stringify(result) : succeeded(result)
    return { status: 200, json, headers: {} }
  }

  function failed(error: unknown, route: Route | null): Outcome {
    const { refusal, isUnexpected } = refusalOf(error)
    // Never the body: it is private, and there may be a lot of it.
    if (isUnexpected)
      log.error({ err: error, route: nameOf(route) }, 'an IMKIT call failed unexpectedly')
    const { http, retryAfter, allowed } = refusal
    const headers: Record<string, string> = {}
    if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter)
    if (allowed !== undefined) headers.allow = allowed
    return { status: http, json: refused(refusal), headers }
  }
}

type Handle = (call: Call, door: Door) => Promise<unknown>

const LATE = `body: expected all of it within ${BODY_TIMEOUT_MS / 1000} s`

function nameOf(route: Route | null): string {
  return route === null ? 'unknown' : `${route.method} ${route.path}`
}
