/**
 * Deliver: what has just become durable goes to the terminals that are open.
 *
 * It starts at the journal's end and needs no place of its own: a terminal's
 * cursor is enough, because whoever was away asks for what it missed.
 *
 *   batch           each copy to its receiver, or to the group's members; an echo to the sender
 *   read            to the reader's terminals, and to the others of the conversation
 *   overlay         to both sides, or to all members, as they stand then; deliver-changed.ts
 *   conversation    to its members, and those who left
 *   revoked, tokens         end terminals, those of a token when it is taken or has ended
 */
import { NOBODY } from '../domain/account.ts'
import { type Batch, Trait } from '../domain/batch.ts'
import { conversationOf, isGroup, type Peer } from '../domain/peer.ts'
import { type Place, positionOf } from '../domain/place.ts'
import {
  type ConversationChange,
  isBatch,
  type Overlay,
  type Read,
  type Stored,
  type Tokens,
} from '../domain/record.ts'
import type { Engines } from '../engines/engines.ts'
import type { Audience, Delivery } from './audience.ts'
import { openDeliverChanged } from './deliver-changed.ts'
import { accountsOf } from './members.ts'

export function openDeliver(engines: Engines, audience: Audience) {
  const { index } = engines
  const changed = openDeliverChanged(engines, audience)
  const flush = () => audience.flush()

  return {
    group(group: readonly Stored[]): void {
      for (const stored of group) deliver(stored)
      // Callers hear "OK" first: a hundred writes take a millisecond, and would come before it.
      setImmediate(flush)
    },
    /** Resolves when everything has been handed over. */
    close: () => changed.close(),
  }

  function deliver(stored: Stored): void {
    const { place, record } = stored
    if (isBatch(stored)) deliverBatch(stored)
    else if (record.type === 'read') deliverRead(record, place)
    else if (record.type === 'overlay') changed.add(stored as Stored<Overlay>)
    else if (record.type === 'conversation')
      deliverConversation(stored as Stored<ConversationChange>)
    else if (record.type === 'revoked') audience.close(record.account, 'revoked')
    else if (record.type === 'tokens') deliverTokens(record)
  }

  function deliverBatch(stored: Stored<Batch>): void {
    const { recipients, sender, traits } = stored.record
    const openMembers = openMembersBut(sender)
    let delivery: Delivery | null = null
    let reachesOthers = false
    for (let ordinal = 0; ordinal < recipients.length; ordinal += 1) {
      const peer = recipients[ordinal]!
      if (peer === NOBODY) continue
      if (peer !== sender) reachesOthers = true
      if (isGroup(peer)) {
        for (const member of openMembers(peer)) {
          delivery ??= audience.begin(stored)
          delivery.copy(member, ordinal)
        }
      } else if (audience.isOpen(peer)) {
        delivery ??= audience.begin(stored)
        delivery.copy(peer, ordinal)
      }
    }
    // Of what went to itself alone, the sender has the copy.
    if ((traits & Trait.echoed) !== 0 && reachesOthers && audience.isOpen(sender)) {
      delivery ??= audience.begin(stored)
      delivery.echo()
    }
  }

  /**
   * Those members of a group who have a terminal open, without the sender, who hears by echo.
   * Found once for each group: a batch may have thousands of entries for one.
   */
  function openMembersBut(sender: number): (group: Peer) => readonly number[] {
    const known = new Map<Peer, number[]>()
    return (group) => {
      const found = known.get(group)
      if (found !== undefined) return found
      const open: number[] = []
      for (const member of index.members(group)) {
        if (member !== sender && audience.isOpen(member)) open.push(member)
      }
      known.set(group, open)
      return open
    }
  }

  function deliverRead({ reader, peer, upTo }: Read, place: Place): void {
    const at = positionOf(place, 0)
    const conversation = conversationOf(reader, peer)
    const happening = { type: 'read', reader, conversation, upTo: upTo ?? at, at } as const
    audience.tell(accountsOf(conversation, index), happening)
  }

  function deliverConversation(stored: Stored<ConversationChange>): void {
    const { conversation, left } = stored.record
    const happening = { type: 'conversation', stored } as const
    audience.tell(accountsOf(conversation, index), happening)
    audience.tell(left, happening)
  }

  function deliverTokens({ account, given, taken }: Tokens): void {
    for (const { token, expiresAt } of given) audience.renew(account, token, expiresAt)
    for (const token of taken) audience.close(account, 'revoked', token)
  }
}
