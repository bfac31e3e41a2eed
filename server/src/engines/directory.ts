import type { Profile } from '../domain/account.ts'
import type { Content } from '../domain/batch.ts'
import type { KnownDevice, PushWay } from '../domain/device.ts'
import type { ConversationKey } from '../domain/peer.ts'
import type { Place, Position } from '../domain/place.ts'
import type { Description, Outcomes, Stored } from '../domain/record.ts'

/** Why nothing can be said between two accounts. The first that holds counts. */
export const Barrier = {
  none: 0,
  /** Their conversation is frozen. */
  frozen: 1,
  /** One of them has blocked the other. */
  blocked: 2,
} as const

/** How much older a batch may be than another for its key to hold, by the times of their records. */
export const KEYED_FOR_MS = 24 * 3_600_000

/**
 * What is derived from the journal about accounts, conversations, tokens and
 * later changes of messages. Every engine passes `conformance/directory.ts`.
 */
export interface Directory {
  /** Every record before this place is reflected, here and after a restart. */
  readonly place: Place

  /** How many accounts there are. */
  readonly count: number

  /** The number after the highest that was ever given. */
  readonly nextNumber: number

  /** Applies the next record. One that was applied before changes nothing. */
  apply(stored: Stored): void

  /** The account's number; 0: there is none of this id. */
  number(id: string): number

  /**
   * The same for many ids that stand in one body as UTF-8 bytes, which are not decoded. `ranges`
   * holds where each begins and ends, in turn; `into` takes their numbers.
   */
  numbersAt(bytes: Uint8Array, ranges: Int32Array, count: number, into: Uint32Array): void

  /** The id of a number that `number` gave. */
  id(number: number): string

  /** The profiles of accounts that exist, in this order. */
  profiles(numbers: readonly number[]): Profile[]

  /** What was signed for the account up to this second is void; 0: nothing is. */
  revokedAt(number: number): number

  /** The number after the highest that was ever given to a group. */
  readonly nextGroup: number

  /** Rises with every description: while it stays, `described` and `conversation` answer the same. */
  readonly descriptions: number

  /** What is said about a conversation; null: nothing, as about most pairs. */
  described(conversation: ConversationKey): Described | null

  /** The conversation that was given this id; null: none was. */
  conversation(id: string): ConversationKey | null

  /**
   * The pairs of the account that were given an id, oldest first: those with whom there may be a
   * conversation without a message.
   */
  describedPairs(account: number): ConversationKey[]

  /** Whom the account does not want to hear from, the earliest first. */
  blockedBy(account: number): { account: number; since: number }[]

  /** Whether the one does not want to hear from the other. */
  isBlocked(blocker: number, blocked: number): boolean

  /**
   * What keeps the account from writing to each of these, a Barrier by ordinal. Asked for the
   * entries of a batch at once; what is said of 0, which is nobody, does not matter.
   */
  barriers(account: number, others: Int32Array, into: Uint8Array): void

  /** A token that is good as far as the directory knows; its end is for the caller to look at. */
  token(token: string): KnownToken | null

  /** The account's tokens, oldest first, those that have ended too. */
  tokensOf(account: number): KnownToken[]

  /** What became of copies later: their last overlay, in this order; null: nothing did. */
  overlays(positions: readonly Position[]): (Overlaid | null)[]

  /**
   * The record of the newest batch with this `key`; null: there is none. When a batch with any key
   * comes, those with keys that are more than KEYED_FOR_MS older may be forgotten.
   */
  keyed(key: string): Place | null

  /** The account's devices, those first that have been its own for longest. */
  devices(account: number): KnownDevice[]

  /** The device of this way and id; null: there is none. */
  device(way: PushWay, id: string): KnownDevice | null

  /** How many devices there are, of all accounts. */
  readonly deviceCount: number

  /** Whether the account has a device. Asked for every receiver of a batch without a terminal. */
  hasDevice(account: number): boolean

  /** Up to where everything has its outcome in this way; 0: nothing has. */
  pushedUpTo(way: Outcomes['way']): Position

  /** The records of outcomes that speak of copies of the batch record at `place`, in order. */
  outcomesOf(place: Place): Place[]

  /** The records after the first of a batch that needs several, in order. */
  parts(head: Place): Place[]

  /** Makes what has been applied durable. */
  flush(): void

  close(): Promise<void>
}

/** A description, and since when: Unix time, milliseconds. */
export interface Described extends Description {
  conversation: ConversationKey
  createdAt: number
  changedAt: number
}

export interface KnownToken {
  token: string
  account: number
  /** Unix time, milliseconds; null: it does not end. */
  expiresAt: number | null
  createdAt: number
  /** When its end was last set. */
  changedAt: number
}

/** The last overlay of a copy. A recall is final: what comes after it changes nothing. */
export interface Overlaid {
  change: 'recall' | 'edit'
  by: number
  /** Unix time, milliseconds. */
  time: number
  content: Content | null
}
