/**
 * What a notification says, as the door that took the call words it. The rest
 * is worked out when it is pushed: the device, the badge, the name by which a
 * repeat replaces it, and how long it is worth showing.
 */
import type { Batch, Content } from '../../domain/batch.ts'
import type { PushWay } from '../../domain/device.ts'
import type { Message } from '../../domain/message.ts'
import type { Stored } from '../../domain/record.ts'
import type { Notification } from '../../pushers/pusher.ts'

export type PushContent = Omit<
  Notification,
  'device' | 'badge' | 'collapseId' | 'expiresAt' | 'isWithdrawal'
> & {
  /** The number on the icon becomes what the receiver has not read; else it is left as it is. */
  showsBadge: boolean
  /** Notifications of one id replace one another; null: the message's own id. */
  collapseId: string | null
}

/** A copy as it stands when it is pushed: one that was recalled is not. */
export interface PushedCopy extends Message {
  content: Content
}

/**
 * Words the notification of a copy for one who receives it, on devices that are reached in this
 * way. Null: this copy is not for notifying.
 */
export type NotificationOf = (copy: PushedCopy, account: number, way: PushWay) => PushContent | null

/** Whether the receiver's do-not-disturb holds for a copy. */
export type IsMuted = (account: number, stored: Stored<Batch>, ordinal: number) => boolean

/** Words a copy for a hook, as JSON. Null: it is not for notifying. */
export type HookBodyOf = (copy: HookCopy) => string | null | Promise<string | null>

export interface HookCopy extends PushedCopy {
  /** Who receives it: one, or for a hook that hears of each copy once, up to 500 at a time. */
  accounts: readonly number[]
  /** What the first of them has not read: the number on the icon. */
  badge: number
}
