import type { Place } from '../../../domain/place.ts'
import { AccountSlots } from './account-slots.ts'
import type { BlockFile } from './block-file.ts'
import { ConversationSlots } from './conversation-slots.ts'
import { PairTable } from './pair-table.ts'

/** Everything that an index knows. Between two records all of it is consistent. */
export interface State {
  /** The place of the last record that was applied; 0: none was. */
  applied: Place
  conversations: ConversationSlots
  pairs: PairTable
  accounts: AccountSlots
  blocks: BlockFile
  /** How many copies all conversations have. */
  copies: number
  /** Who wants to hear of changed counters; null: nobody does. */
  auditor: Auditor | null
}

/** A recount that is under way hears how counters change while it walks. */
export interface Auditor {
  changed(account: number, slot: number, unread: number, badge: number): void
}

export function emptyState(blocks: BlockFile): State {
  const conversations = new ConversationSlots()
  const pairs = new PairTable(conversations)
  const accounts = new AccountSlots()
  return { applied: 0, conversations, pairs, accounts, blocks, copies: 0, auditor: null }
}

/** The slot of a conversation; -1: there is none. */
export function slotOf({ pairs }: State, account: number, peer: number): number {
  return account < peer ? pairs.find(account, peer) : pairs.find(peer, account)
}

/** Which side of its conversation with `peer` an account is: 0 the lower, 1 the higher. */
export function sideOf(account: number, peer: number): number {
  return account <= peer ? 0 : 1
}
