import { isGroup, type Peer } from '../domain/peer.ts'
import type { Held } from '../engines/embedded/journal/held.ts'

/** The id of an account; empty: it is not known any more. */
export type IdOf = (account: number) => string

/** What a record held, in words. */
export function wordsOf(held: Held, idOf: IdOf): string {
  switch (held.type) {
    case 'batch':
      return `batch from ${named(held.sender)} to ${held.recipients} recipients`
    case 'accounts':
      return `accounts: ${held.ids.join(', ')}`
    case 'read':
      return `read by ${named(held.reader)}: the conversation with ${named(held.peer)}`
    case 'delivered':
      return `delivered to ${held.accounts} accounts`
    case 'revoked':
      return `revoked: what was signed for ${named(held.account)}`
    case 'conversation': {
      const { conversation, id, joined, left } = held
      const who = conversation.filter((peer) => peer !== 0).map(named)
      const what = id === null ? '' : ` with the id ${id}`
      return `conversation of ${who.join(' and ')}${what}: ${joined} joined, ${left} left`
    }
    case 'overlay':
      return `${held.change} of ${held.copies} copies of the batch at place ${held.of}`
    case 'tokens':
      return `tokens of ${named(held.account)}: ${held.given} given, ${held.taken} taken`
    case 'block':
      return `block: ${named(held.blocker)} ${held.isOn ? 'blocks' : 'no longer blocks'} ${named(held.blocked)}`
    case 'device': {
      const { way, id, isGone } = held
      return `device ${id} (${way}) of ${named(held.account)}: ${isGone ? 'gone' : 'registered'}`
    }
    case 'outcomes':
      return `outcomes of ${held.results} notifications (${held.way})`
  }

  function named(peer: Peer): string {
    if (isGroup(peer)) return `group number ${-peer}`
    return idOf(peer) || `account number ${peer}`
  }
}
