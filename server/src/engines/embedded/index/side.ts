/**
 * A conversation as one of its accounts sees it, at one moment (a group as any of them does): its ring is a
 * copy, and blocks never change, so a reader that waits for the disk is
 * not disturbed by what is applied meanwhile.
 */
import type { Position } from '../../../domain/place.ts'
import type { Chain } from './chain.ts'
import {
  BLOCK,
  blocksOf,
  COUNT,
  HIGHER,
  LANDING,
  LOWER,
  OTHER_WAY,
  RING,
  RING_ENTRIES,
  ringEntries,
  wordAt,
} from './conversation-slots.ts'
import { coarse, ENTRY_WORDS, entryPosition, Flag } from './entry.ts'
import type { State } from './state.ts'

export interface Side {
  /** 0: the account with the lower number, and everybody in a group; 1: the other. */
  side: number
  /** It is the account's conversation with itself. */
  toOneself: boolean
  chain: Chain
  /** The newest entries, oldest first. */
  ring: Int32Array
}

export function sideNow({ conversations }: State, slot: number, side: number): Side {
  const words = conversations.wordsOf(slot)
  const at = wordAt(slot)
  const count = words[at + COUNT]!
  const ring = words.slice(at + RING, at + RING + ENTRY_WORDS * ringEntries(count))
  const toOneself = words[at + LOWER] === words[at + HIGHER]
  return { side, toOneself, chain: chainOf(slot, words, at), ring }
}

/** The blocks of the slot that begins at `at`. */
export function chainOf(slot: number, words: Int32Array, at: number): Chain {
  const blocks = blocksOf(words[at + COUNT]!)
  return { slot, blocks, newest: words[at + BLOCK]!, landing: words[at + LANDING]! }
}

/** Coarsely where the newest copy stands that was sent to a side; 0: anywhere, or there is none. */
export function newestIncoming(words: Int32Array, at: number, side: number): number {
  const count = words[at + COUNT]!
  const newest = at + RING + ENTRY_WORDS * ((count - 1) & (RING_ENTRIES - 1))
  const high = words[newest + 1]!
  const toSide = words[at + LOWER] === words[at + HIGHER] || (high & Flag.fromLower) === side
  return toSide ? coarse(words[newest]!, high) : words[at + OTHER_WAY]!
}

export function isOutgoing({ side, toOneself }: Side, high: number): boolean {
  return toOneself || (high & Flag.fromLower) !== side
}

export function isIncoming({ side, toOneself }: Side, high: number): boolean {
  return toOneself || (high & Flag.fromLower) === side
}

export function isVisible(side: Side, high: number): boolean {
  return (high & Flag.hiddenFromSender) === 0 || !isOutgoing(side, high)
}

export function positionIn(words: Int32Array, at: number): Position {
  return entryPosition(words[at]!, words[at + 1]!)
}
