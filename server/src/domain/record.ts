/**
 * What the journal holds, in one order. Everything else the server knows is
 * derived from these records and can be made again from them.
 */
import type { Batch, Content } from './batch.ts'
import type { Device, PushWay } from './device.ts'
import type { ConversationKey, Peer } from './peer.ts'
import type { Place, Position } from './place.ts'

/** Accounts that are new, or whose profile changes. At most 4,096. */
export interface Accounts {
  type: 'accounts'
  accounts: readonly AccountChange[]
}

export interface AccountChange {
  /** Given at accept, and in the record, so that no loss elsewhere ever renumbers anybody. */
  number: number
  id: string
  /** null: left as it is, or empty for a new account. */
  nick: string | null
  avatarUrl: string | null
  /** See Profile. */
  attributes: string | null
}

/** An account has read its conversation with `peer` up to a position, which is included. */
export interface Read {
  type: 'read'
  reader: number
  peer: Peer
  /** null: everything before this record. */
  upTo: Position | null
}

/** How far accounts have received what was sent to them. At most 4,096. */
export interface Delivered {
  type: 'delivered'
  accounts: Uint32Array
  /** Position by position of `accounts`. */
  upTo: Float64Array
}

/** Everything signed for the account up to a second, that one included, is void. */
export interface Revoked {
  type: 'revoked'
  account: number
  /** Unix time, seconds. */
  second: number
}

/**
 * A conversation is made known, or what is said about it changes. Groups begin with such a record.
 * The direct conversation of a pair needs none: it has one when a caller gave it an id, or a
 * property. At most 4,096 members in both columns together.
 */
export interface ConversationChange {
  type: 'conversation'
  conversation: ConversationKey
  /** null: as before. */
  description: Description | null
  /** Of a group: who becomes a member, and who stops being one. A pair has none. */
  joined: Uint32Array
  left: Uint32Array
}

/** What is said about a conversation. Its id and its type never change. */
export interface Description {
  /** Chosen by a caller or at random; 1 to 128 bytes, as of accounts, and of one conversation only. */
  id: string
  /** Account number; NOBODY: it has none. */
  owner: number
  /** Nothing can be said in it at present. */
  isFrozen: boolean
  /** What the doors keep of it beside that: compact JSON of an object. Empty: nothing. */
  attributes: string
}

/** A later change of copies of one batch record: they are taken back, or say something else. */
export interface Overlay {
  type: 'overlay'
  change: 'recall' | 'edit'
  /** Account number; NOBODY: the platform. */
  by: number
  /** The record whose copies are meant, and which of them; ordinals rise. */
  place: Place
  ordinals: Uint32Array
  /** What that record says of them, for those who do not read it again. */
  sender: number
  traits: number
  recipients: Int32Array
  /** What they say from now on; null: nothing any more, they are recalled. */
  content: Content | null
}

/** Tokens that doors gave out for an account, or took back. */
export interface Tokens {
  type: 'tokens'
  account: number
  /** Known from now on. One that was known gets a new end. */
  given: readonly { token: string; expiresAt: number | null }[]
  /** No longer good. */
  taken: readonly string[]
}

/** One account does not want to hear from another in their direct conversation, or does again. */
export interface Block {
  type: 'block'
  blocker: number
  blocked: number
  isOn: boolean
}

/**
 * A device is registered for an account, and nobody else's from then on, or it is gone. Another of
 * the same way that had its token is gone too when it is registered: it is the same one, under an
 * id that it had before. An empty token is no token.
 */
export interface DeviceChange {
  type: 'device'
  /** Its owner, from now on or until now. */
  account: number
  device: Device
  isGone: boolean
}

/** What became of the notifications for copies, in one way. */
export interface Outcomes {
  type: 'outcomes'
  /** none: of copies whose receiver has no device, or wants to hear nothing at present. */
  way: PushWay | 'none'
  /** Everything at or before it has its outcome in this way. Only rises, from record to record. */
  upTo: Position
  results: readonly PushResult[]
}

/** No record has more results than this. */
export const PUSH_RESULTS_MAX = 500

export interface PushResult {
  position: Position
  account: number
  /** Empty: it is not about any one device. */
  deviceId: string
  state: 'pushed' | 'refused' | 'skipped'
  /**
   * Pushed: the provider's name for it. Refused: the reason, as the provider said it. Skipped: why,
   * as `online`, `no-device`, `muted`, `expired` or `not-wanted`.
   */
  detail: string
  /** Refused, but it may be taken later. */
  isRetryable: boolean
}

export type JournalRecord =
  | Batch
  | Accounts
  | Read
  | Delivered
  | Revoked
  | ConversationChange
  | Overlay
  | Tokens
  | Block
  | DeviceChange
  | Outcomes

/** A record as the journal has it. */
export interface Stored<R extends JournalRecord = JournalRecord> {
  place: Place
  /** When it was accepted: Unix time, milliseconds. Order is the place, never the time. */
  time: number
  record: R
}

export function isBatch(stored: Stored): stored is Stored<Batch> {
  return stored.record.type === 'batch'
}
