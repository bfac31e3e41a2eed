/**
 * The live protocol of this door: Socket.IO at /socket.io/, on the port of the
 * others. docs/protocols/imkit-live.md tells it from the client's side.
 *
 *   handshake ──▶ nameless ──auth2──▶ open ──▶ gone
 *
 * Engine.IO and Socket.IO make connections, poll, upgrade, ping and read packets. What they
 * bring is a terminal like any other: the gateway says to it what its account gets.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Socket as Connection, Server as Engine } from 'engine.io'
import { Server as SocketServer } from 'socket.io'
import { type ServerOptions, WebSocketServer } from 'ws'
import { NOBODY } from '../../../domain/account.ts'
import { platformOf } from '../../../domain/platform.ts'
import type { Terminals } from '../../../gateway/terminals.ts'
import { openCors } from '../cors.ts'
import type { Door } from '../route.ts'
import { Deliveries } from './deliveries.ts'
import { type LiveDoor, receive } from './events.ts'
import { KnownRooms } from './known-rooms.ts'
import { base64, plain } from './packets.ts'
import { openImkitProtocol } from './protocol.ts'
import { ImkitTerminal, type TerminalContext } from './terminal.ts'

export interface ImkitLive {
  /** Takes a request for /socket.io/: a handshake, a poll, or packets of one that polls. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Takes over a connection that asked for /socket.io/. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** How many connections there are, those that have not said who they are included. */
  readonly connections: number
  /** Ends every connection; clients come back. */
  close(): void
}

/** How long a peer may take to answer a ping. */
const PING_TIMEOUT_MS = 20_000

/** How long a peer may take to answer a close frame. One that reads nothing is cut off then. */
const CLOSE_WAIT_MS = 2000

const SWEEP_MS = 1000

export function openImkitLive(options: Door & { terminals: Terminals }): ImkitLive {
  const { settings, terminals, pipeline } = options
  const rooms = new KnownRooms(options)
  const protocols = {
    plain: openImkitProtocol(plain, options, rooms),
    base64: openImkitProtocol(base64, options, rooms),
  }
  const door: LiveDoor = { ...options, protocols }
  const deliveries = new Deliveries((account, upTo) => pipeline.acknowledge(account, upTo))
  const cors = openCors(settings.corsOrigins)
  const byConnection = new Map<Connection, ImkitTerminal>()
  /** In the order in which they came. */
  const nameless = new Set<ImkitTerminal>()
  const context: TerminalContext = {
    clock: () => performance.now(),
    onWritten: (terminal) => deliveries.written(terminal, context.clock),
  }
  const nameWithinMs = settings.socketAuthSeconds * 1000
  let isStopping = false

  const engine = new Engine({
    transports: ['polling', 'websocket'],
    pingInterval: settings.socketPingInterval,
    pingTimeout: PING_TIMEOUT_MS,
    maxHttpBufferSize: packetBytesMax(settings.imkitMessageBytes),
    perMessageDeflate: false,
    httpCompression: false,
    wsEngine: ClosingWebSocketServer,
    allowRequest(_request, decide) {
      const why = refusal()
      decide(why, why === null)
    },
  })
  const sockets = new SocketServer({ serveClient: false, connectTimeout: nameWithinMs })
  engine.on('connection', admit)
  sockets.bind(engine)
  sockets.on('connection', (socket) => {
    const terminal = byConnection.get(socket.conn)
    if (terminal === undefined) return
    socket.onAny((event, ...values) => void receive(terminal, event, values, door))
    socket.once('disconnect', () => socket.conn.close())
  })
  const timer = setInterval(sweep, SWEEP_MS)

  return {
    get connections() {
      return byConnection.size
    },

    handle(request, response) {
      const { method = '' } = request
      if (method === 'OPTIONS') {
        response.writeHead(204, cors.preflightOf(request)).end()
        return
      }
      for (const [name, value] of Object.entries(cors.headersOf(request))) {
        response.setHeader(name, value)
      }
      if (isPolling(request)) engine.handleRequest(request, response)
      else response.writeHead(400, { 'content-type': 'text/plain' }).end('expected to be polled\n')
    },

    upgrade(request, socket, head) {
      engine.handleUpgrade(request, socket, head)
    },

    close() {
      isStopping = true
      clearInterval(timer)
      for (const terminal of byConnection.values()) terminals.end(terminal, 'stopping')
      engine.close()
    },
  }

  function refusal(): string | null {
    if (isStopping) return 'the server is stopping'
    const { socketConnectionLimit: limit } = settings
    return byConnection.size < limit ? null : `there are ${limit} connections already`
  }

  function admit(connection: Connection): void {
    const terminal = new ImkitTerminal(protocols.plain, plain, connection, context)
    terminal.platform = platformOf(connection.request.headers['user-agent'] ?? '')
    byConnection.set(connection, terminal)
    nameless.add(terminal)
    connection.on('data', (data: unknown) => {
      if (typeof data !== 'string' || !terminal.hear()) terminals.end(terminal, 'protocol')
      // Answers do not wait in the outbox: who asks and does not read is looked at here.
      else if (terminal.bytesUnsent > settings.outboxBytes) terminals.end(terminal, 'slow')
    })
    connection.once('close', (why: string) => {
      byConnection.delete(connection)
      nameless.delete(terminal)
      if (why === 'ping timeout') terminals.end(terminal, 'dead')
      else terminals.forget(terminal)
    })
    // It was needed for the handshake, and would be kept as long as the connection.
    setImmediate(() => Object.assign(connection, { request: null }))
  }

  function sweep(): void {
    const now = context.clock()
    deliveries.look(now)
    for (const terminal of nameless) {
      if (terminal.account !== NOBODY) nameless.delete(terminal)
      else if (terminal.since + nameWithinMs < now) terminals.end(terminal, 'silent')
      else break
    }
  }
}

/**
 * A message and what is around it: clients send fields of their own along, and may write characters
 * as escapes.
 */
function packetBytesMax(messageBytesMax: number): number {
  return Math.max(65_536, 2 * messageBytesMax)
}

/** Anything else on plain HTTP would wait for an answer in vain. */
function isPolling({ method = '', url = '' }: IncomingMessage): boolean {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  return (method === 'GET' || method === 'POST') && query.getAll('transport').at(-1) === 'polling'
}

class ClosingWebSocketServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    super({ ...options, closeTimeout: CLOSE_WAIT_MS } as ServerOptions)
  }
}
