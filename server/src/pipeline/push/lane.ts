/**
 * A lane is one way to sleeping devices as the push stage sees it: what goes
 * along it, and how many at a time. The ways of devices and the hooks are lanes.
 */
import type { KnownDevice, PushWay } from '../../domain/device.ts'
import { messageId } from '../../domain/message-id.ts'
import { isGroup } from '../../domain/peer.ts'
import type { Pusher, PushOutcome } from '../../pushers/pusher.ts'
import type { HookBodyOf, HookCopy, NotificationOf } from './content.ts'
import type { ShownNotifications } from './shown.ts'

export interface Lane {
  way: PushWay
  /** Leads to devices; else to whoever listens for all accounts. */
  toDevices: boolean
  /** How many receivers of one copy share a push. */
  receiversMax: number
  concurrencyMax: number
  /** Pushes in a second; 0: any number. */
  perSecond: number
  /** Resolves with what became of it; `null`: its door does not want it notified. */
  push(copy: LaneCopy): Promise<PushOutcome | null>
}

export interface LaneCopy extends HookCopy {
  /** null: the lane leads to no devices. */
  device: KnownDevice | null
  /** Unix time, milliseconds. */
  expiresAt: number
}

export interface DeviceLaneOptions {
  way: PushWay
  pusher: Pusher
  perSecond: number
  notificationOf: NotificationOf
  /** Of the journal; part of every message id. */
  generation: number
  /** Where it is remembered what devices show; null: it is not. */
  shown: ShownNotifications | null
}

export function deviceLane(options: DeviceLaneOptions): Lane {
  const { way, pusher, perSecond, notificationOf, generation, shown } = options
  return {
    way,
    toDevices: true,
    receiversMax: 1,
    concurrencyMax: pusher.concurrencyMax,
    perSecond,
    async push(copy) {
      const { position, sender, recipient, accounts, badge, device, expiresAt } = copy
      const content = notificationOf(copy, accounts[0]!, way)
      if (content === null) return null
      const { showsBadge, collapseId, ...said } = content
      const notification = {
        ...said,
        device: device!,
        badge: showsBadge ? badge : null,
        collapseId: collapseId ?? messageId(generation, position),
        expiresAt: Math.ceil(expiresAt / 1000),
        isWithdrawal: false,
      }
      const outcome = await pusher.push(notification)
      // What an app shows of a call is its own.
      if (outcome.state === 'pushed' && way !== 'apns-voip') {
        const peer = isGroup(recipient) ? recipient : sender
        shown?.add({ ...notification, account: accounts[0]!, peer, position })
      }
      return outcome
    },
  }
}

export interface HookLaneOptions {
  way: PushWay
  hook: { post(json: string): Promise<PushOutcome>; readonly concurrencyMax: number }
  receiversMax: number
  perSecond: number
  bodyOf: HookBodyOf
}

export function hookLane({ way, hook, receiversMax, perSecond, bodyOf }: HookLaneOptions): Lane {
  return {
    way,
    toDevices: false,
    receiversMax,
    concurrencyMax: hook.concurrencyMax,
    perSecond,
    async push(copy) {
      const body = await bodyOf(copy)
      return body === null ? null : hook.post(body)
    },
  }
}
