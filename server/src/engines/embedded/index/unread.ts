/**
 * What an account has not read: of a pair the counter of its side, of a group
 * the copies that counted since its mark; of both less what was recalled.
 */
import { END, lastPositionOf, type Position } from '../../../domain/place.ts'
import { sideIn } from './account-chain.ts'
import { MARK, positionAt, UNBADGED, UNREAD, wordAt } from './conversation-slots.ts'
import { type Counted, countedAfter, NONE } from './counting.ts'
import type { State } from './state.ts'

/** What an account has not read in the conversation of a slot. Of a group: if it is a member. */
export function unreadIn(state: State, account: number, slot: number): Counted {
  if (!state.conversations.isGroup(slot)) {
    return unreadOfSide(state, slot, sideIn(state, account, slot))
  }
  const member = state.members.find(slot, account)
  return member < 0 || !state.members.isIn(member) ? NONE : unreadOfMember(state, member)
}

export function unreadOfSide(state: State, slot: number, side: number): Counted {
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  const counted = { copies: words[at + UNREAD + side]!, unbadged: words[at + UNBADGED + side]! }
  const mark = state.conversations.positionsOf(slot)[positionAt(slot) + MARK + side]!
  return less(counted, state.recalls.between(slot, side, mark, END))
}

/** What the account of a member slot has not read, if it is a member now. */
export function unreadOfMember(state: State, member: number): Counted {
  const { members, recalls } = state
  const [group, mark] = [members.groupOf(member), members.mark(member)]
  return less(countedSince(state, member, mark), recalls.between(group, 0, mark, END))
}

/** What counted in a group up to a position. */
export function countedUpTo(state: State, group: number, position: Position): Counted {
  return less(countedInGroup(state, group), countedAfter(state, group, 0, position))
}

/**
 * The count up to a mark that lay ahead is looked up when it is asked for, and kept as soon as
 * everything up to the mark has come.
 */
function countedSince(state: State, member: number, mark: Position): Counted {
  const { members } = state
  const group = members.groupOf(member)
  const known = members.counted(member)
  if (known) return less(countedInGroup(state, group), known)
  if (mark <= lastPositionOf(state.applied)) members.count(member, countedUpTo(state, group, mark))
  return countedAfter(state, group, 0, mark)
}

/** In a group side 0 has never read anything: its counter is that of all copies. */
function countedInGroup({ conversations }: State, group: number): Counted {
  const words = conversations.wordsOf(group)
  const at = wordAt(group)
  return { copies: words[at + UNREAD]!, unbadged: words[at + UNBADGED]! }
}

function less(one: Counted, other: Counted): Counted {
  return { copies: one.copies - other.copies, unbadged: one.unbadged - other.unbadged }
}
