/**
 * Who calls. Common clients write header names with underscores; every
 * spelling counts. A token is good when it was given out, or bound, and has
 * neither ended nor been taken back: the directory knows.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isKey } from '../../access/api-key.ts'
import { openAllowedAddresses } from '../../lib/addresses.ts'
import { type Bucket, openBucket } from '../../lib/bucket.ts'
import { Refusal } from './answers.ts'
import { accountOf, adminClient } from './clients.ts'
import type { Access, Caller, Client, Door } from './route.ts'

export interface Credentials {
  /** The caller of a route with this access. Rejects with a Refusal. */
  callerOf(access: Access, request: IncomingMessage): Promise<Caller>
}

export function openCredentials(door: Door): Credentials {
  const { settings, secrets, now } = door
  const isAllowed = openAllowedAddresses(settings.platformApiSources)
  const callsPerMinute = settings.imkitCallsPerMinute
  const platformCalls = openBucket(callsPerMinute, 60_000, now)
  const clientCalls = openBucket(callsPerMinute, 60_000, now)

  return {
    async callerOf(access, request) {
      const { headers } = request
      const isPlatform = hasApiKey(request)
      if (isPlatform && access !== 'client') return { kind: 'platform' }
      if (access === 'platform' && tokenOf(headers) === undefined) {
        throw new Refusal('MISSING_API_KEY', 'IM-API-KEY: expected the API key, but nothing came')
      }
      if (access === 'clientKey') {
        requireClientKey(headers)
        return { kind: 'app' }
      }
      const client = clientByToken(headers)
      if (isPlatform) return client ?? namedClient(headers)
      if (client !== null) requireClientKey(headers)
      if (access === 'platform') {
        throw new Refusal('PERMISSION_DENIED', 'a token came, but only the API key may call this')
      }
      if (client !== null) return client
      throw new Refusal('UNAUTHORIZED', 'IM-Authorization: expected a token, but nothing came')
    },
  }

  function hasApiKey({ headers, socket }: IncomingMessage): boolean {
    const key = headerOf(headers, 'im-api-key', 'api_key')
    if (key === undefined) return false
    if (!isKey(key, secrets.apiKey)) throw new Refusal('INVALID_API_KEY', 'the API key is wrong')
    const address = socket.remoteAddress ?? ''
    if (!isAllowed(address)) {
      throw new Refusal('PERMISSION_DENIED', `the address ${address} may not use the API key`)
    }
    take(platformCalls)
    return true
  }

  function requireClientKey(headers: IncomingHttpHeaders): void {
    requireKey(headerOf(headers, 'im-client-key', 'client_key'), secrets.clientKey)
    take(clientCalls)
  }

  function clientByToken(headers: IncomingHttpHeaders): Client | null {
    const token = tokenOf(headers)
    return token === undefined ? null : clientOfToken(token, door)
  }

  /** For whom the platform acts. */
  async function namedClient(headers: IncomingHttpHeaders): Promise<Client> {
    const header = headerOf(headers, 'im-client-id')
    if (header === undefined) return adminClient(door)
    // Headers come as bytes, a character each.
    const id = Buffer.from(header, 'latin1').toString()
    const account = accountOf('IM-CLIENT-ID', id, door)
    return { kind: 'client', account, id: door.directory.id(account), token: null }
  }

  function take(calls: Bucket): void {
    if (calls()) return
    const message = `at most ${callsPerMinute} calls a minute with one key`
    throw new Refusal('RATE_LIMIT_EXCEEDED', message, {
      retryAfter: Math.ceil(60 / callsPerMinute),
    })
  }
}

/** The client of a good token. Throws a Refusal for any other. */
export function clientOfToken(
  token: string,
  { directory, settings, now }: Pick<Door, 'directory' | 'settings' | 'now'>,
): Client {
  const known = directory.token(token)
  if (known === null) throw new Refusal('INVALID_TOKEN', 'the token is unknown or was revoked')
  const { account, expiresAt, changedAt } = known
  if (expiresAt !== null && expiresAt <= now()) {
    throw new Refusal('INVALID_TOKEN', `the token ended at ${new Date(expiresAt).toISOString()}`)
  }
  if (Math.floor(changedAt / 1000) <= directory.revokedAt(account)) {
    throw new Refusal('INVALID_TOKEN', 'the token was revoked')
  }
  const id = directory.id(account)
  if (settings.blockedAccounts.includes(id)) {
    throw new Refusal('PERMISSION_DENIED', `the client ${JSON.stringify(id)} is blocked`)
  }
  return { kind: 'client', account, id, token }
}

/** Throws a Refusal unless it is the client key. */
export function requireKey(key: string | undefined, clientKey: string): void {
  if (key === undefined) {
    throw new Refusal(
      'MISSING_CLIENT_KEY',
      'IM-CLIENT-KEY: expected the client key, but nothing came',
    )
  }
  if (!isKey(key, clientKey)) throw new Refusal('INVALID_CLIENT_KEY', 'the client key is wrong')
}

/** The token of a header, with or without the word Bearer before it. */
export function bareToken(header: string): string {
  return header.replace(/^bearer +/i, '').trim()
}

function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const header = headerOf(headers, 'im-authorization', 'authorization')
  return header === undefined ? undefined : bareToken(header)
}

/** The first of these headers that came with a value. */
export function headerOf(headers: IncomingHttpHeaders, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}
