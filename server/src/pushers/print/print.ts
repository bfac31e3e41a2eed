import type { Log } from '../../lib/log.ts'
import type { Notification, Pusher } from '../pusher.ts'

/**
 * Logs each notification in place of sending it: for trying push out. What people write to each other
 * stands in the log only at the level `debug`.
 */
export function openPrint(log: Log): Pusher {
  return {
    concurrencyMax: 100,
    async push(notification) {
      log.info(outsideOf(notification), 'push')
      log.debug(insideOf(notification), 'what the push says')
      return { state: 'pushed', id: '' }
    },
    async close() {},
  }
}

function outsideOf(notification: Notification) {
  const { device, collapseId, badge, sound, priority, expiresAt, isWithdrawal } = notification
  const bodyBytes = Buffer.byteLength(notification.body)
  const { id, way } = device
  return { device: id, way, collapseId, badge, sound, priority, expiresAt, isWithdrawal, bodyBytes }
}

function insideOf(notification: Notification) {
  const { collapseId, title, subtitle, body, imageUrl, data, localization } = notification
  return { collapseId, title, subtitle, body, imageUrl, data, localization }
}
