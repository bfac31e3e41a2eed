/**
 * Who had a terminal open when a batch was delivered. Lanes may come to a batch
 * much later, and then it is no longer to be seen.
 */
import { NOBODY } from '../../domain/account.ts'
import type { Batch } from '../../domain/batch.ts'
import { isGroup, type Peer } from '../../domain/peer.ts'
import type { Place } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import type { Index } from '../../engines/index.ts'

export interface PresenceOptions {
  index: Index
  isOpen: (account: number) => boolean
  /** Whether anything could be pushed to the account. Others are not remembered. */
  isReachable: (account: number) => boolean
}

/** Batches that are remembered, and accounts of all of them together. */
const BATCHES_MAX = 100_000
const ACCOUNTS_MAX = 1_000_000

const nobody: ReadonlySet<number> = new Set()

export class Presence {
  readonly #options: PresenceOptions
  /** By batch, oldest first. */
  readonly #open = new Map<Place, ReadonlySet<number>>()
  #accounts = 0

  constructor(options: PresenceOptions) {
    this.#options = options
  }

  /** Called in the tick in which the batch was delivered. */
  remember({ place, record }: Stored<Batch>): void {
    const open = this.#openAmong(record)
    this.#open.set(place, open)
    this.#accounts += open.size
    while (this.#open.size > BATCHES_MAX || this.#accounts > ACCOUNTS_MAX) this.#forgetOldest()
  }

  /** Of a batch that is not remembered, those count who have a terminal open now. */
  wasOpen(account: number, place: Place): boolean {
    const open = this.#open.get(place)
    return open === undefined ? this.#options.isOpen(account) : open.has(account)
  }

  #openAmong({ recipients }: Batch): ReadonlySet<number> {
    const { index, isOpen, isReachable } = this.#options
    let open: Set<number> | null = null
    let groups: Set<Peer> | null = null
    const look = (account: number) => {
      if (isOpen(account) && isReachable(account)) (open ??= new Set()).add(account)
    }
    for (const peer of recipients) {
      if (peer === NOBODY) continue
      if (!isGroup(peer)) {
        look(peer)
      } else if (!groups?.has(peer)) {
        for (const member of index.members(peer)) look(member)
        groups = (groups ?? new Set()).add(peer)
      }
    }
    return open ?? nobody
  }

  #forgetOldest(): void {
    const [place, open] = this.#open.entries().next().value!
    this.#open.delete(place)
    this.#accounts -= open.size
  }
}
