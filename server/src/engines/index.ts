import type { Place, Position } from '../domain/place.ts'
import type { Stored } from '../domain/record.ts'

/**
 * What is derived from the journal for reading: timelines, unread counters and
 * conversation lists. Both sides of a pair share one timeline. Accounts are
 * numbers. Every engine passes `conformance/index.ts`.
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
   * A read moves the mark forward, never back, and the counters with it.
   */
  apply(stored: Stored): void

  /** How many copies in the conversation with `peer` the account has not read. */
  unread(account: number, peer: number): number

  /** Unread copies over all conversations, and those of them that count in a badge. */
  totals(account: number): { unread: number; badge: number }

  /** Up to where the account has read its conversation with `peer`; 0: nothing. */
  mark(account: number, peer: number): Position

  /** Up to where the account has received what was sent to it; 0: nothing. */
  delivered(account: number): Position

  /**
   * The account's conversations, by their newest listed copy, newest first. `before` continues a
   * list: only conversations whose newest listed copy stands before it.
   */
  conversations(account: number, page: { before: Position; limit: number }): Promise<Listed[]>

  /**
   * A conversation as the account sees it, between two positions, both excluded. `newest` gives the
   * newest `limit` of them, newest first; `oldest` the oldest `limit`, oldest first.
   */
  timeline(account: number, peer: number, page: TimelinePage): Promise<Entry[]>

  /**
   * Copies sent to the account after a position, over all conversations, oldest first, at most
   * `limit`. What it sent itself is not among them, except to itself.
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

export interface TimelinePage {
  after: Position
  before: Position
  limit: number
  order: 'newest' | 'oldest'
}

/** One copy as it stands in a timeline. */
export interface Entry {
  position: Position
  /** The account that asked sent it. */
  outgoing: boolean
  counted: boolean
}

export interface Missed {
  position: Position
  peer: number
}

export interface Listed {
  peer: number
  /** The newest copy that moves the conversation in this account's list. */
  newest: Position
  unread: number
}

export interface Difference {
  account: number
  /** null: a total over all conversations. */
  peer: number | null
  counter: 'unread' | 'badge' | 'copies'
  kept: number
  counted: number
}
