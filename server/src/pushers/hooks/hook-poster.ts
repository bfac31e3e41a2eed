/**
 * Posts JSON to an address of the operator, and says what its answer means:
 *
 *   answered               it has it
 *   refused, notification  it does not take this one, or found no answer to it: others may go
 *   refused, provider      nobody is there, the address is wrong, or it wants to be left alone
 */
import { type Answer, codeOf, openPoster } from '../poster.ts'
import { type Refused, refused } from '../refused.ts'
import { retryAfterMs } from '../retry-after.ts'

export interface HookPoster {
  /** Posts once; never rejects. */
  post(json: string): Promise<HookAnswer>
  /** Ends the connections. What is under way resolves as retryable. */
  close(): void
}

export type HookAnswer = ({ state: 'answered' } & Pick<Answer, 'text' | 'isWhole'>) | Refused

export interface HookOptions {
  /** `http:` or `https:`. */
  url: string
  timeoutMs: number
  /** PEM of an authority that is trusted beside the known ones. */
  ca?: string
  /** Unix time, milliseconds. */
  now?: () => number
}

export interface HookPosterOptions extends HookOptions {
  connectionsMax: number
  answerBytesMax?: number
}

export function openHookPoster({
  url,
  now = Date.now,
  connectionsMax,
  ...options
}: HookPosterOptions): HookPoster {
  const address = new URL(url)
  const headers = { 'content-type': 'application/json', ...credentials(address) }
  const poster = openPoster({ ...options, connectionsMax, connectionsPerHostMax: connectionsMax })
  return {
    async post(json) {
      const answer = await poster.post(address, headers, Buffer.from(json)).catch(codeOf)
      return typeof answer === 'string' ? unanswered(answer) : judged(answer, now())
    },
    close: () => poster.close(),
  }
}

/** It was there when these happened: it may have been this notification that it could not deal with. */
const aboutNoAnswer = new Set(['Timeout', 'ECONNRESET', 'EPIPE'])

function unanswered(reason: string): Refused {
  return refused(reason, {
    isRetryable: true,
    scope: aboutNoAnswer.has(reason) ? 'notification' : 'provider',
  })
}

/** These say that this notification is the trouble. */
const aboutTheNotification = new Set([400, 409, 410, 413, 415, 422, 500])

function judged({ status, header, text, isWhole }: Answer, nowMs: number): HookAnswer {
  if (status >= 200 && status < 300) return { state: 'answered', text, isWhole }
  const isAlone = aboutTheNotification.has(status)
  return refused(String(status), {
    isRetryable: !isAlone || status === 500,
    retryAfterMs: retryAfterMs(header('retry-after'), nowMs),
    scope: isAlone ? 'notification' : 'provider',
  })
}

/** What stands before the `@` of the URL goes where it does not end in logs. */
function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}
