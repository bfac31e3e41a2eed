/**
 * Requests to one provider over few HTTP/2 connections with many streams.
 *
 * A connection is opened when a request waits for it, and kept. When it ends, the next one is opened for whatever
 * waits. While the provider cannot be reached, requests are told so at once, and it is tried again after pauses
 * that grow. What the provider has not looked at (GOAWAY, REFUSED_STREAM) is sent again; what it may have
 * looked at is not: whoever asked decides.
 */
import { X509Certificate } from 'node:crypto'
import { Http2Connection } from './http2-connection.ts'
import type { Http2Answer, Http2Request } from './http2-exchange.ts'
import { jitteredMs } from './pause.ts'

export interface Http2ClientOptions {
  origin: string
  ca?: string | undefined
  /** A request is given up on after so long, from being asked for to its answer. */
  timeoutMs: number
  connectionsMax: number
  streamsMax: number
  connectMs?: number
  pingEveryMs?: number
  pingAnswerMs?: number
  now?(): number
  onEvent?(event: ConnectionEvent): void
}

/** Something about a connection that an operator may want to read in the log. */
export interface ConnectionEvent {
  type: 'connected' | 'draining' | 'ended' | 'unreachable'
  origin: string
  reason: string
}

export type ClientAnswer =
  | Extract<Http2Answer, { state: 'answered' }>
  /** No answer. Away: the provider cannot be reached, which holds for everything at present. */
  | { state: 'failed'; reason: string; isAway: boolean; retryAfterMs: number | null }

interface Waiting {
  request: Http2Request
  attempts: number
  isSettled: boolean
  settle(answer: ClientAnswer): void
  takeBack: () => void
}

const WAITING_MAX = 20_000
const ATTEMPTS_MAX = 4
const PAUSE_MIN_MS = 250
const PAUSE_MAX_MS = 30_000

export class Http2Client {
  readonly #options: Http2ClientOptions
  readonly #now: () => number
  readonly #waiting = new Set<Waiting>()
  /** Connections that are being opened, or are open. */
  readonly #usable = new Set<Http2Connection>()
  /** Connections whose last requests end. */
  readonly #leaving = new Set<Http2Connection>()
  #isClosed = false
  /** Connections in a row that were of no use, and until when no other is tried because of them. */
  #failures = 0
  #pausedUntil = 0
  #lastReason = ''

  constructor(options: Http2ClientOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    if (!URL.canParse(options.origin) || new URL(options.origin).protocol !== 'https:') {
      throw new TypeError(`origin: expected an https URL, but "${options.origin}" came`)
    }
    // A certificate that cannot be read is told when the server starts, and not at the first push.
    if (options.ca !== undefined) parseCertificate(options.ca)
  }

  /** Never rejects. */
  request(request: Http2Request, timeoutMs = this.#options.timeoutMs): Promise<ClientAnswer> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        request,
        attempts: 0,
        isSettled: false,
        settle: (answer) => {
          waiting.isSettled = true
          clearTimeout(timer)
          resolve(answer)
        },
        takeBack: () => {},
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting)
        waiting.settle(failed('Timeout'))
        waiting.takeBack()
      }, timeoutMs)
      this.#wait(waiting)
      this.#serve()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#failWaiting(failed('Closed'))
    const connections = [...this.#usable, ...this.#leaving]
    for (const connection of connections) connection.end('Closed')
    await Promise.all(connections.map(({ ended }) => ended))
  }

  #wait(waiting: Waiting): void {
    const pauseMs = this.#pauseMs()
    if (this.#isClosed) waiting.settle(failed('Closed'))
    else if (this.#waiting.size >= WAITING_MAX) waiting.settle(failed('TooManyWaiting'))
    else if (pauseMs > 0 && this.#usable.size === 0) waiting.settle(away(this.#lastReason, pauseMs))
    else this.#waiting.add(waiting)
  }

  /** Begins what can begin, and opens a connection for what cannot. */
  #serve(): void {
    for (const connection of this.#usable) {
      for (const waiting of this.#waiting) {
        if (connection.streamsFree <= 0) break
        this.#waiting.delete(waiting)
        this.#begin(connection, waiting)
      }
    }
    if (this.#waiting.size > 0 && this.#mayOpen()) this.#open()
  }

  #begin(connection: Http2Connection, waiting: Waiting): void {
    waiting.attempts += 1
    waiting.takeBack = connection.begin(waiting.request, (answer) => {
      if (waiting.isSettled) return
      if (answer.state === 'answered') waiting.settle(answer)
      else if (answer.isUntouched && waiting.attempts < ATTEMPTS_MAX) this.#wait(waiting)
      else waiting.settle(failed(answer.reason))
    })
  }

  #mayOpen(): boolean {
    if (this.#isClosed || this.#usable.size >= this.#options.connectionsMax) return false
    if (this.#pauseMs() > 0) return false
    return [...this.#usable].every(({ state }) => state === 'open')
  }

  #open(): void {
    const { origin, ca, streamsMax } = this.#options
    const { connectMs = 10_000, pingEveryMs = 20_000, pingAnswerMs = 10_000 } = this.#options
    let wasOpen = false
    const connection = new Http2Connection({
      origin,
      ca,
      streamsMax,
      connectMs,
      pingEveryMs,
      pingAnswerMs,
      onChange: () => {
        const { state } = connection
        if (state === 'open' && !wasOpen) {
          wasOpen = true
          this.#tell('connected', '')
        }
        if (state === 'draining') this.#leaving.add(connection)
        if (state === 'ended') this.#leaving.delete(connection)
        const isLost = state === 'draining' || state === 'ended'
        if (isLost && this.#usable.delete(connection)) this.#judge(connection, wasOpen)
        this.#serve()
      },
    })
    this.#usable.add(connection)
  }

  /** A connection that served is replaced at once, and so is the first that did not; then come pauses. */
  #judge({ answers, reason, state }: Http2Connection, wasOpen: boolean): void {
    if (this.#isClosed) return
    this.#tell(state === 'draining' ? 'draining' : wasOpen ? 'ended' : 'unreachable', reason)
    this.#failures = answers > 0 ? 0 : this.#failures + 1
    if (this.#failures === 0 || (wasOpen && this.#failures === 1)) return
    const pauseMs = jitteredMs(this.#failures, { leastMs: PAUSE_MIN_MS, mostMs: PAUSE_MAX_MS })
    this.#pausedUntil = this.#now() + pauseMs
    this.#lastReason = reason || 'GOAWAY'
    if (this.#usable.size === 0) this.#failWaiting(away(this.#lastReason, pauseMs))
  }

  /** How long no connection is to be tried. A clock that was set back does not make it longer. */
  #pauseMs(): number {
    const leftMs = this.#pausedUntil - this.#now()
    return leftMs > PAUSE_MAX_MS ? 0 : leftMs
  }

  #failWaiting(answer: ClientAnswer): void {
    for (const waiting of this.#waiting) waiting.settle(answer)
    this.#waiting.clear()
  }

  #tell(type: ConnectionEvent['type'], reason: string): void {
    this.#options.onEvent?.({ type, origin: this.#options.origin, reason })
  }
}

function failed(reason: string): ClientAnswer {
  return { state: 'failed', reason, isAway: false, retryAfterMs: null }
}

function away(reason: string, pauseMs: number): ClientAnswer {
  return { state: 'failed', reason, isAway: true, retryAfterMs: Math.ceil(pauseMs) }
}

function parseCertificate(ca: string): X509Certificate {
  try {
    return new X509Certificate(ca)
  } catch (cause) {
    throw new TypeError('ca: expected the PEM of a certificate, but something else came', { cause })
  }
}
