import type { Batch } from '../domain/batch.ts'
import type { Stored } from '../domain/record.ts'
import type { Happening } from '../pipeline/audience.ts'
import type { Frame } from './frame.ts'

/**
 * A live protocol, as the gateway sees it. Every terminal speaks one; a door
 * brings it. What is said to several terminals is put into words once for each
 * protocol among them, and only when the first of them needs it. Two variants of
 * one protocol whose bytes differ are two protocols here.
 */
export interface Protocol {
  begin(stored: Stored<Batch>): Encoding

  /** The words of a happening, by the account that hears it; null: it is not said to that one. */
  tell(happening: Happening): (account: number) => Frame | null
}

/** One batch in the words of one protocol. */
export interface Encoding {
  /** The copy at `ordinal`, for one who receives it; null: it is not said. */
  copy(account: number, ordinal: number): Frame | null

  /** For the terminals of the sender, one event for all copies; null: it is not said. */
  echo(): Frame | null

  /** Instead of `echo`, where the protocol has it: each copy, for the terminals of the sender. */
  echoOf?(ordinal: number): Frame | null
}
