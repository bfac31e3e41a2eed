/** The message of FCM in what a hook answers: by itself, or as `message` of a request. */
import { LEVELS_MAX, nestsDeeper } from '../../lib/nesting.ts'
import { isObject } from '../../lib/values.ts'
import { type FcmMessage, fits } from './message.ts'

/** None: the hook leaves it to us. What else may be wrong with it, Google says. */
export function messageIn(text: string): FcmMessage | 'none' | 'invalid' | 'too-large' {
  const json = text.trim()
  if (json === '') return 'none'
  const answer = parsed(json)
  if (!isObject(answer)) return 'invalid'
  const message = Object.hasOwn(answer, 'message') ? answer.message : answer
  if (!isObject(message) || nestsDeeper(message, LEVELS_MAX)) return 'invalid'
  if (Object.keys(message).length === 0) return 'none'
  const { notification, data, apns } = message
  const onApple = isObject(apns) ? apns.payload : undefined
  return fits(notification, data, onApple) ? withoutTargets(message) : 'too-large'
}

/** Whom a message is for is not the hook's to say. */
function withoutTargets({ token, topic, condition, ...message }: FcmMessage): FcmMessage {
  const { apns } = message
  if (!isObject(apns)) return message
  const { live_activity_token, liveActivityToken, ...onApple } = apns
  return { ...message, apns: onApple }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
