/**
 * A device is where an account can be reached while no terminal of it is open.
 * It has an id of its app's choosing; with the way that leads to it, that names
 * one device, whoever its owner is at present.
 */
export interface Device {
  /** 1 to 256 bytes; unique together with `way`. */
  id: string
  way: PushWay
  /** What the provider knows it by: an APNs or FCM token, or the URL of a Web Push subscription. */
  token: string
  /** Of a Web Push subscription: its public key and its secret, base64url; else null. */
  keys: { p256dh: string; auth: string } | null
  /** The bundle or project that it belongs to; empty: the one of the settings. */
  app: string
  /** `zh-Hant-TW`, or empty: not known. */
  locale: string
  /** `Asia/Taipei`, or empty: not known. */
  timeZone: string
}

/** How a device is reached. Each has a provider, and a place of its own in the journal. */
export const pushWays = [
  'apns',
  'apns-voip',
  'fcm',
  'web',
  'hook',
  'print',
  'hook-generic',
] as const
export type PushWay = (typeof pushWays)[number]

/** A device as the directory knows it. */
export interface KnownDevice extends Device {
  account: number
  /** When it was last registered: Unix time, milliseconds. */
  changedAt: number
}
