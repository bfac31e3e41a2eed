/**
 * What a route of this door is given, and what it gives back. A route is a
 * file; routes.ts lists them all.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Directory } from '../../engines/directory.ts'
import type { Index } from '../../engines/index.ts'
import type { Log } from '../../lib/log.ts'
import type { Fields } from '../../lib/values.ts'
import type { Audience } from '../../pipeline/audience.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { PushDirectly } from '../../pipeline/push/direct.ts'
import type { Secrets } from '../../secrets.ts'
import type { Settings } from '../../settings.ts'
import type { ConversationIds } from '../../views/conversation-ids.ts'
import type { Views } from '../../views/views.ts'
import type { Logins } from './live/logins.ts'

/** Who calls: the platform with its key, a client with its token, or an app with the client key alone. */
export type Caller = Platform | Client | { kind: 'app' }

export interface Platform {
  kind: 'platform'
}

export interface Client {
  kind: 'client'
  account: number
  id: string
  /** The one in use; null: the platform acts for the client. */
  token: string | null
}

/**
 * Who may call a route.
 *
 *   platform    the API key
 *   client      a token; or the API key, which acts for the client of `IM-CLIENT-ID` or else the
 *               platform's own: the caller is always a client
 *   both        a token, or the API key, which then is the platform
 *   clientKey   an app with the client key, or the API key
 */
export type Access = 'platform' | 'client' | 'both' | 'clientKey'

export interface Call<Who extends Caller = Caller> {
  caller: Who
  headers: IncomingHttpHeaders
  /** What stands in the path for `:name`, decoded. */
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  /** The body's object; an empty one when no body came. */
  body: Fields
  /** The body as it came. */
  bytes: Buffer
}

interface Served<Who extends Access, By extends Caller> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As in `/rooms/:id/message`. */
  path: string
  access: Who
  /** The body's object; left out: all of it is parsed as JSON. Throws Refusal. */
  parse?(bytes: Buffer, door: Door): Fields
  /** The answer is the result itself, without the envelope. */
  isBare?: true
  /** Gives `result` of the envelope. Throws Refusal, or a Fault of the domain. */
  handle(call: Call<By>, door: Door): Promise<unknown>
}

export type Route =
  | Served<'platform', Platform>
  | Served<'client', Client>
  | Served<'both', Platform | Client>
  | Served<'clientKey', Platform | { kind: 'app' }>

/** What the routes of this door work with. */
export interface Door {
  settings: Settings
  secrets: Secrets
  pipeline: Pipeline
  views: Views
  directory: Directory
  index: Index
  audience: Audience
  conversationIds: ConversationIds
  logins: Logins
  /** Notifies without a message; left out: no way to devices is configured. */
  pushDirectly?: PushDirectly
  log: Log
  /** Unix time, milliseconds. */
  now: () => number
}
