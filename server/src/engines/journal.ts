import type { Place } from '../domain/place.ts'
import type { JournalRecord, Stored } from '../domain/record.ts'

/**
 * The durable, ordered record of everything that happened; the truth.
 *
 * An append resolves after its record is on stable storage, never before. What
 * arrives while a sync is under way shares the next one. Every engine passes
 * `conformance/journal.ts`.
 */
export interface Journal {
  /** Rises when a folder is restored from a backup; part of every message id. */
  readonly generation: number

  /** The place after the last record that is durable. */
  readonly end: Place

  /**
   * Gives the record its place and time at once, and resolves when it is durable and every
   * follower has had it. Rejects with Fault `diskFull`, `overloaded` or `stopping` when it was not
   * and will never be accepted. A failed sync rejects nothing and calls `onFatal`: nobody may
   * be told anything about records whose fate is unknown.
   */
  append<R extends JournalRecord>(record: R): Promise<Stored<R>>

  /**
   * Names the one who hears of every durable group of records, in order, in the tick in which it
   * became durable, before the appends resolve. Throwing is fatal. Called once, before the first append.
   */
  follow(follower: (group: readonly Stored[]) => void): void

  /** The records at these places, in this order; null where none stands or what stands is damaged. */
  read(places: readonly Place[]): Promise<readonly (Stored | null)[]>

  /** Every durable record that stands at or after `from`, oldest first, in groups. */
  replay(from: Place): AsyncIterable<readonly Stored[]>

  /**
   * Where to look for a span of time: every record whose time lies in [fromMs, toMs] stands at or
   * after `from` and before `to`. Others may stand there too.
   */
  span(fromMs: number, toMs: number): { from: Place; to: Place }

  /** Waits for what is under way, refuses what comes, and closes. */
  close(): Promise<void>
}
