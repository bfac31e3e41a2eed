import type { Answer } from '../poster.ts'
import type { PushOutcome } from '../pusher.ts'
import { explanation, refused } from '../refused.ts'
import { retryAfterMs } from '../retry-after.ts'

/** What an answer of a push service means (RFC 8030, section 5; RFC 8292, section 4.2). */
export function outcomeOf(answer: Answer, nowMs: number): PushOutcome {
  const { status } = answer
  if (status >= 200 && status < 300) return { state: 'pushed', id: idOf(answer) }
  const reason = reasonOf(answer)
  if (status === 404 || status === 410) return refused(reason, { isDeviceGone: true })
  if (status === 408 || status === 429 || status >= 500) {
    const wait = retryAfterMs(answer.header('retry-after'), nowMs)
    return refused(reason, { isRetryable: true, retryAfterMs: wait })
  }
  return refused(reason)
}

/** The push service took our keys for wrong, or for others than those of the subscription: it does not say which. */
export function isAboutKeys({ status }: Answer): boolean {
  return status === 401 || status === 403
}

const ID_CHARACTERS_MAX = 512

function idOf(answer: Answer): string {
  return (answer.header('location') ?? '').slice(0, ID_CHARACTERS_MAX)
}

/** Apple's push service gives a word; others are known by their status. */
function reasonOf({ status, text }: Answer): string {
  const { reason } = explanation(text)
  return typeof reason === 'string' && reason !== '' ? reason : String(status)
}
