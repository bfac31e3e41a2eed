/**
 * How many countable copies of a conversation stand after a position. All to a group
 * are to side 0; recalled ones are counted like others.
 *
 * Mostly the position lies in the ring, and no block is needed. One that lies
 * further back costs a search, which this thread waits for.
 */
import { END, type Position } from '../../../domain/place.ts'
import { BLOCK_COUNTED, BLOCK_ENTRIES, BLOCK_RING, BLOCK_UNBADGED } from './block.ts'
import { newestBlockBefore, searchSync } from './chain.ts'
import {
  blocksOf,
  COUNT,
  COUNTED_BEFORE,
  newestPosition,
  RING,
  ringEntries,
  UNBADGED_BEFORE,
  wordAt,
} from './conversation-slots.ts'
import { entryPosition, Flag } from './entry.ts'
import { chainOf } from './side.ts'
import type { State } from './state.ts'

export interface Counted {
  copies: number
  /** Those of them that are not in the badge. */
  unbadged: number
}

export const NONE: Counted = { copies: 0, unbadged: 0 }

export function countedAfter(state: State, slot: number, side: number, after: Position): Counted {
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  const count = words[at + COUNT]!
  if (newestPosition(words, at, count) <= after) return NONE
  const ring = countable(words, at + RING, ringEntries(count), side, after, END)
  if (blocksOf(count) === 0 || entryPosition(words[at + RING]!, words[at + RING + 1]!) <= after) {
    return ring
  }
  const before = countedInBlocks(state, slot, side, after)
  return {
    copies: words[at + COUNTED_BEFORE + side]! - before.copies + ring.copies,
    unbadged: words[at + UNBADGED_BEFORE + side]! - before.unbadged + ring.unbadged,
  }
}

/** How many countable copies to one side stand in blocks, at or before a position. */
function countedInBlocks(state: State, slot: number, side: number, upTo: Position): Counted {
  const chain = chainOf(slot, state.conversations.wordsOf(slot), wordAt(slot))
  const block = searchSync(state.blocks, newestBlockBefore(chain, upTo + 1))
  if (!block) return NONE
  const within = countable(block, BLOCK_RING, BLOCK_ENTRIES, side, 0, upTo)
  return {
    copies: block[BLOCK_COUNTED + side]! + within.copies,
    unbadged: block[BLOCK_UNBADGED + side]! + within.unbadged,
  }
}

/** Counts the entries that are countable for one side, after `after` and up to `upTo`. */
function countable(
  words: Int32Array,
  from: number,
  entries: number,
  side: number,
  after: Position,
  upTo: Position,
): Counted {
  const counted = { copies: 0, unbadged: 0 }
  for (let at = from; at < from + 2 * entries; at += 2) {
    const flags = words[at + 1]!
    if (flags & Flag.uncounted || (flags & Flag.fromLower) !== side) continue
    const position = entryPosition(words[at]!, flags)
    if (position <= after || position > upTo) continue
    counted.copies++
    if (flags & Flag.unbadged) counted.unbadged++
  }
  return counted
}
