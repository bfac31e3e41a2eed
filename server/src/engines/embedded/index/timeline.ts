/**
 * Pages of one conversation: the newest copies before a position, going
 * back, or the oldest after one, going forward.
 *
 * Blocks know only what is before them. So the way forward is walked in
 * spans: from the last block of a span back to its first, and then the copies in their order.
 */
import type { Position } from '../../../domain/place.ts'
import type { Entry, TimelinePage } from '../../index.ts'
import { BLOCK_ENTRIES, BLOCK_RING, type Block } from './block.ts'
import { blockBefore, blockOfNumber, newestBlockBefore, numberOf, type Search } from './chain.ts'
import { ENTRY_WORDS, Flag } from './entry.ts'
import { isOutgoing, isVisible, positionIn, type Side } from './side.ts'

/** A span is read whole before its first copy is known: it should not be longer than a page. */
const SPAN_BLOCKS_MAX = 64

/** A copy that was met, by its two words; false: enough, stop here. */
type Meet = (position: Position, high: number) => boolean

export function* timelineSteps(side: Side, page: TimelinePage): Search<Entry[]> {
  const entries: Entry[] = []
  if (!(page.limit > 0)) return entries
  const take: Meet = (position, high) => {
    if (isVisible(side, high)) entries.push(entryOf(side, position, high))
    return entries.length < page.limit
  }
  if (page.order === 'newest') yield* goBack(side, page.after, page.before, take)
  else yield* goForward(side, page.after, page.before, page.limit, take)
  return entries
}

function entryOf(side: Side, position: Position, high: number): Entry {
  const counted = (high & Flag.uncounted) === 0
  return { position, outgoing: isOutgoing(side, high), counted }
}

/** Meets the copies between two positions, newest first. */
export function* goBack(side: Side, after: Position, before: Position, meet: Meet): Search<void> {
  const { chain, ring } = side
  if (!meetBackwards(ring, 0, ring.length / ENTRY_WORDS, after, before, meet)) return
  let block = yield* newestBlockBefore(chain, before)
  while (block) {
    if (!meetBackwards(block, BLOCK_RING, BLOCK_ENTRIES, after, before, meet)) return
    block = yield* blockBefore(chain, block)
  }
}

/**
 * Meets the copies between two positions, oldest first. `limit`: how many are likely wanted.
 * Returns whether all copies of the conversation stand after `after`.
 */
export function* goForward(
  side: Side,
  after: Position,
  before: Position,
  limit: number,
  meet: Meet,
): Search<boolean> {
  const { chain, ring } = side
  const inRing = ring.length / ENTRY_WORDS
  let isNew = inRing > 0 && positionIn(ring, 0) > after
  if (isNew && chain.blocks > 0) {
    const block = yield* newestBlockBefore(chain, after + 1)
    isNew = block === null
    const spanBlocks = Math.min(SPAN_BLOCKS_MAX, Math.ceil(limit / BLOCK_ENTRIES))
    let first = block ? numberOf(block) : 0
    while (first < chain.blocks) {
      const last = Math.min(first + spanBlocks, chain.blocks - 1)
      for (const one of yield* blocksBetween(side, first, last)) {
        if (!meetForwards(one, BLOCK_RING, BLOCK_ENTRIES, after, before, meet)) return isNew
      }
      first = last + 1
    }
  }
  meetForwards(ring, 0, inRing, after, before, meet)
  return isNew
}

/** The blocks with these numbers, oldest first. */
function* blocksBetween({ chain }: Side, first: number, last: number): Search<Block[]> {
  const blocks: Block[] = []
  let block: Block | null = yield* blockOfNumber(chain, last)
  while (block) {
    blocks.push(block)
    block = numberOf(block) > first ? yield* blockBefore(chain, block) : null
  }
  return blocks.reverse()
}

/** False: whoever met them has enough, or all further ones are out of bounds. */
function meetBackwards(
  words: Int32Array,
  from: number,
  entries: number,
  after: Position,
  before: Position,
  meet: Meet,
): boolean {
  for (let at = from + ENTRY_WORDS * (entries - 1); at >= from; at -= ENTRY_WORDS) {
    const position = positionIn(words, at)
    if (position >= before) continue
    if (position <= after || !meet(position, words[at + 1]!)) return false
  }
  return true
}

function meetForwards(
  words: Int32Array,
  from: number,
  entries: number,
  after: Position,
  before: Position,
  meet: Meet,
): boolean {
  for (let at = from; at < from + ENTRY_WORDS * entries; at += ENTRY_WORDS) {
    const position = positionIn(words, at)
    if (position <= after) continue
    if (position >= before || !meet(position, words[at + 1]!)) return false
  }
  return true
}
