/**
 * A hook is an address of the operator that takes notifications as JSON and
 * does with them what it likes. What is posted is made by a door.
 */
import { type Answer, codeOf, openPoster } from '../poster.ts'
import type { PushOutcome } from '../pusher.ts'
import { refused } from '../refused.ts'
import { retryAfterMs } from '../retry-after.ts'

export interface Hook {
  /** Posts once. Resolves with what became of it; never rejects. */
  post(json: string): Promise<PushOutcome>
  /** How many posts may be under way at once. */
  readonly concurrencyMax: number
  /** Ends the connections. What is under way resolves as retryable. */
  close(): Promise<void>
}

export interface HookOptions {
  /** `http:` or `https:`. */
  url: string
  timeoutMs: number
  /** PEM of an authority that is trusted beside the known ones. */
  ca?: string
  /** Unix time, milliseconds. */
  now?: () => number
}

const CONNECTIONS_MAX = 32

export function openHook({ url, timeoutMs, ca, now = Date.now }: HookOptions): Hook {
  const address = new URL(url)
  const headers = { 'content-type': 'application/json', ...credentials(address) }
  const poster = openPoster({
    timeoutMs,
    connectionsMax: CONNECTIONS_MAX,
    connectionsPerHostMax: CONNECTIONS_MAX,
    ...(ca !== undefined && { ca }),
  })
  return {
    concurrencyMax: CONNECTIONS_MAX,
    async post(json) {
      const answer = await poster.post(address, headers, Buffer.from(json)).catch(codeOf)
      return typeof answer === 'string' ? unavailable(answer, null) : outcomeOf(answer, now())
    },
    async close() {
      poster.close()
    },
  }
}

/** These say that this notification is the trouble: another one may be taken. */
const aboutTheNotification = new Set([400, 409, 410, 413, 415, 422, 500])

function outcomeOf({ status, header }: Answer, nowMs: number): PushOutcome {
  if (status >= 200 && status < 300) return { state: 'pushed', id: '' }
  const wait = retryAfterMs(header('retry-after'), nowMs)
  if (!aboutTheNotification.has(status)) return unavailable(String(status), wait)
  return refused(String(status), { isRetryable: status === 500, retryAfterMs: wait })
}

/** Nobody is there, or the address is wrong: what waits may be taken once the operator has seen to it. */
function unavailable(reason: string, wait: number | null): PushOutcome {
  return refused(reason, { isRetryable: true, retryAfterMs: wait, scope: 'provider' })
}

/** What stands before the `@` of the URL goes where it does not end in logs. */
function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}
