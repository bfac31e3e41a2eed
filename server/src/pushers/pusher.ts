/**
 * A pusher is one way to sleeping devices: a provider that takes notifications
 * and says what becomes of them. Pushers know providers and nothing of batches.
 */
import type { Device } from '../domain/device.ts'

export interface Pusher {
  /**
   * Hands one notification over. Resolves with what the provider said of it, once; what happens in
   * life never rejects. It is given up on, as retryable, after `timeoutMs`.
   */
  push(notification: Notification): Promise<PushOutcome>

  /** How many notifications may be under way at once. */
  readonly concurrencyMax: number

  /** Ends its connections. What is under way resolves as retryable. */
  close(): Promise<void>
}

/** What a device should show. Empty texts are left out; the pusher keeps to the provider's size limit. */
export interface Notification {
  device: Device
  title: string
  subtitle: string
  /** May be cut at a character boundary so that the whole fits. */
  body: string
  /** Number on the app's icon; null: left as it is. */
  badge: number | null
  /** File name, or `default`; null: silent. */
  sound: string | null
  imageUrl: string
  /** For the app, not shown. Values are texts. */
  data: Readonly<Record<string, string>>
  /** Notifications of one id replace one another; at most 64 bytes. A repeated push has the same. */
  collapseId: string
  /** Unix time, seconds, after which it is no longer worth showing; null: the provider's longest. */
  expiresAt: number | null
  /** High: shown at once, may wake the device. */
  priority: 'high' | 'normal'
  /** Texts that the app translates; `key` empty: it does not. */
  localization: { key: string; arguments: readonly string[] }
  apns: {
    interruptionLevel: '' | 'active' | 'critical' | 'passive' | 'time-sensitive'
    isMutable: boolean
    isContentAvailable: boolean
  }
  /** Channel that Android shows it in; empty: the app's default. */
  androidChannel: string
  /** Takes a shown notification of the same collapse id back, where the platform can. */
  isWithdrawal: boolean
  /** What a hook that words it is told of it, as a door puts it; absent: no more than stands above. */
  facts?: Readonly<Record<string, unknown>>
}

export type PushOutcome =
  /** The provider took it; `id` is its name for it, if it gave one. */
  | { state: 'pushed'; id: string }
  | {
      state: 'refused'
      /** As the provider said it: `BadDeviceToken`, `UNREGISTERED`, `429`, `ECONNREFUSED`. */
      reason: string
      /** The same notification may be taken later. */
      isRetryable: boolean
      /** The provider asks to wait at least so long; null: it does not say. */
      retryAfterMs: number | null
      /** The device does not exist any more, for ever. */
      isDeviceGone: boolean
      /** It was this notification that was refused, or everything is at present: see breaker. */
      scope: 'notification' | 'provider'
    }
