import { COUNT, OTHER_WAY, RING, RING_ENTRIES } from './conversation-slots.ts'
import { coarse, ENTRY_WORDS, Flag, isAfter } from './entry.ts'
import { spill } from './spill.ts'
import type { State } from './state.ts'

/**
 * Adds an entry to the slot that begins at `at`. False: invariant 3 of the slots, it is there already.
 */
export function append(
  state: State,
  slot: number,
  words: Int32Array,
  at: number,
  low: number,
  high: number,
): boolean {
  const count = words[at + COUNT]!
  if (count > 0) {
    const newest = at + RING + ENTRY_WORDS * ((count - 1) & (RING_ENTRIES - 1))
    const newestLow = words[newest]!
    const newestHigh = words[newest + 1]!
    if (!isAfter(low, high, newestLow, newestHigh)) return false
    if (((newestHigh ^ high) & Flag.fromLower) !== 0) {
      words[at + OTHER_WAY] = coarse(newestLow, newestHigh)
    }
    if ((count & (RING_ENTRIES - 1)) === 0) {
      spill(state.blocks, slot, count / RING_ENTRIES - 1, words, at)
    }
  }
  const entry = at + RING + ENTRY_WORDS * (count & (RING_ENTRIES - 1))
  words[entry] = low
  words[entry + 1] = high
  words[at + COUNT] = count + 1
  state.copies++
  return true
}
