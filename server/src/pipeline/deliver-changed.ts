/**
 * Copies that were recalled or edited go to the terminals that may show them.
 * Their record has to be read for that, so this runs behind the journal: one
 * change after the other, and only for what somebody with an open terminal sees.
 */
import { Trait } from '../domain/batch.ts'
import { messageOf } from '../domain/message.ts'
import { conversationOf, isGroup } from '../domain/peer.ts'
import { positionOf } from '../domain/place.ts'
import { isBatch, type Overlay, type Stored } from '../domain/record.ts'
import type { Engines } from '../engines/engines.ts'
import type { Audience } from './audience.ts'
import { accountsOf } from './members.ts'

/** Copies that are handed over before the terminals are written to, and others get the thread. */
const COPIES_PER_TURN = 256

export function openDeliverChanged({ journal, index }: Engines, audience: Audience) {
  let last: Promise<void> = Promise.resolve()

  return {
    add(stored: Stored<Overlay>): void {
      // Whoever does not hear of it reads it in lists and history.
      last = last.then(() => deliver(stored)).catch(() => {})
    },
    close: () => last,
  }

  async function deliver({ place, time, record }: Stored<Overlay>): Promise<void> {
    const { change, ordinals, content } = record
    if (!ordinals.some((_, i) => isSeen(record, i))) return
    const [changed] = await journal.read([record.place])
    if (changed == null || !isBatch(changed)) return
    for (const [i, ordinal] of ordinals.entries()) {
      if (i > 0 && i % COPIES_PER_TURN === 0) await flush()
      const message = messageOf(changed, ordinal, { content, changedAt: time })
      const happening = { type: 'changed', change, message, at: positionOf(place, 0) } as const
      audience.tell(hearers(record, i), happening)
    }
    audience.flush()
  }

  async function flush(): Promise<void> {
    audience.flush()
    await new Promise(setImmediate)
  }

  function isSeen(record: Overlay, i: number): boolean {
    for (const account of hearers(record, i)) if (audience.isOpen(account)) return true
    return false
  }

  /** Of a pair, the sender is among them only where it sees what it sent. */
  function hearers({ sender, traits, recipients }: Overlay, i: number): Iterable<number> {
    const recipient = recipients[i]!
    const isHidden = (traits & Trait.hiddenFromSender) !== 0 && !isGroup(recipient)
    return isHidden ? [recipient] : accountsOf(conversationOf(sender, recipient), index)
  }
}
