import { type Batch, type Content, seqOf } from './batch.ts'
import type { Peer } from './peer.ts'
import { type Position, positionOf } from './place.ts'
import type { Stored } from './record.ts'

/** A copy: one entry of a batch as it stands in one conversation. */
export interface Message {
  position: Position
  /** Unix time, milliseconds. */
  time: number
  sender: number
  recipient: Peer
  /** The order number within the second. */
  seq: number
  batch: Batch
  /** What it says to its recipient now: rendered, or as it was edited; null: it was recalled. */
  content: Content | null
  /** When it was edited or recalled the last time: Unix time, milliseconds; null: never. */
  changedAt: number | null
}

/** The copy at an ordinal of a stored batch, and what it says. */
export function messageOf(
  { place, time, record }: Stored<Batch>,
  ordinal: number,
  says: Pick<Message, 'content' | 'changedAt'>,
): Message {
  return {
    position: positionOf(place, ordinal),
    time,
    sender: record.sender,
    recipient: record.recipients[ordinal]!,
    seq: seqOf(record, place),
    batch: record,
    ...says,
  }
}

/** Whether a terminal that was away at the time should still get the copy. */
export function isExpired({ batch, time }: Message, nowMs: number): boolean {
  return batch.lifetimeSeconds !== null && time + batch.lifetimeSeconds * 1000 < nowMs
}
