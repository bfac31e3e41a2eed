/**
 * Our own door over HTTP: /v1/…; docs/protocols/native.md describes each path.
 *
 *   POST /v1/accounts                        import, as a stream
 *   GET  /v1/accounts/{id}                   a profile
 *   POST /v1/tokens                          a token for an account
 *   GET  /v1/conversations                   an account's conversations
 *   GET  /v1/conversations/{peer}/messages   one conversation
 *   POST /v1/conversations/{peer}/read       marks it read
 *   GET  /v1/groups/{group}/messages         one group
 *   POST /v1/groups/{group}/read             marks it read
 *   GET  /v1/unread                          how much is unread
 *   GET  /v1/batches/{id}                    what became of a batch
 *   GET  /v1/devices                         an account's devices
 *   POST /v1/devices                         registers one
 *   DELETE /v1/devices/{way}/{id}            forgets one
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { errors, Fault } from '../../domain/errors.ts'
import type { Directory } from '../../engines/directory.ts'
import type { Log } from '../../lib/log.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Secrets } from '../../secrets.ts'
import type { Settings } from '../../settings.ts'
import type { Views } from '../../views/views.ts'
import { getAccount } from './http/account.ts'
import { errorJson, faultOf, headersOf, JSON_TYPE } from './http/answers.ts'
import { getBatch } from './http/batches.ts'
import { bodyText } from './http/body-text.ts'
import { openCallers } from './http/callers.ts'
import { getConversations } from './http/conversations.ts'
import { deleteDevice, getDevices, postDevice } from './http/devices.ts'
import { importAccounts, refuse } from './http/import-accounts.ts'
import { getMessages } from './http/messages.ts'
import { postRead } from './http/read.ts'
import type { Call, HttpContext } from './http/route.ts'
import { postToken } from './http/tokens.ts'
import { getUnread } from './http/unread.ts'
import { openIdentify } from './identify.ts'

export interface NativeHttpOptions {
  pipeline: Pipeline
  views: Views
  directory: Directory
  settings: Pick<Settings, 'blockedAccounts' | 'bodyBytesMax'>
  secrets: Pick<Secrets, 'sdkAppId' | 'secretKey' | 'jwtSecret' | 'apiKey'>
  log: Log
  /** Unix time, milliseconds. */
  now?: () => number
}

export function openNativeHttp(options: NativeHttpOptions) {
  const { pipeline, views, directory, settings, secrets, log, now = Date.now } = options
  const identify = openIdentify({ ...options, now })
  const callers = openCallers({ apiKey: secrets.apiKey, directory, identify })
  const context: HttpContext = { pipeline, views, directory, callers, identify, now }

  const app = new Hono<{ Bindings: HttpBindings }>()
  route('/v1/accounts/:id', { GET: getAccount })
  route('/v1/tokens', { POST: postToken })
  route('/v1/conversations', { GET: getConversations })
  route('/v1/conversations/:peer/messages', { GET: getMessages })
  route('/v1/conversations/:peer/read', { POST: postRead })
  route('/v1/groups/:group/messages', { GET: getMessages })
  route('/v1/groups/:group/read', { POST: postRead })
  route('/v1/unread', { GET: getUnread })
  route('/v1/batches/:id', { GET: getBatch })
  route('/v1/devices', { GET: getDevices, POST: postDevice })
  route('/v1/devices/:way/:id', { DELETE: deleteDevice })
  app.all('/v1/accounts', wrongMethod('POST'))
  app.notFound((c) => answerFault(c, new Fault('notFound', `nothing is served at ${c.req.path}`)))
  app.onError((error, c) => answerFault(c, noted(error)))

  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })

  return function handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'POST' && isPath(request.url, '/v1/accounts')) {
      importStream(request, response).catch((error) => refuse(request, response, noted(error)))
    } else {
      void listener(request, response)
    }
  }

  function route(path: string, calls: Readonly<Record<string, Call>>): void {
    for (const [method, answer] of Object.entries(calls)) {
      app.on(method, path, async (c) => {
        const { incoming } = c.env
        const json = await answer(context, {
          headers: incoming.headers,
          parameter: (name) => c.req.param(name) ?? '',
          query: (name) => c.req.query(name),
          text: () => bodyText(incoming),
        })
        return c.body(json, 200, { 'content-type': JSON_TYPE, 'cache-control': 'no-store' })
      })
    }
    app.all(path, wrongMethod(Object.keys(calls).join(', ')))
  }

  async function importStream(request: IncomingMessage, response: ServerResponse): Promise<void> {
    callers.requirePlatform(request.headers)
    await importAccounts(request, response, pipeline, settings.bodyBytesMax)
  }

  /** What nobody expected is in the log; the caller only learns that it happened. */
  function noted(error: unknown): Fault {
    const fault = faultOf(error)
    if (fault.kind === 'internal') log.error({ err: error }, 'a call failed unexpectedly')
    return fault
  }
}

function wrongMethod(allowed: string): (c: Context) => Response {
  return (c) => {
    const message = `${c.req.path} is served with ${allowed}, but ${c.req.method} came`
    c.header('allow', allowed)
    return answerFault(c, new Fault('methodNotAllowed', message))
  }
}

function answerFault(c: Context, fault: Fault): Response {
  const { http } = errors[fault.kind]
  return c.body(JSON.stringify(errorJson(fault)), http, headersOf(fault))
}

function isPath(url: string | undefined, path: string): boolean {
  return url === path || url?.startsWith(`${path}?`) === true
}
