import type { Batch } from '../domain/batch.ts'
import type { Stored } from '../domain/record.ts'
import type { Frame } from './frame.ts'

/**
 * A live protocol, as the gateway sees it. Every terminal speaks one; a door
 * brings it. What is said to several terminals is put into words once for each
 * protocol among them, and only when the first of them needs it.
 */
export interface Protocol {
  begin(stored: Stored<Batch>): Encoding

  /** An event, which comes as native text; null: it is not said in this protocol. */
  event(json: string): Frame | null
}

/** One batch in the words of one protocol. */
export interface Encoding {
  /** The copy at `ordinal`, for its receiver; null: it is not said. */
  copy(account: number, ordinal: number): Frame | null

  /** For the terminals of the sender; null: it is not said. */
  echo(): Frame | null
}
