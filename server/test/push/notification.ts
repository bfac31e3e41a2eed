import type { Device } from '../../src/domain/device.ts'
import type { Notification } from '../../src/pushers/pusher.ts'

export function newDevice(device: Partial<Device> = {}): Device {
  return {
    id: 'device-1',
    way: 'print',
    token: 'token-1',
    keys: null,
    app: '',
    locale: '',
    timeZone: '',
    ...device,
  }
}

/** A notification that says as little as possible, but for what is given. */
export function newNotification(notification: Partial<Notification> = {}): Notification {
  return {
    device: newDevice(),
    title: 'Ann',
    subtitle: '',
    body: 'Hello',
    badge: null,
    sound: 'default',
    imageUrl: '',
    data: {},
    collapseId: '000100000000000100000000',
    expiresAt: null,
    priority: 'high',
    localization: { key: '', arguments: [] },
    apns: { interruptionLevel: '', isMutable: false, isContentAvailable: false },
    androidChannel: '',
    isWithdrawal: false,
    ...notification,
  }
}
