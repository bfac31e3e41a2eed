/**
 * Our own live protocol, on WebSockets at /v1/live; docs/protocols/native.md
 * tells it from the client's side, wire/frames.ts has its words.
 *
 * A terminal is let in here, and watched as long as it lives. What it says is
 * in `live/`, one file for each of its words; what is said to it goes through
 * the gateway.
 */
import { randomBytes } from 'node:crypto'
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { FRAME_BYTES_MAX } from '../../../../wire/frames.ts'
import { type ErrorName, errors } from '../../domain/errors.ts'
import type { Directory } from '../../engines/directory.ts'
import { Liveness } from '../../gateway/liveness.ts'
import type { Terminals } from '../../gateway/terminals.ts'
import type { Log } from '../../lib/log.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Secrets } from '../../secrets.ts'
import type { Settings } from '../../settings.ts'
import type { Views } from '../../views/views.ts'
import { openIdentify } from './identify.ts'
import type { LiveContext } from './live/context.ts'
import { NativeTerminal } from './live/terminal.ts'
import { openNativeProtocol } from './protocol.ts'

export interface NativeLiveOptions {
  terminals: Terminals
  pipeline: Pipeline
  views: Views
  directory: Directory
  settings: Pick<
    Settings,
    'pingSeconds' | 'connectionsMax' | 'resumeMax' | 'outboxBytes' | 'blockedAccounts'
  >
  secrets: Pick<Secrets, 'sdkAppId' | 'secretKey' | 'jwtSecret'>
  log: Log
  /** Unix time, milliseconds. */
  now?: () => number
  /** How long a connection may be silent before it says who it is. */
  connectWaitMs?: number
}

export interface NativeLive {
  /** Takes over a connection that asked for /v1/live. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** How many connections there are, those that have not said who they are included. */
  readonly connections: number
  /** Tells every terminal to come back later. Resolves when all are gone. */
  close(): Promise<void>
}

const CONNECT_WAIT_MS = 10_000

/** How long a peer may take to answer a close frame. One that reads nothing is cut off then. */
const CLOSE_WAIT_MS = 2000

const webSocketOptions: ServerOptions & { closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: FRAME_BYTES_MAX,
  closeTimeout: CLOSE_WAIT_MS,
}

export function openNativeLive(options: NativeLiveOptions): NativeLive {
  const { terminals, pipeline, views, directory, settings, log } = options
  const { now = Date.now, connectWaitMs = CONNECT_WAIT_MS } = options
  const identify = openIdentify({ ...options, now })
  const protocol = openNativeProtocol({ views, directory })
  const liveness = new Liveness<NativeTerminal>({
    periodMs: settings.pingSeconds * 1000,
    namelessMs: connectWaitMs,
    onSilent: (terminal) => terminal.end('silent'),
    onDead: (terminal) => terminal.end('dead'),
  })
  const live: LiveContext = {
    terminals,
    pipeline,
    views,
    directory,
    identify,
    liveness,
    log,
    resumeMax: settings.resumeMax,
    outboxBytes: settings.outboxBytes,
    clock: () => Math.floor(performance.now()),
    name: randomBytes(3).toString('hex'),
  }
  const webSockets = new WebSocketServer(webSocketOptions)
  let serial = 0
  let isStopping = false

  return {
    get connections() {
      return liveness.count
    },

    upgrade(request, socket, head) {
      if (isStopping) return refuse(socket, 'stopping')
      if (pathOf(request) !== '/v1/live') return refuse(socket, 'notFound')
      if (liveness.count >= settings.connectionsMax) return refuse(socket, 'overloaded')
      webSockets.handleUpgrade(request, socket, head, (webSocket) => admit(webSocket, socket))
    },

    async close() {
      isStopping = true
      const all = [...liveness.all()]
      for (const terminal of all) terminal.end('stopping')
      await Promise.all(all.map((terminal) => terminal.whenGone()))
      liveness.close()
    },
  }

  function admit(webSocket: WebSocket, socket: Duplex): void {
    serial += 1
    liveness.add(new NativeTerminal(live, protocol, webSocket, socket, serial))
  }
}

/** Answers an upgrade that is not made, as HTTP. */
function refuse(socket: Duplex, kind: ErrorName): void {
  const { code: number, http, meaning: message, retryable } = errors[kind]
  const body = JSON.stringify({ error: { code: kind, number, message } })
  const head = [
    `HTTP/1.1 ${http} ${STATUS_CODES[http]}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  if (retryable) head.push('retry-after: 1')
  socket.on('error', () => {})
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** The path of a request, without its query. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
