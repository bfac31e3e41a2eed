/**
 * Notifications behind which no message stands: a caller words them itself.
 * Each is handed over once, and nothing of it is kept: what a provider refuses,
 * what finds no room and what waits when the server stops is lost.
 */
import type { PushWay } from '../../domain/device.ts'
import type { Notification, Pusher } from '../../pushers/pusher.ts'
import type { Pipeline } from '../pipeline.ts'

/** Hands one over, as far as its way is configured and there is room. */
export type PushDirectly = (notification: Notification) => void

/** How many may wait for one way. */
const WAITING_MAX = 10_000

/** Of what a provider takes at once, most is for messages. */
const UNDER_WAY_MAX = 4

export function openDirect(
  pushers: ReadonlyMap<PushWay, Pusher>,
  { removeDevice }: Pick<Pipeline, 'removeDevice'>,
): PushDirectly {
  const queues = new Map<PushWay, Notification[]>()
  const underWay = new Map<PushWay, number>()

  return (notification) => {
    const { way } = notification.device
    const pusher = pushers.get(way)
    const queue = queues.get(way) ?? []
    if (pusher === undefined || queue.length >= WAITING_MAX) return
    queues.set(way, queue)
    queue.push(notification)
    if ((underWay.get(way) ?? 0) < UNDER_WAY_MAX) void run(way, pusher, queue)
  }

  async function run(way: PushWay, pusher: Pusher, queue: Notification[]): Promise<void> {
    underWay.set(way, (underWay.get(way) ?? 0) + 1)
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { id, token } = next.device
      const outcome = await pusher.push(next)
      if (outcome.state === 'pushed' || !outcome.isDeviceGone) continue
      // Where it cannot be written down, the next notification finds the device gone, too.
      await removeDevice(way, id, { token }).catch(() => {})
    }
    underWay.set(way, underWay.get(way)! - 1)
  }
}
