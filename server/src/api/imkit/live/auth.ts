/**
 * `auth2`, and its older form `auth`: a socket says who it is.
 *
 * The first argument is the token. The second is an object of headers, as a call over HTTP has
 * them, or the id of the device, or nothing. `auth2` asks for the client key where headers came.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { NOBODY } from '../../../domain/account.ts'
import { Refusal } from '../answers.ts'
import { bareToken, clientOfToken, headerOf, requireKey } from '../credentials.ts'
import { isObject } from '../fields.ts'
import type { LiveDoor } from './events.ts'
import type { ImkitTerminal } from './terminal.ts'

export function authenticateWithKey(
  terminal: ImkitTerminal,
  values: readonly unknown[],
  door: LiveDoor,
): object {
  const [, second] = values
  if (isObject(second)) {
    const key = headerOf(headersOf(second), 'im-client-key', 'client_key')
    requireKey(key, door.secrets.clientKey)
  }
  return authenticate(terminal, values, door)
}

export function authenticate(
  terminal: ImkitTerminal,
  [first, second]: readonly unknown[],
  door: LiveDoor,
): object {
  const token = tokenOf(first, isObject(second) ? headersOf(second) : {})
  const client = clientOfToken(token, door)
  join(terminal, client.account, door)
  terminal.token = token
  door.terminals.until(terminal, door.directory.token(token)!.expiresAt)
  door.logins.note(client.account, door.now())
  return { client: client.id }
}

function tokenOf(first: unknown, headers: IncomingHttpHeaders): string {
  const header = headerOf(headers, 'im-authorization', 'authorization')
  const token = bareToken(typeof first === 'string' && first !== '' ? first : (header ?? ''))
  if (token !== '') return token
  throw new Refusal('UNAUTHORIZED', 'auth2: expected a token, but nothing came')
}

/** From here on it hears what its account hears. */
function join(terminal: ImkitTerminal, account: number, { terminals, directory }: LiveDoor): void {
  if (terminal.account === account) return
  if (terminal.account !== NOBODY) {
    const id = JSON.stringify(directory.id(terminal.account))
    throw new Refusal('INVALID_REQUEST', `auth2: this socket is that of ${id} already`)
  }
  if (!terminals.open(terminal, account)) {
    throw new Refusal('RATE_LIMIT_EXCEEDED', 'auth2: the client has too many sockets')
  }
}

/** Clients write the names in several ways. */
function headersOf(headers: Readonly<Record<string, unknown>>): IncomingHttpHeaders {
  const entries = Object.entries(headers).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value as string]))
}
