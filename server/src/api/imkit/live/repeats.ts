import type { Peer } from '../../../domain/peer.ts'

/** How often each recipient comes in a batch: once, nearly always. Counted when somebody asks. */
export class Repeats {
  readonly #recipients: ArrayLike<Peer>
  #times: Map<Peer, number> | null = null

  constructor(recipients: ArrayLike<Peer>) {
    this.#recipients = recipients
  }

  of(recipient: Peer): number {
    if (this.#recipients.length === 1) return 1
    this.#times ??= timesOf(this.#recipients)
    return this.#times.get(recipient) ?? 0
  }
}

function timesOf(recipients: ArrayLike<Peer>): Map<Peer, number> {
  const times = new Map<Peer, number>()
  for (let ordinal = 0; ordinal < recipients.length; ordinal += 1) {
    const recipient = recipients[ordinal]!
    times.set(recipient, (times.get(recipient) ?? 0) + 1)
  }
  return times
}
