import type { PushWay } from '../../../domain/device.ts'
import type { ConversationKey, Peer } from '../../../domain/peer.ts'
import type { Place } from '../../../domain/place.ts'
import type { JournalRecord, Outcomes, Overlay } from '../../../domain/record.ts'

/**
 * What a record held, for whoever has to make up for its loss. Accounts that
 * stand as `sender`, `reader`, `account`, `blocker` and `blocked` are numbers.
 */
export type Held =
  | { type: 'batch'; sender: number; recipients: number }
  | { type: 'accounts'; ids: string[] }
  | { type: 'read'; reader: number; peer: Peer }
  | { type: 'delivered'; accounts: number }
  | { type: 'revoked'; account: number }
  | {
      type: 'conversation'
      conversation: ConversationKey
      /** null: nothing was said about the conversation, only members came and went. */
      id: string | null
      joined: number
      left: number
    }
  | { type: 'overlay'; change: Overlay['change']; of: Place; copies: number }
  | { type: 'tokens'; account: number; given: number; taken: number }
  | { type: 'block'; blocker: number; blocked: number; isOn: boolean }
  | { type: 'device'; account: number; way: PushWay; id: string; isGone: boolean }
  | { type: 'outcomes'; way: Outcomes['way']; results: number }

export function heldIn(record: JournalRecord): Held {
  switch (record.type) {
    case 'batch':
      return { type: 'batch', sender: record.sender, recipients: record.recipients.length }
    case 'accounts':
      return { type: 'accounts', ids: record.accounts.map(({ id }) => id) }
    case 'read':
      return { type: 'read', reader: record.reader, peer: record.peer }
    case 'delivered':
      return { type: 'delivered', accounts: record.accounts.length }
    case 'revoked':
      return { type: 'revoked', account: record.account }
    case 'conversation': {
      const { conversation, description, joined, left } = record
      const id = description?.id ?? null
      return { type: 'conversation', conversation, id, joined: joined.length, left: left.length }
    }
    case 'overlay': {
      const { change, place, ordinals } = record
      return { type: 'overlay', change, of: place, copies: ordinals.length }
    }
    case 'tokens': {
      const { account, given, taken } = record
      return { type: 'tokens', account, given: given.length, taken: taken.length }
    }
    case 'block':
      return record
    case 'device': {
      const { account, device, isGone } = record
      return { type: 'device', account, way: device.way, id: device.id, isGone }
    }
    case 'outcomes':
      return { type: 'outcomes', way: record.way, results: record.results.length }
  }
}

/** The accounts that stand in it by number. */
export function accountsIn(held: Held): number[] {
  switch (held.type) {
    case 'batch':
      return [held.sender]
    case 'read':
      return [held.reader, held.peer].filter((peer) => peer > 0)
    case 'revoked':
    case 'tokens':
    case 'device':
      return [held.account]
    case 'conversation':
      return held.conversation.filter((peer) => peer > 0)
    case 'block':
      return [held.blocker, held.blocked]
    case 'accounts':
    case 'delivered':
    case 'overlay':
    case 'outcomes':
      return []
  }
}
