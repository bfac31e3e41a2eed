/**
 * Asks a hook of the operator for the message that Google is sent. It is told
 * what the notification is of, and the message that would go without it.
 *
 *   an FCM message, or {"message": one}   goes, to the device that the notification is for
 *   nothing, or an empty object           ours goes
 *   a refusal, or no message              is one of the notification, `hook:` and the reason
 */
import { type HookOptions, openHookPoster } from '../hooks/hook-poster.ts'
import type { Notification } from '../pusher.ts'
import { type Refused, refused } from '../refused.ts'
import { messageIn } from './answered-message.ts'
import type { FcmMessage } from './message.ts'

export interface PayloadHook {
  /** Asks once for a message in place of our own; never rejects. */
  word(notification: Notification, own: FcmMessage): Promise<Worded>
  /** Ends the connections. What is under way resolves as retryable. */
  close(): void
}

export type Worded = { state: 'worded'; message: FcmMessage } | Refused

export interface PayloadHookOptions extends HookOptions {
  /** Hears why it gave no message, once a minute at most. */
  onTrouble?: (reason: string) => void
}

/** As many as are under way to Google: nobody waits for a connection. */
const CONNECTIONS_MAX = 100

/** Of a message FCM takes 4 KiB; the same text stands in it for each platform, perhaps escaped. */
const ANSWER_BYTES_MAX = 65_536
const TROUBLES_APART_MS = 60_000

export function openPayloadHook(options: PayloadHookOptions): PayloadHook {
  const { now = Date.now, onTrouble = () => {} } = options
  const poster = openHookPoster({
    ...options,
    connectionsMax: CONNECTIONS_MAX,
    answerBytesMax: ANSWER_BYTES_MAX,
  })
  let quietUntil = Number.NEGATIVE_INFINITY

  async function ask(notification: Notification, own: FcmMessage): Promise<Worded> {
    const { facts, badge } = notification
    const answer = await poster.post(JSON.stringify({ ...facts, badge, payload: own }))
    if (answer.state === 'refused') return answer
    if (!answer.isWhole) return refused('AnswerTooLong', { isRetryable: true })
    const found = messageIn(answer.text)
    if (found === 'none') return { state: 'worded', message: own }
    if (found === 'invalid') return refused('InvalidAnswer', { isRetryable: true })
    return found === 'too-large' ? refused('PayloadTooLarge') : { state: 'worded', message: found }
  }

  return {
    async word(notification, own) {
      const worded = await ask(notification, own)
      if (worded.state === 'worded') return worded
      const { state, reason, ...details } = worded
      if (worded.isRetryable && now() >= quietUntil) {
        quietUntil = now() + TROUBLES_APART_MS
        onTrouble(reason)
      }
      return refused(`hook: ${reason}`, details)
    },
    close: () => poster.close(),
  }
}
