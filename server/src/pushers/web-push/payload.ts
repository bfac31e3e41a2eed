import { cutToFit } from '../../lib/cut.ts'
import { localizedArguments } from '../apns/payload.ts'
import type { Notification } from '../pusher.ts'
import { PLAINTEXT_BYTES_MAX } from './encryption.ts'

/**
 * What a page's service worker reads with `event.data.json()`. What is empty is left out. The body is
 * cut so that all of it fits; null: it does not fit without a body either.
 */
export function payloadOf(notification: Notification): Buffer | null {
  const body = cutToFit(
    notification.body,
    (text) => Buffer.byteLength(withBody(notification, text)) <= PLAINTEXT_BYTES_MAX,
  )
  return body === null ? null : Buffer.from(withBody(notification, body))
}

function withBody(notification: Notification, body: string): string {
  const { title, subtitle, imageUrl, badge, collapseId, sound, data, localization } = notification
  if (notification.isWithdrawal) return JSON.stringify({ tag: collapseId, isWithdrawal: true })
  return JSON.stringify({
    title: title || undefined,
    subtitle: subtitle || undefined,
    body: body || undefined,
    image: imageUrl || undefined,
    badge: badge ?? undefined,
    tag: collapseId || undefined,
    silent: sound === null ? true : undefined,
    localization:
      localization.key === ''
        ? undefined
        : { key: localization.key, arguments: localizedArguments(notification, body) },
    data: Object.keys(data).length === 0 ? undefined : data,
  })
}
