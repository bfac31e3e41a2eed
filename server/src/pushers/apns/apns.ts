/** Pushes through the Apple Push Notification service, with token authentication. */
import { type ConnectionEvent, Http2Client } from '../http2-client.ts'
import type { Notification, Pusher, PushOutcome } from '../pusher.ts'
import { refused, unanswered } from '../refused.ts'
import { apnsHeaders, apnsId } from './headers.ts'
import { apnsPayload } from './payload.ts'
import { openProviderTokens } from './provider-token.ts'
import { isTokenStale, outcomeOf } from './reasons.ts'

export interface ApnsOptions {
  /** The 10 characters that Apple names the key by. */
  keyId: string
  teamId: string
  /** PKCS#8 PEM, as in the `.p8` file. */
  key: string
  /** The app's bundle id, for devices that name none. */
  topic: string
  /** For apps under development: https://api.sandbox.push.apple.com. */
  origin?: string | undefined
  /** PEM of the authority that signs the provider's certificate; else those of the system. */
  ca?: string | undefined
  timeoutMs: number
  /** Notifications under way at once. */
  concurrency?: number
  connectionsMax?: number
  connectMs?: number
  pingEveryMs?: number
  pingAnswerMs?: number
  now?(): number
  onEvent?(event: ConnectionEvent): void
}

export function openApns(options: ApnsOptions): Pusher {
  const { topic, timeoutMs, concurrency = 500, now = Date.now } = options
  const tokens = openProviderTokens({ ...options, now })
  const client = new Http2Client({
    connectionsMax: 1,
    ...options,
    origin: options.origin ?? 'https://api.push.apple.com',
    streamsMax: concurrency,
  })

  async function send(request: ApnsRequest, token: string, deadline: number): Promise<PushOutcome> {
    const { path, headers, body } = request
    const authorized = { ...headers, authorization: `bearer ${token}` }
    const leftMs = deadline - performance.now()
    const answer = await client.request({ method: 'POST', path, headers: authorized, body }, leftMs)
    if (answer.state === 'failed') return unanswered(answer)
    if (isTokenStale(answer)) {
      const newer = await tokens.after(token)
      if (newer !== token && !request.isRetry) {
        return send({ ...request, isRetry: true }, newer, deadline)
      }
    }
    return outcomeOf(answer, headers['apns-id'], now())
  }

  return {
    concurrencyMax: concurrency,
    async push(notification) {
      const request = requestOf(notification, topic)
      if ('state' in request) return request
      const deadline = performance.now() + timeoutMs
      const token = tokens.current()
      return send(request, typeof token === 'string' ? token : await token, deadline)
    },
    close: () => client.close(),
  }
}

interface ApnsRequest {
  path: string
  headers: Record<string, string> & { 'apns-id': string }
  body: string
  isRetry: boolean
}

/** What can only be refused is refused here, with the reason that Apple would give. */
function requestOf(notification: Notification, defaultTopic: string): ApnsRequest | PushOutcome {
  const { device } = notification
  if (!/^[0-9a-fA-F]{1,400}$/.test(device.token)) {
    return refused('BadDeviceToken', { isDeviceGone: true })
  }
  const topic = device.app === '' ? defaultTopic : device.app
  if (!/^[\w.-]{1,256}$/.test(topic)) return refused('BadTopic')
  const body = apnsPayload(notification)
  if (body === null) return refused('PayloadTooLarge')
  return {
    path: `/3/device/${device.token}`,
    headers: {
      'apns-id': apnsId(notification),
      'apns-topic': device.way === 'apns-voip' ? `${topic}.voip` : topic,
      ...apnsHeaders(notification),
    },
    body,
    isRetry: false,
  }
}
