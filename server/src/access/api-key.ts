import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What a request shows for itself: `Authorization: Bearer …`, or else `X-API-Key: …`. */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = bearerOf(headers.authorization)
  if (bearer !== undefined) return bearer
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}

/** The credential of `Authorization: Bearer …`. */
function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** Compares in a time that says nothing about where, or in what length, the two differ. */
export function isKey(given: string | undefined, key: string): boolean {
  if (given === undefined) return false
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', key, 'buffer'))
}
