/**
 * A full ring becomes a block.
 *
 * The counters before the ring go into the block and move on past it. A block
 * whose number is divisible by 8 also gets its levels: the first is in the
 * slot, the others are read from the block eight before. So one copy in 64 of
 * a conversation costs a read, mostly from memory or the system's cache.
 */
import {
  addressAtLevel,
  BLOCK_COUNTED,
  BLOCK_LEVELS,
  BLOCK_NUMBER,
  BLOCK_PREVIOUS,
  BLOCK_RING,
  BLOCK_SLOT,
  BLOCK_UNBADGED,
  LANDING_EVERY,
  LEVELS,
} from './block.ts'
import type { BlockFile } from './block-file.ts'
import {
  BLOCK,
  COUNTED_BEFORE,
  LANDING,
  RING,
  RING_ENTRIES,
  UNBADGED_BEFORE,
} from './conversation-slots.ts'
import { Flag } from './entry.ts'

/** Appends the ring of the slot that begins at `at` as block `number`. */
export function spill(
  blocks: BlockFile,
  slot: number,
  number: number,
  words: Int32Array,
  at: number,
): void {
  const hasLevels = number % LANDING_EVERY === 0
  const block = blocks.nextWords
  const to = blocks.nextAt
  block[to + BLOCK_SLOT] = slot
  block[to + BLOCK_NUMBER] = number
  block[to + BLOCK_PREVIOUS] = words[at + BLOCK]!
  block[to + BLOCK_COUNTED] = words[at + COUNTED_BEFORE]!
  block[to + BLOCK_COUNTED + 1] = words[at + COUNTED_BEFORE + 1]!
  block[to + BLOCK_UNBADGED] = words[at + UNBADGED_BEFORE]!
  block[to + BLOCK_UNBADGED + 1] = words[at + UNBADGED_BEFORE + 1]!
  for (let i = 0; i < 2 * RING_ENTRIES; i++) block[to + BLOCK_RING + i] = words[at + RING + i]!
  if (hasLevels && number > 0) {
    putLevels(blocks, slot, number, words[at + LANDING]!, block, to + BLOCK_LEVELS)
  } else {
    block.fill(0, to + BLOCK_LEVELS, to + BLOCK_LEVELS + LEVELS)
  }
  countPast(words, at)
  const address = blocks.append()
  words[at + BLOCK] = address
  if (hasLevels) words[at + LANDING] = address
}

/** At each level the newest block before this one is the landing, or one that the landing knows. */
function putLevels(
  blocks: BlockFile,
  slot: number,
  number: number,
  landing: number,
  block: Int32Array,
  to: number,
): void {
  const before = number - LANDING_EVERY
  const older = blocks.readSync({ address: landing, slot, number: before })
  let step = LANDING_EVERY
  for (let level = 1; level <= LEVELS; level++) {
    block[to + level - 1] = before % step === 0 ? landing : addressAtLevel(older, level)
    step *= LANDING_EVERY
  }
}

function countPast(words: Int32Array, at: number): void {
  for (let i = 1; i < 2 * RING_ENTRIES; i += 2) {
    const flags = words[at + RING + i]!
    if (flags & Flag.uncounted) continue
    const receiver = flags & Flag.fromLower
    words[at + COUNTED_BEFORE + receiver]!++
    if (flags & Flag.unbadged) words[at + UNBADGED_BEFORE + receiver]!++
  }
}
