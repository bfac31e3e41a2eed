/**
 * One HTTP/2 connection to a provider, from its opening to its end. It is used once.
 *
 *   connecting ─▶ open ─▶ draining ─▶ ended
 *        └─────────┴────────────────────▲
 *
 *   connecting  until the peer's settings say how many streams it allows
 *   open        takes requests while a stream is free; pings tell whether the peer lives
 *   draining    the peer has said GOAWAY: what is under way ends, nothing new begins
 *   ended       every request has settled
 *
 * Every request settles exactly once, whatever the peer does.
 */
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import { errorCode, exchange, type Http2Answer, type Http2Request } from './http2-exchange.ts'

export interface Http2ConnectionOptions {
  origin: string
  /** PEM of the authority that signs the peer's certificate; else those of the system. */
  ca?: string | undefined
  /** Streams at once at most, whatever the peer allows. */
  streamsMax: number
  connectMs: number
  pingEveryMs: number
  pingAnswerMs: number
  /** A stream is free, or the state has changed. */
  onChange(): void
}

type State = 'connecting' | 'open' | 'draining' | 'ended'

/** What nghttp2 may hold for one connection, in MB. */
const SESSION_MEMORY_MB = 16

export class Http2Connection {
  state: State = 'connecting'
  /** Why it drains or has ended. */
  reason = ''
  /** Answers that came; a connection without any was of no use. */
  answers = 0
  /** Resolves when it has ended. */
  readonly ended: Promise<void>

  readonly #options: Http2ConnectionOptions
  readonly #session: ClientHttp2Session
  readonly #connecting: NodeJS.Timeout
  #socket: Socket | undefined
  #pinging: NodeJS.Timeout | undefined
  #streamsAllowed = 0
  #streams = 0
  /** Streams above it were not looked at by a peer that has said GOAWAY. */
  #lastStreamId = Number.POSITIVE_INFINITY

  constructor(options: Http2ConnectionOptions) {
    this.#options = options
    this.#session = connect(options.origin, {
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      settings: { enablePush: false },
      maxSessionMemory: SESSION_MEMORY_MB,
    })
    this.#connecting = setTimeout(() => this.end('ConnectTimeout'), options.connectMs)
    this.#session
      .on('connect', (_session, socket) => {
        this.#socket = socket as Socket
      })
      .on('remoteSettings', ({ maxConcurrentStreams }) => this.#allowed(maxConcurrentStreams))
      .on('goaway', (code, lastStreamId, data) => this.#drain(code, lastStreamId, data))
      .on('error', (error) => this.#explain(errorCode(error)))
    this.ended = new Promise((resolve) => {
      this.#session.on('close', () => {
        this.#finish()
        resolve()
      })
    })
  }

  /** Requests that may be begun now. */
  get streamsFree(): number {
    // Node knows that a session is gone before it says so.
    if (this.state !== 'open' || this.#session.closed || this.#session.destroyed) return 0
    return Math.min(this.#streamsAllowed, this.#options.streamsMax) - this.#streams
  }

  /** Begins a request; the function that it gives takes it back. */
  begin(request: Http2Request, settle: (answer: Http2Answer) => void): () => void {
    this.#streams += 1
    return exchange(this.#session, request, (ending) => {
      this.#streams -= 1
      if (ending.state === 'answered') {
        this.answers += 1
        settle(ending)
      } else {
        const isUntouched = ending.isRefused || (ending.streamId ?? 0) > this.#lastStreamId
        settle({ state: 'lost', reason: this.reason || ending.reason, isUntouched })
      }
      this.#leaveWhenDone()
      this.#options.onChange()
    })
  }

  /** Ends it at once; what is under way is lost. */
  end(reason: string): void {
    this.#explain(reason)
    clearInterval(this.#pinging)
    this.#destroy()
  }

  /** The session alone would wait until what it has written is taken, which may be never. */
  #destroy(): void {
    this.#session.destroy()
    this.#socket?.destroy()
  }

  #allowed(streams: number | undefined): void {
    this.#streamsAllowed = streams ?? Number.POSITIVE_INFINITY
    if (this.state === 'connecting') {
      clearTimeout(this.#connecting)
      this.state = 'open'
      this.#pinging = setInterval(() => this.#ping(), this.#options.pingEveryMs)
    }
    this.#options.onChange()
  }

  #drain(code: number, lastStreamId: number, data: Uint8Array | undefined): void {
    this.#lastStreamId = lastStreamId
    // A second GOAWAY only narrows the first.
    if (this.state === 'draining' || this.state === 'ended') return
    this.state = 'draining'
    if (code !== constants.NGHTTP2_NO_ERROR) this.#explain(goawayReason(data))
    clearTimeout(this.#connecting)
    clearInterval(this.#pinging)
    this.#leaveWhenDone()
    this.#options.onChange()
  }

  #leaveWhenDone(): void {
    if (this.state === 'draining' && this.#streams === 0) this.#destroy()
  }

  #ping(): void {
    if (this.#session.closed || this.#session.destroyed) return
    const late = setTimeout(() => this.end('PingTimeout'), this.#options.pingAnswerMs)
    this.#session.once('close', () => clearTimeout(late))
    this.#session.ping(() => clearTimeout(late))
  }

  #finish(): void {
    clearTimeout(this.#connecting)
    clearInterval(this.#pinging)
    this.#explain('ConnectionClosed')
    this.state = 'ended'
    this.#options.onChange()
  }

  /** The first reason is the cause; what follows comes of it. */
  #explain(reason: string): void {
    this.reason ||= reason
  }
}

/** Apple says in JSON why it goes; what others say is not for reading. */
function goawayReason(data: Uint8Array | undefined): string {
  try {
    const { reason } = JSON.parse(Buffer.from(data ?? []).toString())
    return typeof reason === 'string' && reason !== '' ? reason.slice(0, 64) : 'GOAWAY'
  } catch {
    return 'GOAWAY'
  }
}
