/**
 * Takes recalled copies out of the counters.
 *
 * A copy that was read counts nowhere, so nothing is kept of its recall. Of others it is looked up
 * whether they are there: what a record says of a record that was lost may not be counted. A
 * copy that lies far back costs a search, which this thread waits for.
 */
import { isGroup } from '../../../domain/peer.ts'
import { type Place, type Position, positionOf } from '../../../domain/place.ts'
import type { Overlay } from '../../../domain/record.ts'
import { changeTotals } from './apply-read.ts'
import { BLOCK_ENTRIES, BLOCK_RING } from './block.ts'
import { newestBlockBefore, searchSync } from './chain.ts'
import { COUNT, LOWER, MARK, positionAt, RING, ringEntries, wordAt } from './conversation-slots.ts'
import { ENTRY_WORDS, Flag } from './entry.ts'
import { chainOf, positionIn } from './side.ts'
import { type State, sideOf, slotOf } from './state.ts'

export function applyRecall(state: State, place: Place, overlay: Overlay): void {
  // What came later was not meant, also when this record meets it in a replay.
  if (overlay.place >= place) return
  const { sender } = overlay
  overlay.ordinals.forEach((ordinal, i) => {
    const recipient = overlay.recipients[i]!
    const slot = slotOf(state, sender, recipient)
    if (slot < 0) return
    const position = positionOf(overlay.place, ordinal)
    if (isGroup(recipient)) recallOfGroup(state, slot, position)
    else recallOfPair(state, slot, sideOf(recipient, sender), position)
  })
}

function recallOfGroup(state: State, slot: number, position: Position): void {
  const flags = flagsOfCounted(state, slot, 0, position)
  if (flags !== null) state.recalls.add(slot, position, flags)
}

function recallOfPair(state: State, slot: number, side: number, position: Position): void {
  const { conversations, recalls } = state
  if (conversations.positionsOf(slot)[positionAt(slot) + MARK + side]! >= position) return
  const flags = flagsOfCounted(state, slot, side, position)
  if (flags === null || !recalls.add(slot, position, flags)) return
  const account = conversations.wordsOf(slot)[wordAt(slot) + LOWER + side]!
  changeTotals(state, slot, account, { copies: -1, unbadged: flags & Flag.unbadged ? -1 : 0 })
}

/** The flags of the copy at a position, if it counts for this side; null: there is none such. */
function flagsOfCounted(
  state: State,
  slot: number,
  side: number,
  position: Position,
): number | null {
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  const inRing = ringEntries(words[at + COUNT]!)
  let flags = highAt(words, at + RING, inRing, position)
  if (flags === null && inRing > 0 && position < positionIn(words, at + RING)) {
    const steps = newestBlockBefore(chainOf(slot, words, at), position + 1)
    const block = searchSync(state.blocks, steps)
    flags = block && highAt(block, BLOCK_RING, BLOCK_ENTRIES, position)
  }
  if (flags === null || flags & Flag.uncounted || (flags & Flag.fromLower) !== side) return null
  return flags & FLAGS_KEPT
}

const FLAGS_KEPT = Flag.fromLower | Flag.unbadged

/** The upper word of the entry with this position; null: it is not among these. */
function highAt(
  words: Int32Array,
  from: number,
  entries: number,
  position: Position,
): number | null {
  for (let at = from; at < from + ENTRY_WORDS * entries; at += ENTRY_WORDS) {
    if (positionIn(words, at) === position) return words[at + 1]!
  }
  return null
}
