import type { ClientAnswer } from './http2-client.ts'
import type { PushOutcome } from './pusher.ts'

export type Refused = Extract<PushOutcome, { state: 'refused' }>

const REASON_LENGTH_MAX = 128

/** A refusal that is for good and of this notification alone, unless the details say otherwise. */
export function refused(
  reason: string,
  details: Partial<Omit<Refused, 'state' | 'reason'>> = {},
): Refused {
  return {
    state: 'refused',
    reason: reason.slice(0, REASON_LENGTH_MAX),
    isRetryable: false,
    retryAfterMs: null,
    isDeviceGone: false,
    scope: 'notification',
    ...details,
  }
}

/** What a request that got no answer means for its notification: it may be taken later. */
export function unanswered({
  reason,
  isAway,
  retryAfterMs,
}: Extract<ClientAnswer, { state: 'failed' }>): Refused {
  return refused(reason, {
    isRetryable: true,
    retryAfterMs,
    scope: isAway ? 'provider' : 'notification',
  })
}

/** The JSON object that a provider explains itself with; empty when it is none. */
export function explanation(body: string): Record<string, unknown> {
  if (body === '') return {}
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
