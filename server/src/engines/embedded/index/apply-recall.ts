/**
 * Takes recalled copies out of the counters.
 *
 * The record says of the copies what is needed. But the batch that it means may have been lost, and
 * what never was may not be counted. Batches are lost or there as a whole, so one copy is
 * looked up; when it lies far back, this thread waits for the search.
 */
import { NOBODY } from '../../../domain/account.ts'
import { Trait } from '../../../domain/batch.ts'
import { isGroup } from '../../../domain/peer.ts'
import { type Place, type Position, positionOf } from '../../../domain/place.ts'
import type { Overlay } from '../../../domain/record.ts'
import { changeTotals } from './apply-read.ts'
import { BLOCK_ENTRIES, BLOCK_RING } from './block.ts'
import { newestBlockBefore, searchSync } from './chain.ts'
import { COUNT, LOWER, MARK, positionAt, RING, ringEntries, wordAt } from './conversation-slots.ts'
import { ENTRY_WORDS } from './entry.ts'
import { chainOf, positionIn } from './side.ts'
import { type State, sideOf, slotOf } from './state.ts'

export function applyRecall(state: State, place: Place, overlay: Overlay): void {
  const { sender, traits, ordinals, recipients } = overlay
  // What came later was not meant, also when this record meets it in a replay.
  if (overlay.place >= place || traits & (Trait.onlineOnly | Trait.uncounted)) return
  const first = recipients.findIndex((recipient) => recipient !== NOBODY)
  if (first < 0 || !isThere(state, overlay, first)) return
  const isUnbadged = (traits & Trait.unbadged) !== 0
  recipients.forEach((recipient, i) => {
    const slot = slotOf(state, sender, recipient)
    if (slot < 0 || recipient === sender) return
    const position = positionOf(overlay.place, ordinals[i]!)
    if (isGroup(recipient)) state.recalls.add(slot, 0, position, isUnbadged)
    else recallOfPair(state, slot, sideOf(recipient, sender), position, isUnbadged)
  })
}

/** A copy that was read counts nowhere: nothing has to be kept of its recall. */
function recallOfPair(
  state: State,
  slot: number,
  side: number,
  position: Position,
  isUnbadged: boolean,
): void {
  const { conversations, recalls } = state
  if (conversations.positionsOf(slot)[positionAt(slot) + MARK + side]! >= position) return
  if (!recalls.add(slot, side, position, isUnbadged)) return
  const account = conversations.wordsOf(slot)[wordAt(slot) + LOWER + side]!
  changeTotals(state, slot, account, { copies: -1, unbadged: isUnbadged ? -1 : 0 })
}

/** Whether the ith of the copies stands in its conversation. */
function isThere(state: State, { place, sender, ordinals, recipients }: Overlay, i: number) {
  const slot = slotOf(state, sender, recipients[i]!)
  if (slot < 0) return false
  const position = positionOf(place, ordinals[i]!)
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  const inRing = ringEntries(words[at + COUNT]!)
  if (isAmong(words, at + RING, inRing, position)) return true
  const block = searchSync(state.blocks, newestBlockBefore(chainOf(slot, words, at), position + 1))
  return block !== null && isAmong(block, BLOCK_RING, BLOCK_ENTRIES, position)
}

function isAmong(words: Int32Array, from: number, entries: number, position: Position): boolean {
  for (let at = from; at < from + ENTRY_WORDS * entries; at += ENTRY_WORDS) {
    if (positionIn(words, at) === position) return true
  }
  return false
}
