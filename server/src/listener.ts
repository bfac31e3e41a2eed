/**
 * The port: HTTP, or HTTPS where the settings name a certificate, and what
 * honest clients of any age need of it.
 */
import { readFile } from 'node:fs/promises'
import {
  createServer,
  type IncomingMessage,
  type ServerOptions as ListenerOptions,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ExitError } from './lib/exit-codes.ts'
import type { Settings } from './settings.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Hands every request over with the path and the query alone in `url`. */
export async function createListener(
  { tlsCert, tlsKey }: Settings,
  handle: Handler,
): Promise<Server> {
  const handler: Handler = (request, response) => {
    request.url = plainTarget(request.url ?? '/')
    handle(request, response)
  }
  // Idle connections live longer than the 60 s of common proxies and SDK pools.
  const options: ListenerOptions = {
    keepAliveTimeout: 75_000,
    // An import streams millions of lines.
    requestTimeout: 300_000,
    highWaterMark: 65_536,
    // The oldest clients name no host, and we serve one site whatever they name.
    requireHostHeader: false,
    // Java's client offers HTTP/2 with every call; only WebSocket is an upgrade here.
    shouldUpgradeCallback: ({ headers }) => /^websocket$/i.test(headers.upgrade ?? ''),
  }
  if (tlsCert === null || tlsKey === null) return createServer(options, handler)
  const [cert, key] = await Promise.all([readFile(tlsCert), readFile(tlsKey)]).catch((error) => {
    throw new ExitError('configuration', `the TLS files cannot be read: ${error.message}`, error)
  })
  return createTlsServer({ ...options, cert, key }, handler)
}

/** Takes the port, and says where: http://127.0.0.1:3100 */
export async function listen(server: Server, { host, port, tlsCert }: Settings): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new ExitError('unavailable', `cannot listen on ${host}:${port}: ${whyNot(error)}`, error),
      )
    })
    server.listen({ host, port, backlog: 4096 }, resolve)
  })
  const { address, family, port: taken } = server.address() as AddressInfo
  const name = family === 'IPv6' ? `[${address}]` : address
  return `${tlsCert === null ? 'http' : 'https'}://${name}:${taken}`
}

function whyNot({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'another program listens there'
  if (code === 'EACCES') return 'this user may not listen there'
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'this machine has no such address'
  return message
}

/** The path of a request, without its query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

export function isLoopback({ socket }: IncomingMessage): boolean {
  const address = socket.remoteAddress ?? ''
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

/** A base URL that ends in a slash makes `//v4/…`; a proxy's client names the whole URL. */
function plainTarget(url: string): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '').replace(/^\/*/, '/')
}
