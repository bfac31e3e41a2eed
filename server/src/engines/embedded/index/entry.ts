/**
 * One copy as it stands in a timeline: 8 bytes, as two signed 32-bit words.
 *
 *   low    the lower 32 bits of the position
 *   high   the upper 21 bits of the position · 11 bits of flags
 *
 * A position has 53 bits (domain/place.ts), so nothing is lost. Words are
 * signed because V8 keeps those in registers and puts larger numbers on the heap.
 */
import { Trait } from '../../../domain/batch.ts'
import type { Position } from '../../../domain/place.ts'

export const ENTRY_WORDS = 2

/** What an entry remembers of its batch, and which way it went. */
export const Flag = {
  /** The account with the lower number sent it. */
  fromLower: 1,
  /** Raised no unread counter; what one sends to oneself never does. */
  uncounted: 2,
  /** Counts as unread, but not in the badge. */
  unbadged: 4,
  /** Did not move the conversation in the receiver's list. */
  unlisted: 8,
  /** Is not shown on the sender's side; never set on what one sends to oneself. */
  hiddenFromSender: 16,
  system: 32,
} as const

const FLAG_BITS = 11
const FLAGS = 2 ** FLAG_BITS - 1
const WORD = 2 ** 32

/** The flags that all entries of a batch share. */
export function flagsOf(traits: number): number {
  let flags = 0
  if (traits & Trait.uncounted) flags |= Flag.uncounted
  if (traits & Trait.unbadged) flags |= Flag.unbadged
  if (traits & Trait.unlisted) flags |= Flag.unlisted
  if (traits & Trait.hiddenFromSender) flags |= Flag.hiddenFromSender
  if (traits & Trait.system) flags |= Flag.system
  return flags
}

export function lowWord(position: Position): number {
  return position | 0
}

export function highWord(position: Position, flags: number): number {
  return (Math.floor(position / WORD) << FLAG_BITS) | flags
}

export function entryPosition(low: number, high: number): Position {
  return (high >>> FLAG_BITS) * WORD + (low >>> 0)
}

/** Whether one entry stands after another. */
export function isAfter(low: number, high: number, otherLow: number, otherHigh: number): boolean {
  const upper = high >>> FLAG_BITS
  const otherUpper = otherHigh >>> FLAG_BITS
  return upper === otherUpper ? low >>> 0 > otherLow >>> 0 : upper > otherUpper
}

/**
 * The upper 32 of a position's 53 bits: which 4 KiB of the journal it lies in. Enough to reject
 * what is certainly older, in half the memory of a position. Never 0, which means "none".
 */
export function coarse(low: number, high: number): number {
  return (high & ~FLAGS) | (low >>> (32 - FLAG_BITS)) || 1
}

/** Whether what is coarsely at `newest` is certainly not after a position. */
export function isCertainlyBefore(newest: number, position: Position): boolean {
  return newest === 0 || newest >>> 0 < Math.floor(position / 2 ** (32 - FLAG_BITS))
}
