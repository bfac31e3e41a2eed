/**
 * What Apple's reasons mean for us. Those that are not here follow from the
 * status: 4xx is for good, 5xx may be tried again.
 * https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
 */

import type { PushOutcome } from '../pusher.ts'
import { explanation, refused } from '../refused.ts'
import { retryAfterMs } from '../retry-after.ts'

interface Meaning {
  isDeviceGone?: boolean
  isRetryable?: boolean
  scope?: 'provider'
}

/** Everything is refused until somebody sets a thing right, here or there. */
const provider = { isRetryable: true, scope: 'provider' } as const

export const meanings: Readonly<Record<string, Meaning>> = {
  BadDeviceToken: { isDeviceGone: true },
  DeviceTokenNotForTopic: { isDeviceGone: true },
  ExpiredToken: { isDeviceGone: true },
  Unregistered: { isDeviceGone: true },

  BadCertificate: provider,
  BadCertificateEnvironment: provider,
  BadEnvironmentKeyInToken: provider,
  ExpiredProviderToken: provider,
  Forbidden: provider,
  InvalidProviderToken: provider,
  MissingProviderToken: provider,
  UnrelatedKeyIdInToken: provider,
  TooManyProviderTokenUpdates: provider,

  // It means too many to this device; the others may go on.
  TooManyRequests: { isRetryable: true },
  IdleTimeout: { isRetryable: true },
  InternalServerError: { isRetryable: true },
  ServiceUnavailable: provider,
  Shutdown: provider,
}

/** Reasons for which a newly signed provider token may help. */
const staleTokenReasons: ReadonlySet<string> = new Set([
  'ExpiredProviderToken',
  'InvalidProviderToken',
])

interface ApnsAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

function reasonOf({ status, body }: ApnsAnswer): string {
  const { reason } = explanation(body)
  return typeof reason === 'string' && reason !== '' ? reason : String(status)
}

export function isTokenStale(answer: ApnsAnswer): boolean {
  return answer.status !== 200 && staleTokenReasons.has(reasonOf(answer))
}

export function outcomeOf(answer: ApnsAnswer, apnsId: string, nowMs: number): PushOutcome {
  const { status, headers } = answer
  if (status === 200) return { state: 'pushed', id: String(headers['apns-id'] ?? apnsId) }
  const reason = reasonOf(answer)
  return refused(reason, {
    ...(Object.hasOwn(meanings, reason) ? meanings[reason] : ofStatus(status)),
    retryAfterMs: retryAfterMs(headers['retry-after']?.toString(), nowMs),
  })
}

function ofStatus(status: number): Meaning {
  if (status === 403) return provider
  if (status === 410) return { isDeviceGone: true }
  return { isRetryable: status === 429 || status >= 500 }
}
