/**
 * Adds the copies that a batch has for groups. Whatever a group has of members, a copy
 * costs the same: it raises the one counter of the group (unread.ts).
 */
import { type Batch, Trait } from '../../../domain/batch.ts'
import { isGroup } from '../../../domain/peer.ts'
import { type Place, type Position, positionOf } from '../../../domain/place.ts'
import { append } from './append.ts'
import { openGroup } from './apply-membership.ts'
import { markReadByMember } from './apply-read.ts'
import { LISTED, positionAt, UNBADGED, UNREAD, wordAt } from './conversation-slots.ts'
import { Flag, flagsOf, highWord, lowWord } from './entry.ts'
import type { State } from './state.ts'

export function addCopiesToGroups(state: State, place: Place, batch: Batch): void {
  const { sender, recipients, traits } = batch
  for (let ordinal = 0; ordinal < recipients.length; ordinal++) {
    const group = recipients[ordinal]!
    if (!isGroup(group)) continue
    const position = positionOf(place, ordinal)
    const slot = openGroup(state, group)
    addCopy(state, slot, position, traits)
    // Also for a copy that is known already: the slot of the member may have been copied earlier.
    if (traits & Trait.readsForSender) markReadByMember(state, place, slot, sender, position)
  }
}

function addCopy(state: State, slot: number, position: Position, traits: number): void {
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  // Everybody in a group sees everything.
  const high = highWord(position, flagsOf(traits) & ~Flag.hiddenFromSender)
  if (!append(state, slot, words, at, lowWord(position), high)) return
  if (!(traits & Trait.unlisted)) {
    state.conversations.positionsOf(slot)[positionAt(slot) + LISTED] = position
  }
  if (traits & Trait.uncounted) return
  words[at + UNREAD]!++
  if (traits & Trait.unbadged) words[at + UNBADGED]!++
}
