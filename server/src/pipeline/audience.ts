import type { Batch } from '../domain/batch.ts'
import type { Message } from '../domain/message.ts'
import type { ConversationKey } from '../domain/peer.ts'
import type { Position } from '../domain/place.ts'
import type { ConversationChange, Overlay, Stored } from '../domain/record.ts'

/**
 * The open terminals, as the pipeline sees them. What is handed over is never
 * waited for: a terminal that does not keep up is closed and catches up later.
 */
export interface Audience {
  /** Has the account a terminal open? Asked for every recipient of every batch. */
  isOpen(account: number): boolean

  /** A new batch: what is made once for all its recipients is made here. */
  begin(stored: Stored<Batch>): Delivery

  /** Something happened that all terminals of these accounts may hear of. */
  tell(accounts: Iterable<number>, happening: Happening): void

  /** Ends the account's terminals; with `token`, those of them that came with it. */
  close(account: number, reason: 'revoked', token?: string): void

  /** A token of the account has an end, or a new one: Unix time, milliseconds; null: none. */
  renew(account: number, token: string, endsAt: number | null): void

  /** The commit is through: what was handed over since the last flush may go out, sharing writes. */
  flush(): void
}

export interface Delivery {
  /** The copy at `ordinal`, for the terminals of one who receives it. */
  copy(account: number, ordinal: number): void

  /** Tells the sender's own terminals, of the batch or of each copy: that is for the protocol. */
  echo(): void
}

/** What terminals hear of, beside messages. Each protocol says it in its own words, or not at all. */
export type Happening =
  /** An account has read a conversation up to a position, which is included. */
  | { type: 'read'; reader: number; conversation: ConversationKey; upTo: Position; at: Position }
  /** A copy was recalled or edited: `message` is as it stands now. */
  | { type: 'changed'; change: Overlay['change']; message: Message; at: Position }
  /** A group was made, described anew, joined or left. Those who left hear of it too. */
  | { type: 'conversation'; stored: Stored<ConversationChange> }
  /** Somebody is writing. Nothing of it is kept. */
  | { type: 'typing'; account: number; conversation: ConversationKey; text: string }
