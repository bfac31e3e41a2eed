/**
 * Deliver: what has just become durable goes to the terminals that are open.
 *
 * It starts at the journal's end and needs no place of its own: a terminal's
 * cursor is enough, because whoever was away asks for what it missed.
 */
import { NOBODY } from '../domain/account.ts'
import { type Batch, Trait } from '../domain/batch.ts'
import { messageId } from '../domain/message-id.ts'
import { positionOf } from '../domain/place.ts'
import { isBatch, type Read, type Stored } from '../domain/record.ts'
import type { Engines } from '../engines/engines.ts'
import type { Audience } from './audience.ts'

export function openDeliver({ journal, index, directory }: Engines, audience: Audience) {
  return function deliver(group: readonly Stored[]): void {
    for (const stored of group) {
      if (isBatch(stored)) deliverBatch(stored)
      else if (stored.record.type === 'read') deliverRead(stored.record, stored.place)
      else if (stored.record.type === 'revoked') audience.close(stored.record.account, 'revoked')
    }
    audience.flush()
  }

  function deliverBatch(stored: Stored<Batch>): void {
    const { recipients, sender, traits } = stored.record
    let delivery = null
    let reachesOthers = false
    for (let ordinal = 0; ordinal < recipients.length; ordinal += 1) {
      const account = recipients[ordinal]!
      if (account === NOBODY) continue
      if (account !== sender) reachesOthers = true
      if (!audience.isOpen(account)) continue
      delivery ??= audience.begin(stored)
      delivery.copy(account, ordinal)
    }
    // Of what went to itself alone, the sender has the copy.
    if ((traits & Trait.echoed) !== 0 && reachesOthers && audience.isOpen(sender)) {
      delivery ??= audience.begin(stored)
      delivery.echo()
    }
  }

  /** The reader's other terminals learn their new counters; the peer's, that it was read. */
  function deliverRead({ reader, peer, upTo }: Read, place: number): void {
    const cursor = messageId(journal.generation, positionOf(place, 0))
    const mark = upTo === null ? cursor : messageId(journal.generation, upTo)
    if (audience.isOpen(reader)) {
      const unread = index.unread(reader, peer)
      const unreadTotal = index.totals(reader).unread
      const event = { type: 'read', with: directory.id(peer), upTo: mark, unread, unreadTotal }
      audience.event(reader, JSON.stringify({ ...event, cursor }))
    }
    if (peer !== reader && audience.isOpen(peer)) {
      const event = { type: 'peer-read', with: directory.id(reader), upTo: mark, cursor }
      audience.event(peer, JSON.stringify(event))
    }
  }
}
