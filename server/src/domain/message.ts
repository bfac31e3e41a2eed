import { type Batch, seqOf } from './batch.ts'
import { type Position, positionOf } from './place.ts'
import type { Stored } from './record.ts'

/** A copy: one entry of a batch as it stands in one conversation. */
export interface Message {
  position: Position
  /** Unix time, milliseconds. */
  time: number
  sender: number
  recipient: number
  /** The order number within the second. */
  seq: number
  batch: Batch
}

/** The copy at an ordinal of a stored batch. */
export function messageOf({ place, time, record }: Stored<Batch>, ordinal: number): Message {
  return {
    position: positionOf(place, ordinal),
    time,
    sender: record.sender,
    recipient: record.recipients[ordinal]!,
    seq: seqOf(record, place),
    batch: record,
  }
}

/** Whether a terminal that was away at the time should still get the copy. */
export function isExpired({ batch, time }: Message, nowMs: number): boolean {
  return batch.lifetimeSeconds !== null && time + batch.lifetimeSeconds * 1000 < nowMs
}
