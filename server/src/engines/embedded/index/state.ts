import { NOBODY } from '../../../domain/account.ts'
import { isGroup, type Peer } from '../../../domain/peer.ts'
import type { Place } from '../../../domain/place.ts'
import { AccountSlots } from './account-slots.ts'
import type { BlockFile } from './block-file.ts'
import { ConversationSlots } from './conversation-slots.ts'
import { Members } from './members.ts'
import { PairTable } from './pair-table.ts'
import { Recalls } from './recalls.ts'

/** Everything that an index knows. Between two records all of it is consistent. */
export interface State {
  /** The place of the last record that was applied; 0: none was. */
  applied: Place
  conversations: ConversationSlots
  /** The slot of two accounts, or of a group as a peer and 0. */
  pairs: PairTable
  /** The slots of groups, rising. */
  groups: number[]
  accounts: AccountSlots
  members: Members
  recalls: Recalls
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
  return {
    applied: 0,
    conversations,
    pairs: new PairTable(conversations),
    groups: [],
    accounts: new AccountSlots(),
    members: new Members(conversations),
    recalls: new Recalls(),
    blocks,
    copies: 0,
    auditor: null,
  }
}

/** The slot of a conversation; -1: there is none. */
export function slotOf({ pairs }: State, account: number, peer: Peer): number {
  if (isGroup(peer)) return pairs.find(peer, NOBODY)
  return account < peer ? pairs.find(account, peer) : pairs.find(peer, account)
}

/** Which side of its conversation with `peer` an account is: 0 the lower, or in a group; 1 the higher. */
export function sideOf(account: number, peer: Peer): number {
  return isGroup(peer) || account <= peer ? 0 : 1
}
