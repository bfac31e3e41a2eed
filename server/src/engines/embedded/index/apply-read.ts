/**
 * Moves marks forward, and the counters with them.
 *
 * A mark may pass the newest copy: copies that come later and stand at or before
 * it are read when they come. Where a mark ends far back, counting has to wait for the disk.
 */
import { isGroup } from '../../../domain/peer.ts'
import { lastPositionOf, type Place, type Position, positionOf } from '../../../domain/place.ts'
import type { Delivered, Read } from '../../../domain/record.ts'
import { ACCOUNT_CHUNK_BITS, accountAt, TOTAL_BADGE, TOTAL_UNREAD } from './account-slots.ts'
import { LOWER, MARK, positionAt, UNBADGED, UNREAD, wordAt } from './conversation-slots.ts'
import { type Counted, countedAfter } from './counting.ts'
import { type State, sideOf, slotOf } from './state.ts'
import { countedUpTo } from './unread.ts'

export function applyRead(state: State, place: Place, { reader, peer, upTo }: Read): void {
  const slot = slotOf(state, reader, peer)
  if (slot < 0) return
  const mark = upTo ?? positionOf(place, 0)
  if (isGroup(peer)) markReadByMember(state, place, slot, reader, mark)
  else markRead(state, slot, sideOf(reader, peer), mark)
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
    const left = countedAfter(state, slot, side, upTo)
    words[at + UNREAD + side] = left.copies
    words[at + UNBADGED + side] = left.unbadged
    // What was recalled is not in the totals any more.
    const recalled = state.recalls.between(slot, side, positions[mark]!, upTo)
    changeTotals(state, slot, words[at + LOWER + side]!, {
      copies: left.copies - unread + recalled.copies,
      unbadged: left.unbadged - unbadged + recalled.unbadged,
    })
  }
  positions[mark] = upTo
}

/** The unread copies of an account in one of its direct conversations become more, or fewer. */
export function changeTotals(state: State, slot: number, account: number, by: Counted): void {
  const words = state.accounts.words[account >>> ACCOUNT_CHUNK_BITS]!
  const badge = by.copies - by.unbadged
  words[accountAt(account) + TOTAL_UNREAD]! += by.copies
  words[accountAt(account) + TOTAL_BADGE]! += badge
  state.auditor?.changed(account, slot, by.copies, badge)
}

/** A member has read its group. What stands before its joining is of an earlier membership, and over. */
export function markReadByMember(
  state: State,
  place: Place,
  group: number,
  account: number,
  upTo: Position,
): void {
  const { members } = state
  const member = members.find(group, account)
  if (member < 0 || !members.isIn(member)) return
  if (members.joined(member) >= positionOf(place, 0) || members.mark(member) >= upTo) return
  const isAhead = upTo > lastPositionOf(place)
  members.moveMark(member, upTo, isAhead ? null : countedUpTo(state, group, upTo))
}
