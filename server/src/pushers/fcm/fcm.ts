/** Pushes through Firebase Cloud Messaging, HTTP v1, as a service account. */
import { type ConnectionEvent, Http2Client } from '../http2-client.ts'
import type { Notification, Pusher, PushOutcome } from '../pusher.ts'
import { refused, unanswered } from '../refused.ts'
import { openAccessTokens } from './access-token.ts'
import { type FcmMessage, fcmMessage } from './message.ts'
import type { PayloadHook, Worded } from './payload-hook.ts'
import { outcomeOf, reasonOf } from './reasons.ts'
import { parseServiceAccount } from './service-account.ts'

export interface FcmOptions {
  /** The JSON file of the service account, parsed. */
  serviceAccount: unknown
  origin?: string | undefined
  /** PEM of the authority that signs the provider's certificates; else those of the system. */
  ca?: string | undefined
  /** For a notification, and once more where an access token has to be got first. */
  timeoutMs: number
  /** Words the messages in our place, in a time of its own. It is ended with the pusher. */
  payloadHook?: PayloadHook | null
  /** Notifications under way at once. */
  concurrency?: number
  connectionsMax?: number
  connectMs?: number
  pingEveryMs?: number
  pingAnswerMs?: number
  now?(): number
  onEvent?(event: ConnectionEvent): void
}

export function openFcm(options: FcmOptions): Pusher {
  const { timeoutMs, ca, onEvent, concurrency = 100, now = Date.now } = options
  const { payloadHook = null } = options
  const account = parseServiceAccount(options.serviceAccount)
  const path = `/v1/projects/${encodeURIComponent(account.projectId)}/messages:send`
  const tokens = openAccessTokens({ account, ca, timeoutMs, now, onEvent })
  const client = new Http2Client({
    connectionsMax: 1,
    ...options,
    origin: options.origin ?? 'https://fcm.googleapis.com',
    streamsMax: concurrency,
  })

  async function send(body: string, token: string, deadline: number): Promise<PushOutcome> {
    const answer = await post(body, token, deadline)
    if (answer.state === 'failed') return unanswered(answer)
    if (reasonOf(answer) !== 'UNAUTHENTICATED') return outcomeOf(answer, now())
    const newer = await tokens.after(token)
    if (newer.state === 'refused') return newer
    if (newer.token === token) return outcomeOf(answer, now())
    const second = await post(body, newer.token, deadline)
    return second.state === 'failed' ? unanswered(second) : outcomeOf(second, now())
  }

  function post(body: string, token: string, deadline: number) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const leftMs = deadline - performance.now()
    return client.request({ method: 'POST', path, headers, body }, leftMs)
  }

  /** A withdrawal shows nothing: there is nothing to word. */
  async function inWords(notification: Notification, own: FcmMessage): Promise<Worded> {
    if (payloadHook === null || notification.isWithdrawal) return { state: 'worded', message: own }
    return payloadHook.word(notification, own)
  }

  return {
    concurrencyMax: concurrency,
    async push(notification) {
      const own = fcmMessage(notification, now())
      if (own === null) return refused('PayloadTooLarge')
      const token = await tokens.current()
      if (token.state === 'refused') return token
      const worded = await inWords(notification, own)
      if (worded.state === 'refused') return worded
      const message = { ...worded.message, token: notification.device.token }
      return send(JSON.stringify({ message }), token.token, performance.now() + timeoutMs)
    },
    async close() {
      payloadHook?.close()
      await Promise.all([client.close(), tokens.close()])
    },
  }
}
