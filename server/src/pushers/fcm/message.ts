/**
 * A notification in the words of FCM, for whichever kind of device the token is of.
 * https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
 */

import { cutToFit } from '../../lib/cut.ts'
import { apnsHeaders } from '../apns/headers.ts'
import { apnsContent, hasText, localizedArguments, pushType } from '../apns/payload.ts'
import { collapseKey } from '../collapse-key.ts'
import type { Notification } from '../pusher.ts'

const BYTES_MAX = 4096
const TTL_MAX_S = 28 * 86_400

/** What Google is sent, but for the token of the device. */
export type FcmMessage = Readonly<Record<string, unknown>>

/** The message, with a text as long as fits; null: it does not fit even without. */
export function fcmMessage(notification: Notification, nowMs: number): FcmMessage | null {
  const data = dataOf(notification)
  const body = cutToFit(notification.body, (cut) =>
    fits(shown(notification, cut), data, onApple(notification, cut)),
  )
  return body === null ? null : message(notification, data, body, nowMs)
}

/** By what FCM counts, and by what comes to an iPhone. */
export function fits(notification: unknown, data: unknown, onApple: unknown): boolean {
  const counted = { notification, data }
  const arriving = { ...(data as object), ...(onApple as object) }
  return [counted, arriving].every((part) => Buffer.byteLength(JSON.stringify(part)) <= BYTES_MAX)
}

type Data = Record<string, string>

function message(notification: Notification, data: Data, body: string, nowMs: number): FcmMessage {
  const { collapseId, priority } = notification
  const lifetime = lifetimeSeconds(notification, nowMs)
  const isShown = pushType(notification) === 'alert' && hasText(notification)
  return {
    ...(isShown && { notification: shown(notification, body) }),
    data,
    android: {
      ...(collapseId !== '' && { collapse_key: collapseKey(collapseId) }),
      priority: priority === 'high' ? 'HIGH' : 'NORMAL',
      ...(lifetime !== null && { ttl: `${lifetime}s` }),
      ...(isShown && { notification: onAndroid(notification, body) }),
    },
    apns: {
      headers: apnsHeaders(notification),
      payload: onApple(notification, body),
      ...(notification.imageUrl !== '' && { fcm_options: { image: notification.imageUrl } }),
    },
    webpush: {
      headers: {
        Urgency: priority,
        ...(lifetime !== null && { TTL: String(lifetime) }),
      },
      ...(isShown && {
        notification: { ...shown(notification, body), tag: collapseKey(collapseId) },
      }),
    },
  }
}

function shown({ title, imageUrl }: Notification, body: string): object {
  return {
    ...(title !== '' && { title }),
    ...(body !== '' && { body }),
    ...(imageUrl !== '' && { image: imageUrl }),
  }
}

/** FCM adds the data itself. */
function onApple(notification: Notification, body: string): object {
  return apnsContent({ ...notification, data: {} }, body)
}

function onAndroid(notification: Notification, body: string): object {
  const { androidChannel, badge, collapseId, localization, sound } = notification
  return {
    tag: collapseKey(collapseId),
    ...(androidChannel !== '' && { channel_id: androidChannel }),
    ...(sound !== null && { sound }),
    ...(badge !== null && badge > 0 && { notification_count: badge }),
    ...(localization.key !== '' && {
      body_loc_key: localization.key,
      body_loc_args: localizedArguments(notification, body),
    }),
  }
}

/** FCM keeps some keys for itself and would refuse the whole message; ours get an underscore. */
function dataOf({ data, isWithdrawal, collapseId }: Notification): Data {
  const entries = Object.entries(data).map(([key, value]) => [
    isReserved(key) ? `_${key}` : key,
    value,
  ])
  return {
    ...Object.fromEntries(entries),
    ...(isWithdrawal && { withdrawn: collapseKey(collapseId) }),
  }
}

function isReserved(key: string): boolean {
  return /^(from|message_type|notification|google.*|gcm.*)$/.test(key)
}

function lifetimeSeconds({ expiresAt }: Notification, nowMs: number): number | null {
  if (expiresAt === null) return null
  return Math.min(TTL_MAX_S, Math.max(0, Math.floor(expiresAt - nowMs / 1000)))
}
