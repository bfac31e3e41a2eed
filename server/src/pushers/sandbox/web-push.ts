/**
 * A push service as browsers have one (RFC 8030), and the browsers behind it:
 * their keys are made here, so that what is pushed to them can be read.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { takeBody } from '../../lib/take-body.ts'
import type { Double, DoubleOptions, DoublePush } from './double.ts'
import { faultOfCredentials } from './web-push-credentials.ts'
import { type Browser, decrypt, newBrowser } from './web-push-decryption.ts'

export interface WebPushDouble extends Double {
  /** A new browser subscribes. It behaves as it is told, or else takes what comes. */
  subscribe(behaviour?: Behaviour): Subscription
}

export interface WebPushDoubleOptions extends DoubleOptions {
  /** The VAPID key that subscriptions are made with. */
  publicKey: string
}

/** In the form in which a browser shows it. */
export interface Subscription {
  endpoint: string
  keys: { p256dh: string; auth: string }
}

export type Behaviour =
  | { type: 'take' }
  | { type: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** Says nothing until the caller goes. */
  | { type: 'silence' }
  | { type: 'reset' }
  /** Answers, and does not end. */
  | { type: 'flood' }

interface Subscriber {
  browser: Browser
  behaviour: Behaviour
}

const BODY_BYTES_MAX = 4096
const LIMITS = { bytesMax: BODY_BYTES_MAX, discardedBytesMax: 1 << 20, timeoutMs: 10_000 }

export async function startWebPushDouble(options: WebPushDoubleOptions): Promise<WebPushDouble> {
  const { port, tls, publicKey, onPush = () => {} } = options
  const subscribers = new Map<string, Subscriber>()
  const server = createServer(tls, (request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await takeBody(request, LIMITS)
    if (body.state === 'gone') return
    const subscriber = subscribers.get(request.url!)
    const verdict = await judge(request, subscriber, body.state === 'whole' ? body.bytes : null)
    const scripted = verdict.status === 201 ? subscriber!.behaviour : ({ type: 'take' } as const)
    onPush({
      device: request.url!,
      headers: request.headers as Record<string, string>,
      ...verdict,
      ...(scripted.type === 'answer' && { status: scripted.status, reason: scripted.body ?? '' }),
    })
    behave(response, scripted, verdict)
  }

  async function judge(
    request: IncomingMessage,
    subscriber: Subscriber | undefined,
    bytes: Buffer | null,
  ): Promise<Verdict> {
    const { headers, method } = request
    if (subscriber === undefined) return refusal(404, 'UnknownSubscription')
    if (method !== 'POST') return refusal(405, 'MethodNotAllowed')
    const fault = await faultOfCredentials(headers.authorization, { origin, publicKey })
    if (fault !== null) return refusal(fault.status, fault.reason)
    if (!/^\d{1,10}$/.test(String(headers.ttl))) return refusal(400, 'BadTtl')
    if (!/^[\w-]{0,32}$/.test(String(headers.topic ?? ''))) return refusal(400, 'BadTopic')
    if (headers['content-encoding'] !== 'aes128gcm') return refusal(400, 'BadContentEncoding')
    if (bytes === null) return refusal(413, 'PayloadTooLarge')
    // A push service cannot read the payload. The browser drops one that is not for it; this one says so.
    const payload = read(bytes, subscriber.browser)
    return payload === undefined
      ? refusal(400, 'CannotDecrypt')
      : { status: 201, reason: '', payload }
  }

  return {
    origin,
    subscribe(behaviour = { type: 'take' }) {
      const path = `/push/${randomUUID()}`
      const browser = newBrowser()
      subscribers.set(path, { browser, behaviour })
      const p256dh = browser.pair.getPublicKey('base64url')
      return {
        endpoint: origin + path,
        keys: { p256dh, auth: browser.secret.toString('base64url') },
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

type Verdict = Pick<DoublePush, 'status' | 'reason' | 'payload'>

function refusal(status: number, reason: string): Verdict {
  return { status, reason, payload: null }
}

/** Undefined: nothing that this browser can read. */
function read(bytes: Buffer, browser: Browser): unknown {
  try {
    return JSON.parse(String(decrypt(bytes, browser)))
  } catch {
    return undefined
  }
}

function behave(response: ServerResponse, behaviour: Behaviour, { status, reason }: Verdict): void {
  switch (behaviour.type) {
    case 'take': {
      const headers = status === 201 ? { location: `/message/${randomUUID()}` } : {}
      response.writeHead(status, headers).end(reason && JSON.stringify({ reason }))
      return
    }
    case 'answer':
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body)
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'flood':
      flood(response.writeHead(201))
      return
    case 'silence':
  }
}

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, ' ')
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', write)
  write()
}
