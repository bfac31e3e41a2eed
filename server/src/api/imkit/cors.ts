/** Pages of other origins call this door from the browser. Credentials are headers, never cookies. */
import type { IncomingMessage } from 'node:http'

/** What a page may send, beside what is always allowed. */
const REQUEST_HEADERS = [
  'IM-Authorization',
  'IM-CLIENT-KEY',
  'CLIENT_KEY',
  'IM-CLIENT-ID',
  'IM-Device-ID',
  'IM-API-KEY',
  'API_KEY',
  'Authorization',
  'x-timezone',
  'Content-Type',
  'Idempotency-Key',
].join(', ')

export interface Cors {
  /** For every answer. */
  headersOf(request: IncomingMessage): Record<string, string>
  /** For the question that a browser asks before a call. */
  preflightOf(request: IncomingMessage): Record<string, string>
}

export function openCors(origins: readonly string[]): Cors {
  const all = origins.includes('*')
  const known = new Set(origins)
  return { headersOf, preflightOf }

  function headersOf({ headers }: IncomingMessage): Record<string, string> {
    const expose = { 'access-control-expose-headers': 'Retry-After' }
    if (all) return { 'access-control-allow-origin': '*', ...expose }
    const { origin } = headers
    if (origin === undefined || !known.has(origin)) return { vary: 'Origin' }
    return { vary: 'Origin', 'access-control-allow-origin': origin, ...expose }
  }

  function preflightOf(request: IncomingMessage): Record<string, string> {
    return {
      ...headersOf(request),
      'access-control-allow-methods': 'GET, POST, PUT, DELETE, HEAD, OPTIONS',
      'access-control-allow-headers': REQUEST_HEADERS,
      'access-control-max-age': '86400',
    }
  }
}
