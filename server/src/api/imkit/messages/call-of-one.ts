import { type Content, Trait } from '../../../domain/batch.ts'
import type { Peer } from '../../../domain/peer.ts'
import type { Call } from '../../../pipeline/accept.ts'

/** A single message, which is a batch of one: its sender hears it, and has read what it answers. */
export function callOfOne(sender: number, recipient: Peer, content: Content, moreTraits = 0): Call {
  return {
    sender,
    recipients: Int32Array.of(recipient),
    failures: [],
    content,
    traits: Trait.echoed | Trait.readsForSender | Trait.mutable | moreTraits,
    lifetimeSeconds: null,
    seq: null,
    random: 0,
    contentCrc: 0,
    push: null,
  }
}
