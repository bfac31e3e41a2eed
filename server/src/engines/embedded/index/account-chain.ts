/**
 * The chain of an account: its direct conversations, the one that was created last first.
 */
import { HEAD } from './account-slots.ts'
import { HIGHER, LOWER, NEXT, wordAt } from './conversation-slots.ts'
import type { State } from './state.ts'

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

/** Of a group that is the group. */
export function peerIn({ conversations }: State, account: number, slot: number): number {
  const words = conversations.wordsOf(slot)
  const at = wordAt(slot)
  return words[at + LOWER] === account ? words[at + HIGHER]! : words[at + LOWER]!
}
