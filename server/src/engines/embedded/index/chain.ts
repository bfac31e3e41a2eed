/**
 * Finding blocks of one conversation.
 *
 * A search is a generator: it yields the block that it wants to see, is given
 * it, and returns what it found. The same search is thereby run by those who
 * wait for the disk without holding anybody up, and by those who may not wait.
 *
 * The way to any block: the newest; from it the landing, the newest block with
 * levels; then back in the largest steps that do not go too far. A search by
 * position has to look before it knows, so it reads at most 8 blocks a level
 * and 7 at the end: at most 9 + 8 × log8(blocks).
 */
import type { Position } from '../../../domain/place.ts'
import {
  addressAtLevel,
  BLOCK_NUMBER,
  BLOCK_PREVIOUS,
  type Block,
  firstPosition,
  LANDING_EVERY,
  LEVELS,
  numberAtLevel,
  type Wanted,
} from './block.ts'
import type { BlockFile } from './block-file.ts'
import { Breath } from './breath.ts'

/** Blocks that are still in memory are read without a turn of the event loop. */
const READS_A_BREATH = 1000

/** The blocks of a conversation, as they were at some moment. */
export interface Chain {
  slot: number
  /** How many there are. The newest has the number before. */
  blocks: number
  newest: number
  landing: number
}

export type Search<Result> = Generator<Wanted, Result, Block>

/** The newest block whose first copy stands before a position; null: there is none. */
export function* newestBlockBefore(chain: Chain, position: Position): Search<Block | null> {
  if (chain.blocks === 0) return null
  const newest = yield* newestBlock(chain)
  if (firstPosition(newest) < position) return newest
  const landing = yield* landingBlock(chain, newest)
  if (firstPosition(landing) < position) return yield* backFrom(newest, chain, position, null)
  return yield* downTheLevels(landing, chain, position)
}

/** The block of a number. */
export function* blockOfNumber(chain: Chain, number: number): Search<Block> {
  let block = yield* newestBlock(chain)
  const landing = numberOf(block) - (numberOf(block) % LANDING_EVERY)
  if (number <= landing) block = yield* landingBlock(chain, block)
  while (numberOf(block) > number) block = yield stepTowards(block, chain, number)
  return block
}

/** The block before another of its conversation; null: that was the first. */
export function* blockBefore(chain: Chain, block: Block): Search<Block | null> {
  return numberOf(block) === 0 ? null : yield previousOf(block, chain)
}

/** Runs a search that may wait. */
export async function search<Result>(blocks: BlockFile, steps: Search<Result>): Promise<Result> {
  const breath = new Breath(READS_A_BREATH)
  let step = steps.next()
  while (!step.done) {
    step = steps.next(await blocks.read(step.value))
    if (breath.isDue()) await breath.turn()
  }
  return step.value
}

/** Runs a search that may not. */
export function searchSync<Result>(blocks: BlockFile, steps: Search<Result>): Result {
  let step = steps.next()
  while (!step.done) step = steps.next(blocks.readSync(step.value))
  return step.value
}

export function numberOf(block: Block): number {
  return block[BLOCK_NUMBER]!
}

function* newestBlock({ slot, newest, blocks }: Chain): Search<Block> {
  return yield { address: newest, slot, number: blocks - 1 }
}

function* landingBlock({ slot, landing }: Chain, newest: Block): Search<Block> {
  const number = numberOf(newest) - (numberOf(newest) % LANDING_EVERY)
  return number === numberOf(newest) ? newest : yield { address: landing, slot, number }
}

/** From a block with levels that lies too far on: large steps first, smaller ones near the end. */
function* downTheLevels(from: Block, chain: Chain, position: Position): Search<Block | null> {
  let beyond = from
  let before: Block | null = null
  for (let level = LEVELS; level >= 1; level--) {
    while (numberOf(beyond) > 0) {
      const next = levelOf(beyond, chain, level)
      if (before && next.number === numberOf(before)) break
      const block: Block = yield next
      if (firstPosition(block) < position) {
        before = block
        break
      }
      beyond = block
    }
  }
  return yield* backFrom(beyond, chain, position, before)
}

/** From a block that lies too far on, one by one, as far as one that is known to lie before. */
function* backFrom(
  from: Block,
  chain: Chain,
  position: Position,
  before: Block | null,
): Search<Block | null> {
  let beyond = from
  while (numberOf(beyond) > 0) {
    if (before && numberOf(before) === numberOf(beyond) - 1) return before
    const block: Block = yield previousOf(beyond, chain)
    if (firstPosition(block) < position) return block
    beyond = block
  }
  return null
}

/** The longest step back that does not pass the number. */
function stepTowards(block: Block, chain: Chain, number: number): Wanted {
  if (numberOf(block) % LANDING_EVERY === 0) {
    for (let level = LEVELS; level >= 1; level--) {
      if (numberAtLevel(numberOf(block), level) >= number) return levelOf(block, chain, level)
    }
  }
  return previousOf(block, chain)
}

function levelOf(block: Block, { slot }: Chain, level: number): Wanted {
  return {
    address: addressAtLevel(block, level),
    slot,
    number: numberAtLevel(numberOf(block), level),
  }
}

function previousOf(block: Block, { slot }: Chain): Wanted {
  return { address: block[BLOCK_PREVIOUS]!, slot, number: numberOf(block) - 1 }
}
