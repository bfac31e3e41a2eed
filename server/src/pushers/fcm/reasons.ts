/**
 * What Google's errors mean for us.
 * https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
 */
import type { PushOutcome } from '../pusher.ts'
import { explanation, refused } from '../refused.ts'
import { retryAfterMs } from '../retry-after.ts'

interface Meaning {
  isDeviceGone?: boolean
  isRetryable?: boolean
  scope?: 'provider'
  /** How long to wait when the answer does not say. */
  waitMs?: number
}

const provider = { isRetryable: true, scope: 'provider' } as const

export const meanings: Readonly<Record<string, Meaning>> = {
  UNREGISTERED: { isDeviceGone: true },
  SENDER_ID_MISMATCH: { isDeviceGone: true },
  QUOTA_EXCEEDED: { ...provider, waitMs: 60_000 },
  UNAVAILABLE: provider,
  INTERNAL: { isRetryable: true },
  // Google cannot sign in at Apple or at a browser's service for the project; Android is not concerned.
  THIRD_PARTY_AUTH_ERROR: { isRetryable: true },

  // Statuses without a code of FCM: they are about the project or its access.
  RESOURCE_EXHAUSTED: { ...provider, waitMs: 60_000 },
  UNAUTHENTICATED: provider,
  PERMISSION_DENIED: provider,
  NOT_FOUND: provider,
}

interface FcmAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

interface Detail {
  errorCode?: unknown
  fieldViolations?: unknown
}

export function outcomeOf(answer: FcmAnswer, nowMs: number): PushOutcome {
  const { status, headers, body } = answer
  if (status === 200) return { state: 'pushed', id: nameOf(body) }
  const reason = reasonOf(answer)
  const { waitMs = null, ...meaning } = meaningOf(reason, answer)
  return refused(reason, {
    ...meaning,
    retryAfterMs: retryAfterMs(headers['retry-after']?.toString(), nowMs) ?? waitMs,
  })
}

/** FCM's own code, else the status in words, else the number. */
export function reasonOf({ status, body }: FcmAnswer): string {
  const error = errorOf(body)
  const [code] = detailsOf(error)
    .map(({ errorCode }) => errorCode)
    .filter(isText)
  return code ?? (isText(error.status) ? error.status : String(status))
}

function meaningOf(reason: string, { status, body }: FcmAnswer): Meaning {
  if (reason === 'INVALID_ARGUMENT') return { isDeviceGone: isAboutToken(body) }
  if (Object.hasOwn(meanings, reason)) return meanings[reason]!
  if (status === 401 || status === 403) return provider
  return { isRetryable: status === 429 || status >= 500 }
}

/** Of the things that may be invalid, only the token is for ever. */
function isAboutToken(body: string): boolean {
  const error = errorOf(body)
  const violations = detailsOf(error).flatMap(({ fieldViolations }) => objectsOf(fieldViolations))
  if (violations.some(({ field }) => field === 'message.token')) return true
  // What a message says may be repeated in Google's words, but never at their beginning.
  const aboutToken = /^(the registration token is not a valid|invalid registration token)\b/i
  return isText(error.message) && aboutToken.test(error.message)
}

function errorOf(body: string): Record<string, unknown> {
  const [error = {}] = objectsOf([explanation(body).error])
  return error
}

function detailsOf(error: Record<string, unknown>): Detail[] {
  return objectsOf(error.details)
}

function objectsOf(values: unknown): Record<string, unknown>[] {
  if (!Array.isArray(values)) return []
  return values.filter((value) => typeof value === 'object' && value !== null)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** `projects/…/messages/…`. */
function nameOf(body: string): string {
  const { name } = explanation(body)
  return isText(name) ? name.slice(0, 256) : ''
}
