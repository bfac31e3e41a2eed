/**
 * The conversation list of an account: made when it is asked for, by a walk
 * along the account's chain and its groups. A sender with a million conversations gets its list
 * in some 0.1 s of walking that nobody else has to wait for; in return no
 * batch ever pays for keeping an order.
 */
import type { ConversationKey } from '../../../domain/peer.ts'
import type { Position } from '../../../domain/place.ts'
import type { Listed, ListPage } from '../../index.ts'
import { firstOf, nextOf, peerIn, sideIn } from './account-chain.ts'
import { Breath } from './breath.ts'
import { HIGHER, LISTED, LOWER, positionAt, wordAt } from './conversation-slots.ts'
import { joinedAt } from './groups.ts'
import { Smallest } from './smallest.ts'
import type { State } from './state.ts'
import { unreadIn } from './unread.ts'

export async function conversationsOf(
  state: State,
  account: number,
  { before, limit, kind }: ListPage,
): Promise<Listed[]> {
  // Turned round: the newest have the smallest keys.
  const newest = new Smallest(limit)
  const breath = new Breath()
  const take = (slot: number, listed: Position) => {
    if (listed > 0 && listed < before) newest.add(-listed, slot)
    return breath.isDue()
  }
  const first = kind === 'group' ? -1 : firstOf(state, account)
  for (let slot = first; slot >= 0; slot = nextOf(state, account, slot)) {
    if (take(slot, listedIn(state, slot, sideIn(state, account, slot)))) await breath.turn()
  }
  const members = kind === 'direct' ? [] : state.members.ofAccount(account)
  for (const member of members) {
    if (!state.members.isIn(member)) continue
    const slot = state.members.groupOf(member)
    const listed = Math.max(listedIn(state, slot, 0), joinedAt(state, member))
    if (take(slot, listed)) await breath.turn()
  }
  return newest.sorted().map(({ key, value: slot }) => {
    const unread = unreadIn(state, account, slot).copies
    return { peer: peerIn(state, account, slot), newest: -key, unread }
  })
}

/** The newest copy that moves a conversation in the list of one side; 0: none does. */
export function listedIn({ conversations }: State, slot: number, side: number): Position {
  return conversations.positionsOf(slot)[positionAt(slot) + LISTED + side]!
}

/** Direct conversations in the order in which they began, from the nth on: all slots but those of groups. */
export function pairsFrom(
  { conversations, groups }: State,
  from: number,
  limit: number,
): ConversationKey[] {
  const pairs: ConversationKey[] = []
  for (let slot = from + groupsBefore(groups, from); pairs.length < limit; slot++) {
    if (slot >= conversations.count) break
    if (conversations.isGroup(slot)) continue
    const words = conversations.wordsOf(slot)
    pairs.push([words[wordAt(slot) + LOWER]!, words[wordAt(slot) + HIGHER]!])
  }
  return pairs
}

/** How many groups have a slot before that of the nth pair. Before the kth group stand its slot - k pairs. */
function groupsBefore(groups: readonly number[], pair: number): number {
  let [low, high] = [0, groups.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (groups[middle]! - middle <= pair) low = middle + 1
    else high = middle
  }
  return low
}
