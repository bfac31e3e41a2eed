/**
 * The token that lets us send: Google gives it, for an hour, for a JWT that the
 * service account's key signs (RFC 7523). It is asked for once at a time, and
 * after a refusal not before a pause that grows.
 */
import { SignJWT } from 'jose'
import { type ClientAnswer, type ConnectionEvent, Http2Client } from '../http2-client.ts'
import { jitteredMs } from '../pause.ts'
import { explanation, type Refused, refused, unanswered } from '../refused.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { ServiceAccount } from './service-account.ts'

export interface AccessTokenOptions {
  account: ServiceAccount
  ca?: string | undefined
  timeoutMs: number
  now(): number
  onEvent?: ((event: ConnectionEvent) => void) | undefined
}

export type AccessToken = { state: 'held'; token: string } | Refused

export interface AccessTokens {
  current(): Promise<AccessToken>
  /** The provider does not take this one. The next is another, unless there was such a change just now. */
  after(refusedToken: string): Promise<AccessToken>
  close(): Promise<void>
}

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const LIFETIME_S = 3600
const RENEW_BEFORE_MS = 5 * 60_000
const RENEWALS_APART_MS = 60_000
const PAUSE_MIN_MS = 1000
const PAUSE_MAX_MS = 60_000

export function openAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { account, now } = options
  const client = openClient(options)
  let held = { token: '', renewAt: Number.NEGATIVE_INFINITY }
  let asking: Promise<AccessToken> | undefined
  let refusal: Refused | undefined
  let failures = 0
  let pausedUntil = 0
  let discardedAt = Number.NEGATIVE_INFINITY

  async function current(): Promise<AccessToken> {
    if (now() < held.renewAt) return { state: 'held', token: held.token }
    const pauseMs = pausedUntil - now()
    // A clock that was set back does not make a pause longer.
    const isPaused = pauseMs > 0 && pauseMs <= (refusal?.retryAfterMs ?? 0)
    if (refusal && isPaused) return { ...refusal, retryAfterMs: Math.ceil(pauseMs) }
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }

  async function ask(): Promise<AccessToken> {
    const answer = await client.request({
      method: 'POST',
      path: account.tokenUrl.pathname + account.tokenUrl.search,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: GRANT_TYPE,
        assertion: await assertion(account, now()),
      }).toString(),
    })
    const given = answer.state === 'answered' && answer.status === 200 && tokenOf(answer.body)
    if (!given) return refuse(answer)
    failures = 0
    held = { token: given.token, renewAt: now() + given.lifetimeMs - RENEW_BEFORE_MS }
    return { state: 'held', token: given.token }
  }

  function refuse(answer: ClientAnswer): Refused {
    failures += 1
    const ownMs = jitteredMs(failures, { leastMs: PAUSE_MIN_MS, mostMs: PAUSE_MAX_MS })
    const told = reasonFrom(answer, now())
    const waitMs = Math.ceil(Math.max(ownMs, told.retryAfterMs ?? 0))
    pausedUntil = now() + waitMs
    refusal = { ...told, isRetryable: true, scope: 'provider', retryAfterMs: waitMs }
    return refusal
  }

  return {
    current,
    async after(refusedToken) {
      if (refusedToken === held.token && now() - discardedAt >= RENEWALS_APART_MS) {
        discardedAt = now()
        held = { token: '', renewAt: Number.NEGATIVE_INFINITY }
      }
      return current()
    },
    close: () => client.close(),
  }
}

function openClient({ account, ca, timeoutMs, now, onEvent }: AccessTokenOptions): Http2Client {
  return new Http2Client({
    origin: account.tokenUrl.origin,
    ca,
    timeoutMs,
    connectionsMax: 1,
    streamsMax: 1,
    now,
    ...(onEvent && { onEvent }),
  })
}

function assertion({ clientEmail, key, keyId, tokenUrl }: ServiceAccount, nowMs: number) {
  const seconds = Math.floor(nowMs / 1000)
  return new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId })
    .setIssuer(clientEmail)
    .setAudience(tokenUrl.href)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + LIFETIME_S)
    .sign(key)
}

function tokenOf(body: string): { token: string; lifetimeMs: number } | null {
  const { access_token: token, expires_in: seconds } = explanation(body)
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,4096}$/.test(token)) return null
  const isLifetime = typeof seconds === 'number' && seconds > 0 && seconds <= 86_400
  return { token, lifetimeMs: (isLifetime ? seconds : LIFETIME_S) * 1000 }
}

/** `invalid_grant`, `ECONNREFUSED`, or the status where Google does not explain itself. */
function reasonFrom(answer: ClientAnswer, nowMs: number): Refused {
  if (answer.state === 'failed') return unanswered(answer)
  const { error } = explanation(answer.body)
  const waitMs = retryAfterMs(answer.headers['retry-after'], nowMs)
  return refused(
    typeof error === 'string' && error !== '' ? error : `token endpoint: ${answer.status}`,
    {
      retryAfterMs: waitMs,
    },
  )
}
