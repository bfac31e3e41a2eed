/**
 * What can be asked about groups: who is in them, and what that means for an account.
 */
import type { Peer } from '../../../domain/peer.ts'
import { type Position, placeOf, positionOf } from '../../../domain/place.ts'
import type { Totals } from '../../index.ts'
import { LOWER, wordAt } from './conversation-slots.ts'
import { type State, slotOf } from './state.ts'
import { unreadOfMember } from './unread.ts'

/** The slot of an account that is a member of a group now; -1: it is none. */
export function memberOf(state: State, account: number, group: Peer): number {
  const slot = slotOf(state, account, group)
  if (slot < 0) return -1
  const member = state.members.find(slot, account)
  return member >= 0 && state.members.isIn(member) ? member : -1
}

/** The members of a group, by joining: gathered when they are asked for after a change. */
export function membersOf(state: State, group: Peer): Uint32Array {
  const { members } = state
  const slot = slotOf(state, 0, group)
  if (slot < 0 || !state.conversations.isGroup(slot)) return new Uint32Array()
  const known = members.lists.get(slot)
  if (known) return known
  const list = Uint32Array.from(byJoining(state, members.ofGroup(slot)), (member) =>
    members.accountOf(member),
  )
  members.lists.set(slot, list)
  return list
}

/** The groups of which an account is a member, by joining. */
export function groupsOf(state: State, account: number): Int32Array {
  const { members, conversations } = state
  return Int32Array.from(byJoining(state, members.ofAccount(account)), (member) => {
    const slot = members.groupOf(member)
    return conversations.wordsOf(slot)[wordAt(slot) + LOWER]!
  })
}

function byJoining({ members }: State, all: Iterable<number>): number[] {
  return [...all]
    .filter((member) => members.isIn(member))
    .sort((a, b) => members.joined(a) - members.joined(b))
}

/** What an account has not read in its groups. */
export function totalsOfGroups(state: State, account: number): Totals {
  const totals = { unread: 0, badge: 0 }
  for (const member of state.members.ofAccount(account)) {
    if (!state.members.isIn(member)) continue
    const { copies, unbadged } = unreadOfMember(state, member)
    totals.unread += copies
    totals.badge += copies - unbadged
  }
  return totals
}

/** The record with which a member joined, as a position: among those who joined there it is the first. */
export function joinedAt({ members }: State, member: number): Position {
  return positionOf(placeOf(members.joined(member)), 0)
}
