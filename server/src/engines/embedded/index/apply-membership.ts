/**
 * Makes groups known, and who is a member of them.
 */
import { NOBODY } from '../../../domain/account.ts'
import { isGroup, type Peer } from '../../../domain/peer.ts'
import { type Place, type Position, positionOf } from '../../../domain/place.ts'
import type { ConversationChange } from '../../../domain/record.ts'
import { refuseBadAccount, refuseBadGroup } from './bad-numbers.ts'
import type { Counted } from './counting.ts'
import type { State } from './state.ts'
import { countedUpTo } from './unread.ts'

/** Who leaves and joins in one record begins anew as a member. */
export function applyMembership(state: State, place: Place, record: ConversationChange): void {
  const [group] = record.conversation
  if (!isGroup(group)) return
  const slot = openGroup(state, group)
  for (const account of record.left) leave(state, slot, account, positionOf(place, 0))
  if (record.joined.length === 0) return
  const mark = positionOf(place, 0)
  const before = countedUpTo(state, slot, mark)
  record.joined.forEach((account, ordinal) => {
    join(state, slot, account, positionOf(place, ordinal), mark, before)
  })
}

/** The slot of a group, which is new if there was none. */
export function openGroup(state: State, group: Peer): number {
  const { pairs, conversations, groups } = state
  const known = pairs.find(group, NOBODY)
  if (known >= 0) return known
  refuseBadGroup(group)
  const slot = conversations.add(group, NOBODY)
  pairs.add(group, NOBODY, slot)
  groups.push(slot)
  return slot
}

function leave({ members }: State, group: number, account: number, left: Position): void {
  const member = members.find(group, account)
  if (member < 0 || !members.isIn(member) || members.joined(member) >= left) return
  members.leave(member, left)
}

function join(
  { members }: State,
  group: number,
  account: number,
  joined: Position,
  mark: Position,
  before: Counted,
): void {
  refuseBadAccount(account)
  const known = members.find(group, account)
  if (known >= 0 && (members.isIn(known) || members.left(known) > mark)) return
  const member = known >= 0 ? known : members.add(group, account)
  members.join(member, joined)
  members.moveMark(member, mark, before)
}
