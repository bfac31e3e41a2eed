/**
 * A notification in Apple's words.
 * https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification
 */

import { cutToFit } from '../../lib/cut.ts'
import { collapseKey } from '../collapse-key.ts'
import type { Notification } from '../pusher.ts'

const BYTES_MAX = 4096
const VOIP_BYTES_MAX = 5120

export type PushType = 'alert' | 'background' | 'voip'

/** Background: nothing is shown, the app is woken for a moment. */
export function pushType(notification: Notification): PushType {
  if (notification.device.way === 'apns-voip') return 'voip'
  if (notification.isWithdrawal) return 'background'
  return notification.apns.isContentAvailable && !hasText(notification) ? 'background' : 'alert'
}

/** The payload, with a body as long as fits; null: it does not fit even without. */
export function apnsPayload(notification: Notification): string | null {
  const bytesMax = pushType(notification) === 'voip' ? VOIP_BYTES_MAX : BYTES_MAX
  const payload = (body: string) => JSON.stringify(apnsContent(notification, body))
  const whole = payload(notification.body)
  if (Buffer.byteLength(whole) <= bytesMax) return whole
  const body = cutToFit(notification.body, (cut) => Buffer.byteLength(payload(cut)) <= bytesMax)
  return body === null ? null : payload(body)
}

/** What the app gets: `aps` for the system, and beside it what is for the app alone. */
export function apnsContent(notification: Notification, body: string): Record<string, unknown> {
  const { data, imageUrl, isWithdrawal } = notification
  return {
    ...data,
    ...(imageUrl !== '' && { image: imageUrl }),
    ...(isWithdrawal && { withdrawn: collapseKey(notification.collapseId) }),
    aps:
      pushType(notification) === 'background'
        ? { 'content-available': 1 }
        : aps(notification, body),
  }
}

function aps(notification: Notification, body: string): Record<string, unknown> {
  const { apns, badge, sound, imageUrl } = notification
  return {
    ...(hasText(notification) && { alert: alert(notification, body) }),
    ...(badge !== null && { badge }),
    ...(sound !== null && { sound }),
    // An image is fetched by the app's extension, which is asked only if it may change something.
    ...((apns.isMutable || imageUrl !== '') && { 'mutable-content': 1 }),
    ...(apns.isContentAvailable && { 'content-available': 1 }),
    ...(apns.interruptionLevel !== '' && { 'interruption-level': apns.interruptionLevel }),
  }
}

function alert(notification: Notification, body: string): string | Record<string, unknown> {
  const { title, subtitle, localization } = notification
  if (title === '' && subtitle === '' && localization.key === '') return body
  return {
    ...(title !== '' && { title }),
    ...(subtitle !== '' && { subtitle }),
    ...(body !== '' && { body }),
    ...(localization.key !== '' && {
      'loc-key': localization.key,
      'loc-args': localizedArguments(notification, body),
    }),
  }
}

/** An argument that is the body is cut with it. */
export function localizedArguments(
  { body: whole, localization }: Notification,
  body: string,
): string[] {
  return localization.arguments.map((argument) => (argument === whole ? body : argument))
}

export function hasText({ title, subtitle, body, localization }: Notification): boolean {
  return title !== '' || subtitle !== '' || body !== '' || localization.key !== ''
}
