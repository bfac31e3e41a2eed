/**
 * Web Push: notifications to browsers (RFC 8030, 8291, 8292). Every browser
 * names its own push service, so this pusher has many providers, some of which
 * are strangers. Only HTTPS to public addresses is spoken, and one that fails
 * holds nobody else up: see rests.ts.
 */
import { createHash } from 'node:crypto'
import { type Answer, codeOf, openPoster } from '../poster.ts'
import type { Notification, Pusher, PushOutcome } from '../pusher.ts'
import { refused } from '../refused.ts'
import { encrypt, readSubscriptionKeys, type SubscriptionKeys } from './encryption.ts'
import { isAboutKeys, outcomeOf } from './outcome.ts'
import { payloadOf } from './payload.ts'
import {
  addressInUrl,
  FORBIDDEN_ADDRESS,
  isPublicAddress,
  openPublicLookup,
} from './public-addresses.ts'
import { openRests } from './rests.ts'
import { faultOfVapidKeys, openVapid, type VapidKeys } from './vapid.ts'

export interface WebPushOptions extends VapidKeys {
  /** Where the push service's operator finds us: `mailto:` or `https:`. */
  subject: string
  timeoutMs: number
  /** PEM of an authority that is trusted beside the known ones. */
  ca?: string
  /** Push services may have addresses of private networks: for trying out. */
  allowPrivate?: boolean
  /** Unix time, milliseconds. */
  now?: () => number
}

const CONNECTIONS_MAX = 256
const CONNECTIONS_PER_HOST_MAX = 64

/** Four weeks: the longest that the large push services keep. */
const LIFETIME_SECONDS_MAX = 28 * 86_400

/** Throws when the keys are no VAPID keys. */
export function openWebPush(options: WebPushOptions): Pusher {
  const fault = faultOfVapidKeys(options)
  if (fault !== null) throw new TypeError(`web push: ${fault}`)
  const { timeoutMs, ca, allowPrivate = false, now = Date.now } = options
  const vapid = openVapid(options, now)
  const rests = openRests(now)
  const poster = openPoster({
    timeoutMs,
    connectionsMax: CONNECTIONS_MAX,
    connectionsPerHostMax: CONNECTIONS_PER_HOST_MAX,
    ...(ca !== undefined && { ca }),
    ...(!allowPrivate && { lookup: openPublicLookup() }),
  })
  let hasPushed = false

  async function send(
    notification: Notification,
    { url, keys }: Subscription,
  ): Promise<PushOutcome> {
    const payload = payloadOf(notification)
    if (payload === null) return refused('PayloadTooLarge')
    const body = encryptIfPossible(payload, keys)
    if (body === null) return refused('InvalidSubscription', { isDeviceGone: true })
    const headers = {
      ...headersOf(notification, now()),
      authorization: await vapid.authorization(url.origin),
    }
    const answer = await poster.post(url, headers, body).catch(codeOf)
    const outcome = typeof answer === 'string' ? unanswered(answer) : answered(answer)
    if (outcome.state === 'refused' && outcome.isRetryable) {
      rests.failed(url.origin, outcome.reason, outcome.retryAfterMs)
    } else {
      rests.succeeded(url.origin)
    }
    return outcome
  }

  function answered(answer: Answer): PushOutcome {
    const outcome = outcomeOf(answer, now())
    if (outcome.state === 'pushed') hasPushed = true
    // Keys that were never taken may be wrong, and then nothing gets through. Keys that somebody has
    // taken are right: this subscription was made with others, or its push service is a stranger's.
    if (outcome.state === 'pushed' || hasPushed || !isAboutKeys(answer)) return outcome
    return { ...outcome, isRetryable: true, scope: 'provider' }
  }

  return {
    concurrencyMax: CONNECTIONS_MAX,
    async push(notification) {
      const subscription = readSubscription(notification)
      if (subscription === null) return refused('InvalidSubscription', { isDeviceGone: true })
      const { url } = subscription
      if (!allowPrivate && isForbidden(url)) return refused(FORBIDDEN_ADDRESS)
      const rest = rests.of(url.origin)
      return rest === null
        ? send(notification, subscription)
        : refused(rest.reason, { isRetryable: true, retryAfterMs: rest.remainingMs })
    },
    async close() {
      poster.close()
    },
  }
}

interface Subscription {
  url: URL
  keys: SubscriptionKeys
}

function readSubscription({ device }: Notification): Subscription | null {
  const url = URL.parse(device.token)
  const keys = device.keys && readSubscriptionKeys(device.keys)
  return url?.protocol === 'https:' && keys ? { url, keys } : null
}

function isForbidden(url: URL): boolean {
  const address = addressInUrl(url)
  return address !== null && !isPublicAddress(address)
}

/** Null: the public key of the subscription is no point of the curve. */
function encryptIfPossible(payload: Buffer, keys: SubscriptionKeys): Buffer | null {
  try {
    return encrypt(payload, keys)
  } catch {
    return null
  }
}

function headersOf(notification: Notification, nowMs: number): Record<string, string> {
  const { collapseId, expiresAt, priority } = notification
  const restSeconds =
    expiresAt === null ? LIFETIME_SECONDS_MAX : expiresAt - Math.floor(nowMs / 1000)
  return {
    'content-type': 'application/octet-stream',
    'content-encoding': 'aes128gcm',
    ttl: String(Math.min(Math.max(0, restSeconds), LIFETIME_SECONDS_MAX)),
    urgency: priority,
    ...(collapseId !== '' && { topic: topicOf(collapseId) }),
  }
}

/** RFC 8030, section 5.4: 32 characters of base64url at most. */
function topicOf(collapseId: string): string {
  return createHash('sha256').update(collapseId).digest('base64url').slice(0, 32)
}

function unanswered(code: string): PushOutcome {
  return refused(code, { isRetryable: code !== FORBIDDEN_ADDRESS })
}
