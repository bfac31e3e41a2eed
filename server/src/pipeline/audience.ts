import type { Batch } from '../domain/batch.ts'
import type { Stored } from '../domain/record.ts'

/**
 * The open terminals, as the pipeline sees them. What is handed over is never
 * waited for: a terminal that does not keep up is closed and catches up later.
 */
export interface Audience {
  /** Has the account a terminal open? Asked for every recipient of every batch. */
  isOpen(account: number): boolean

  /** A new batch: what is made once for all its recipients is made here. */
  begin(stored: Stored<Batch>): Delivery

  /** An event for every terminal of the account, as native protocol text. */
  event(account: number, json: string): void

  /** Ends the account's terminals. */
  close(account: number, reason: 'revoked'): void

  /** The commit is through: what was handed over since the last flush may go out, sharing writes. */
  flush(): void
}

export interface Delivery {
  /** The copy at `ordinal`, for the terminals of its receiver. */
  copy(account: number, ordinal: number): void

  /** Tells the sender's own terminals. */
  echo(): void
}
