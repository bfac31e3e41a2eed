import type { Device } from '../../src/domain/device.ts'
import type { Notification, Pusher, PushOutcome } from '../../src/pushers/pusher.ts'
import { newDevice, newNotification } from './notification.ts'

export const NOW_MS = Date.UTC(2026, 4, 1, 12)

type Change = Partial<Omit<Notification, 'device'>> & { device?: Partial<Device> }

/** A plain notification to a phone; `change` says what is special about this one. */
export function notificationTo(token: string, { device, ...change }: Change = {}): Notification {
  return newNotification({
    device: newDevice({ way: 'apns', token, ...device }),
    title: 'Parcels',
    body: 'Your parcel is on its way',
    badge: 3,
    data: { order: '91' },
    ...change,
  })
}

/** A device token as Apple gives them, the same for the same number. */
export function appleToken(number: number): string {
  return number.toString(16).padStart(64, '0')
}

/** Pushes all of them, so many at once as the pusher takes, and counts what became of them. */
export async function pushAll(
  pusher: Pusher,
  count: number,
  notificationOf: (number: number) => Notification,
): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {}
  let next = 0
  const worker = async () => {
    while (next < count) {
      const name = nameOf(await pusher.push(notificationOf(next++)))
      outcomes[name] = (outcomes[name] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: pusher.concurrencyMax }, worker))
  return outcomes
}

function nameOf(outcome: PushOutcome): string {
  return outcome.state === 'pushed' ? 'pushed' : outcome.reason
}

/** A refusal of which nothing special is to be said. */
export const plainRefusal = {
  state: 'refused',
  isRetryable: false,
  retryAfterMs: null,
  isDeviceGone: false,
  scope: 'notification',
}

/** A refusal of this notification now, and perhaps not later. */
export const passingRefusal = { ...plainRefusal, isRetryable: true }

/** A refusal of everything at present. */
export const providerRefusal = { ...passingRefusal, scope: 'provider' }
