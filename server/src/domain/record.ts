/**
 * What the journal holds, in one order. Everything else the server knows is
 * derived from these records and can be made again from them.
 */
import type { Batch } from './batch.ts'
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
}

/** An account has read its conversation with `peer` up to a position, which is included. */
export interface Read {
  type: 'read'
  reader: number
  peer: number
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

export type JournalRecord = Batch | Accounts | Read | Delivered | Revoked

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
