/**
 * The conversation list of an account: made when it is asked for, by a walk
 * along the account's chain. A sender with a million conversations gets its list in
 * some 0.1 s of walking that nobody else has to wait for; in return no
 * batch ever pays for keeping an order.
 */
import type { Position } from '../../../domain/place.ts'
import type { Listed } from '../../index.ts'
import { HEAD } from './account-slots.ts'
import { Breath } from './breath.ts'
import { HIGHER, LISTED, LOWER, NEXT, positionAt, UNREAD, wordAt } from './conversation-slots.ts'
import { Smallest } from './smallest.ts'
import type { State } from './state.ts'

export async function conversationsOf(
  state: State,
  account: number,
  { before, limit }: { before: Position; limit: number },
): Promise<Listed[]> {
  const { conversations } = state
  // Turned round: the newest have the smallest keys.
  const newest = new Smallest(limit)
  const breath = new Breath()
  for (let slot = firstOf(state, account); slot >= 0; slot = nextOf(state, account, slot)) {
    const side = sideIn(state, account, slot)
    const listed = conversations.positionsOf(slot)[positionAt(slot) + LISTED + side]!
    if (listed > 0 && listed < before) newest.add(-listed, slot)
    if (breath.isDue()) await breath.turn()
  }
  return newest.sorted().map(({ key, value: slot }) => {
    const words = conversations.wordsOf(slot)
    const unread = words[wordAt(slot) + UNREAD + sideIn(state, account, slot)]!
    return { peer: peerIn(state, account, slot), newest: -key, unread }
  })
}

/** The conversation of an account that was created last; -1: it has none. */
export function firstOf({ accounts }: State, account: number): number {
  return accounts.word(account, HEAD) - 1
}

/** The one that was created before; -1: there is none. */
export function nextOf(state: State, account: number, slot: number): number {
  const words = state.conversations.wordsOf(slot)
  return words[wordAt(slot) + NEXT + sideIn(state, account, slot)]! - 1
}

export function sideIn({ conversations }: State, account: number, slot: number): number {
  return conversations.wordsOf(slot)[wordAt(slot) + LOWER] === account ? 0 : 1
}

export function peerIn({ conversations }: State, account: number, slot: number): number {
  const words = conversations.wordsOf(slot)
  const at = wordAt(slot)
  return words[at + LOWER] === account ? words[at + HIGHER]! : words[at + LOWER]!
}
