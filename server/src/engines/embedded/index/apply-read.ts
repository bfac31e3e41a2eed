/**
 * Moves marks forward, and the counters with them.
 *
 * A mark may pass the newest copy: copies that come later and stand at or before
 * it are read when they come. Mostly a mark ends in the ring, and no block is
 * needed. A mark that ends further back costs a search, which this thread waits for.
 */
import { END, type Place, type Position, positionOf } from '../../../domain/place.ts'
import type { Delivered, Read } from '../../../domain/record.ts'
import { ACCOUNT_CHUNK_BITS, accountAt, TOTAL_BADGE, TOTAL_UNREAD } from './account-slots.ts'
import { BLOCK_COUNTED, BLOCK_ENTRIES, BLOCK_RING, BLOCK_UNBADGED } from './block.ts'
import { newestBlockBefore, searchSync } from './chain.ts'
import {
  BLOCK,
  blocksOf,
  COUNT,
  COUNTED_BEFORE,
  LANDING,
  LOWER,
  MARK,
  newestPosition,
  positionAt,
  RING,
  ringEntries,
  UNBADGED,
  UNBADGED_BEFORE,
  UNREAD,
  wordAt,
} from './conversation-slots.ts'
import { entryPosition, Flag } from './entry.ts'
import { type State, sideOf, slotOf } from './state.ts'

export function applyRead(state: State, place: Place, { reader, peer, upTo }: Read): void {
  const slot = slotOf(state, reader, peer)
  if (slot < 0) return
  markRead(state, slot, sideOf(reader, peer), upTo ?? positionOf(place, 0))
}

export function applyDelivered({ accounts }: State, delivered: Delivered): void {
  for (let i = 0; i < delivered.accounts.length; i++) {
    accounts.deliver(delivered.accounts[i]!, delivered.upTo[i]!)
  }
}

/** One side has read a conversation up to a position, which is included. */
export function markRead(state: State, slot: number, side: number, upTo: Position): void {
  const words = state.conversations.wordsOf(slot)
  const positions = state.conversations.positionsOf(slot)
  const at = wordAt(slot)
  const mark = positionAt(slot) + MARK + side
  if (positions[mark]! >= upTo) return
  const unread = words[at + UNREAD + side]!
  if (unread > 0) {
    const unbadged = words[at + UNBADGED + side]!
    const left = unreadAfter(state, slot, side, upTo)
    words[at + UNREAD + side] = left.unread
    words[at + UNBADGED + side] = left.unbadged
    const account = words[at + LOWER + side]!
    const accountWords = state.accounts.words[account >>> ACCOUNT_CHUNK_BITS]!
    const badge = left.unread - left.unbadged - (unread - unbadged)
    accountWords[accountAt(account) + TOTAL_UNREAD]! += left.unread - unread
    accountWords[accountAt(account) + TOTAL_BADGE]! += badge
    state.auditor?.changed(account, slot, left.unread - unread, badge)
  }
  positions[mark] = upTo
}

interface Unread {
  unread: number
  unbadged: number
}

const NONE: Unread = { unread: 0, unbadged: 0 }

/** How many countable copies to one side stand after a position. */
function unreadAfter(state: State, slot: number, side: number, upTo: Position): Unread {
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  const count = words[at + COUNT]!
  if (newestPosition(words, at, count) <= upTo) return NONE
  const ring = countable(words, at + RING, ringEntries(count), side, upTo, END)
  if (blocksOf(count) === 0 || entryPosition(words[at + RING]!, words[at + RING + 1]!) <= upTo) {
    return ring
  }
  const before = countedUpTo(state, slot, side, upTo)
  return {
    unread: words[at + COUNTED_BEFORE + side]! - before.unread + ring.unread,
    unbadged: words[at + UNBADGED_BEFORE + side]! - before.unbadged + ring.unbadged,
  }
}

/** How many countable copies to one side stand in blocks, at or before a position. */
function countedUpTo({ conversations, blocks }: State, slot: number, side: number, upTo: Position) {
  const words = conversations.wordsOf(slot)
  const at = wordAt(slot)
  const chain = {
    slot,
    blocks: blocksOf(words[at + COUNT]!),
    newest: words[at + BLOCK]!,
    landing: words[at + LANDING]!,
  }
  const block = searchSync(blocks, newestBlockBefore(chain, upTo + 1))
  if (!block) return NONE
  const within = countable(block, BLOCK_RING, BLOCK_ENTRIES, side, 0, upTo)
  return {
    unread: block[BLOCK_COUNTED + side]! + within.unread,
    unbadged: block[BLOCK_UNBADGED + side]! + within.unbadged,
  }
}

/** Counts the entries that are countable for one side, after `after` and up to `upTo`. */
export function countable(
  words: Int32Array,
  from: number,
  entries: number,
  side: number,
  after: Position,
  upTo: Position,
): Unread {
  const counted: Unread = { unread: 0, unbadged: 0 }
  for (let at = from; at < from + 2 * entries; at += 2) {
    const flags = words[at + 1]!
    if (flags & Flag.uncounted || (flags & Flag.fromLower) !== side) continue
    const position = entryPosition(words[at]!, flags)
    if (position <= after || position > upTo) continue
    counted.unread++
    if (flags & Flag.unbadged) counted.unbadged++
  }
  return counted
}
