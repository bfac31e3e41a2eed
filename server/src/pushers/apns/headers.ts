/**
 * How Apple is to treat a notification, in the headers of its request.
 * https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
 */
import { hash } from 'node:crypto'
import { collapseKey } from '../collapse-key.ts'
import type { Notification } from '../pusher.ts'
import { type PushType, pushType } from './payload.ts'

export function apnsHeaders(notification: Notification): Record<string, string> {
  const type = pushType(notification)
  const { collapseId } = notification
  // A call is now: Apple offers it to the phone once, and does not keep it.
  const expiresAt = type === 'voip' ? 0 : notification.expiresAt
  return {
    'apns-push-type': type,
    'apns-priority': priority(type, notification),
    ...(expiresAt !== null && { 'apns-expiration': String(Math.floor(expiresAt)) }),
    ...(collapseId !== '' && { 'apns-collapse-id': collapseKey(collapseId) }),
  }
}

/** Apple refuses a background notification that asks for more than 5. */
function priority(type: PushType, notification: Notification): '5' | '10' {
  if (type === 'background') return '5'
  return type === 'voip' || notification.priority === 'high' ? '10' : '5'
}

/** The same for each repeat of one notification to one device: a UUID of RFC 9562, version 8. */
export function apnsId({ device, collapseId, isWithdrawal }: Notification): string {
  const parts = JSON.stringify([device.way, device.id, device.token, collapseId, isWithdrawal])
  const hex = hash('sha256', parts)
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
