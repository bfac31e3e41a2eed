/**
 * What the doubles of providers with HTTP/2 share: a server over TLS that lets a
 * judge say what becomes of each request, and behaves badly where it is told to.
 */
import {
  constants,
  createSecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Double, DoubleOptions, DoublePush } from './double.ts'

export interface Http2Double extends Double {
  /** How this device is treated, or every one (`*`): one after the other, the last for ever. */
  behave(device: string, ...behaviours: Behaviour[]): void
  /** Connections that have come so far, and that are open now. */
  readonly connections: { readonly all: number; readonly open: number }
}

export type Behaviour =
  | { type: 'take' }
  | { type: 'late'; afterMs: number }
  | { type: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** Says nothing until the caller goes. */
  | { type: 'silence' }
  /** RST_STREAM, with its code. */
  | { type: 'reset'; code: number }
  /** Takes this one, and nothing that comes after it on its connection. */
  | { type: 'goaway'; code: number; data?: string }
  /** Answers, and does not end. */
  | { type: 'flood' }

export interface Http2DoubleOptions extends DoubleOptions {
  streamsMax?: number
}

export interface DoubleRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
}

/** What the provider would say; `push` null: the request was for something else than a push. */
export interface Verdict {
  push: Pick<DoublePush, 'device' | 'payload'> | null
  status: number
  /** Why it was refused; empty: it was taken. */
  reason: string
  headers: Record<string, string>
  body: string
}

const BODY_BYTES_MAX = 65_536

export async function startHttp2Double(
  { port, tls, streamsMax = 1000, onPush = () => {} }: Http2DoubleOptions,
  judge: (request: DoubleRequest) => Promise<Verdict>,
): Promise<Http2Double> {
  const scripts = new Map<string, Behaviour[]>()
  const sessions = new Map<Http2Session, Visit>()
  const sockets = new Set<Socket>()
  let connectionsAll = 0

  const server = createSecureServer({ ...tls, settings: { maxConcurrentStreams: streamsMax } })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('session', (session) => {
    connectionsAll += 1
    sessions.set(session, { newestStreamId: 0, isLeaving: false })
    session.on('error', () => {}).on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {})
    const visit = stream.session && sessions.get(stream.session)
    if (visit === undefined || visit.isLeaving) {
      stream.destroy()
      return
    }
    visit.newestStreamId = stream.id!
    serve(stream, headers, visit).catch(() => stream.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })

  async function serve(
    stream: ServerHttp2Stream,
    received: IncomingHttpHeaders,
    visit: Visit,
  ): Promise<void> {
    const { ':method': method = '', ':path': path = '', ...rest } = received
    const headers = rest as Record<string, string>
    const verdict = await judge({ method, path, headers, body: await bodyOf(stream) })
    if (verdict.push === null) {
      answer(stream, verdict)
      return
    }
    const behaviour = verdict.status === 200 ? next(verdict.push.device) : take
    onPush({
      ...verdict.push,
      headers,
      ...(behaviour.type === 'answer'
        ? { status: behaviour.status, reason: behaviour.body ?? '' }
        : { status: verdict.status, reason: verdict.reason }),
    })
    perform(behaviour, stream, verdict, visit)
  }

  function next(device: string): Behaviour {
    const script = scripts.get(device) ?? scripts.get('*') ?? []
    return (script.length > 1 ? script.shift() : script[0]) ?? take
  }

  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave(device, ...behaviours) {
      scripts.set(device, behaviours)
    },
    get connections() {
      return { all: connectionsAll, open: sessions.size }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** A connection, as the double sees it. */
interface Visit {
  newestStreamId: number
  isLeaving: boolean
}

const take = { type: 'take' } as const satisfies Behaviour

async function bodyOf(stream: ServerHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function perform(
  behaviour: Behaviour,
  stream: ServerHttp2Stream,
  verdict: Verdict,
  visit: Visit,
): void {
  switch (behaviour.type) {
    case 'take':
      answer(stream, verdict)
      return
    case 'late':
      setTimeout(() => answer(stream, verdict), behaviour.afterMs).unref()
      return
    case 'answer':
      answer(stream, { headers: {}, body: '', ...behaviour })
      return
    case 'reset':
      stream.close(behaviour.code)
      return
    case 'goaway':
      visit.isLeaving = true
      answer(stream, verdict)
      leave(stream.session!, visit, behaviour)
      return
    case 'flood':
      flood(stream)
      return
    case 'silence':
  }
}

function answer(
  stream: ServerHttp2Stream,
  { status, headers, body }: Pick<Verdict, 'status' | 'headers' | 'body'>,
): void {
  if (stream.destroyed || stream.closed) return
  stream.respond({ [constants.HTTP2_HEADER_STATUS]: status, ...headers })
  stream.end(body)
}

function leave(
  session: Http2Session,
  { newestStreamId }: Visit,
  { code, data = '' }: Extract<Behaviour, { type: 'goaway' }>,
): void {
  session.goaway(code, newestStreamId, Buffer.from(data))
  session.close()
}

function flood(stream: ServerHttp2Stream): void {
  const chunk = Buffer.alloc(16_384, ' ')
  const write = () => {
    while (!stream.destroyed && stream.write(chunk));
  }
  stream.respond({ [constants.HTTP2_HEADER_STATUS]: 200 })
  stream.on('drain', write)
  write()
}
