/** What callers bring of a device, before anybody relies on it. */
import { isAccountId } from './account.ts'
import type { Device } from './device.ts'

const DEVICE_ID_BYTES_MAX = 256
const DEVICE_TOKEN_CHARACTERS_MAX = 4096
const SUBSCRIPTION_URL_CHARACTERS_MAX = 2048

/** A device id is like that of an account, but may be longer. */
export function isDeviceId(id: string): boolean {
  return isAccountId(id, DEVICE_ID_BYTES_MAX)
}

/** It has to fit the path of a request, or a header. */
export function isDeviceToken(token: string): boolean {
  return token.length <= DEVICE_TOKEN_CHARACTERS_MAX && /^[\x21-\x7e]+$/.test(token)
}

/** Where a browser's push service takes notifications for one of its pages. */
export function isSubscriptionUrl(url: string): boolean {
  return (
    url.length <= SUBSCRIPTION_URL_CHARACTERS_MAX &&
    isDeviceToken(url) &&
    URL.parse(url)?.protocol === 'https:'
  )
}

/** A point of P-256, uncompressed, and 16 bytes of secret; base64url without padding. */
export function areSubscriptionKeys({ p256dh, auth }: NonNullable<Device['keys']>): boolean {
  return /^B[\w-]{86}$/.test(p256dh) && /^[\w-]{22}$/.test(auth)
}
