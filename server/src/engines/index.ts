import type { ConversationKey, Peer } from '../domain/peer.ts'
import type { Place, Position } from '../domain/place.ts'
import type { Stored } from '../domain/record.ts'

/**
 * What is derived from the journal for reading: timelines, unread counters,
 * conversation lists, and who is a member of which group. Both sides of a pair
 * share one timeline, as all members of a group do. Accounts are numbers, groups
 * as peers are negative ones. Every engine passes `conformance/index.ts`.
 *
 * A group is never counted per member: what a member has not read is the number
 * of countable copies after its mark, or after its joining if that is later, less those recalled.
 * Whoever is no member has nothing unread in it and no mark; it is in no list of theirs.
 */
export interface Index {
  /** Every record before this place has been applied. */
  readonly place: Place

  /**
   * Applies the next record. One that was applied before changes nothing.
   *
   * A batch adds a copy for each recipient that is not 0, unless it is `onlineOnly`. A copy raises
   * the receiver's unread counter unless it is `uncounted` or goes to its own sender.
   * `readsForSender` marks the conversation read for the sender, up to the copy.
   * A copy to a group counts for every member, the sender too, whose own mark it has to move.
   * A read moves the mark forward, never back, and the counters with it.
   * A recalled copy stays in its timeline, and is counted no longer. A batch's entries name
   * groups that exist; a copy to one that does not adds it, without members.
   */
  apply(stored: Stored): void

  /** How many copies in the conversation with `peer` the account has not read. */
  unread(account: number, peer: Peer): number

  /** Unread copies over all conversations, and those of them that count in a badge. */
  totals(account: number): Totals

  /** The same over its direct conversations. */
  directTotals(account: number): Totals

  /**
   * Up to where the account has read its conversation with `peer`; 0: nothing. Of a group that it
   * joined and has not read since, where it joined: position 0 of that record.
   */
  mark(account: number, peer: Peer): Position

  /** How many copies stand in the conversation, recalled ones too, whoever may see them. */
  copies(account: number, peer: Peer): number

  /**
   * The newest copy of the conversation that moves it in the account's list; 0: none does. Of a
   * group it is the same for all, members or not.
   */
  listed(account: number, peer: Peer): Position

  /** Up to where the account has received what was sent to it; 0: nothing. */
  delivered(account: number): Position

  /**
   * The account's conversations, by their newest listed copy, newest first. `before` continues a
   * list: only conversations whose newest listed copy stands before it. A group stands at least
   * where the account joined it, as if that were a copy. `kind`: only such; left out: all.
   */
  conversations(account: number, page: ListPage): Promise<Listed[]>

  /**
   * A conversation as the account sees it, between two positions, both excluded. `newest` gives the
   * newest `limit` of them, newest first; `oldest` the oldest `limit`, oldest first.
   */
  timeline(account: number, peer: Peer, page: TimelinePage): Promise<Entry[]>

  /** The members of a group, by joining. The array is not changed any more. */
  members(group: Peer): Uint32Array

  /** Is the account a member of the group? */
  isMember(account: number, group: Peer): boolean

  /** The groups of which the account is a member, as peers, by joining. */
  groups(account: number): Int32Array

  /**
   * Pairs that have spoken, in the order in which they began: `limit` of them from the nth on.
   * What it answers never changes, but that more follow. Conversations with oneself are among them.
   */
  pairs(from: number, limit: number): ConversationKey[]

  /**
   * Copies sent to the account after a position, over all conversations, oldest first, at most
   * `limit`. Of a pair, what it sent itself is not among them, except to itself. Of a group of
   * which it is a member now, everything after it joined is, its own too: the records tell.
   */
  missed(account: number, after: Position, limit: number): Promise<Missed[]>

  /** Compares every counter with a walk of the timelines. */
  recount(): AsyncIterable<Difference>

  /** How much there is, for metrics. */
  size(): { conversations: number; copies: number; bytes: number }

  /** Makes what has been applied quick to find again after a restart. An engine without storage does nothing. */
  checkpoint(): Promise<void>

  close(): Promise<void>
}

export interface Totals {
  unread: number
  badge: number
}

export interface ListPage {
  before: Position
  limit: number
  kind?: 'direct' | 'group'
}

export interface TimelinePage {
  after: Position
  before: Position
  limit: number
  order: 'newest' | 'oldest'
}

/** One copy as it stands in a timeline. */
export interface Entry {
  position: Position
  /** The account that asked sent it. Of a group always false: the record tells. */
  outgoing: boolean
  counted: boolean
}

export interface Missed {
  position: Position
  peer: Peer
}

export interface Listed {
  peer: Peer
  /** The newest copy that moves the conversation in this account's list, or the joining. */
  newest: Position
  unread: number
}

export interface Difference {
  account: number
  /** null: a total over all conversations. */
  peer: Peer | null
  counter: 'unread' | 'badge' | 'copies'
  kept: number
  counted: number
}
