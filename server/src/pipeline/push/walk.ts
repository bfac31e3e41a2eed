/**
 * Goes through the receivers of batches, one batch after the other, and gives
 * other work the thread now and then.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { NOBODY } from '../../domain/account.ts'
import type { Batch } from '../../domain/batch.ts'
import { isGroup } from '../../domain/peer.ts'
import { type Place, type Position, placeOf, positionOf } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import type { Index } from '../../engines/index.ts'
import type { Feed } from './feed.ts'

export interface WalkOptions {
  feed: Feed
  index: Index
  isReachable: (account: number) => boolean
  /** How many receivers of a copy are given at once. */
  receiversMax: number
  /** Receivers of a copy, to whom something could be pushed. A promise is waited for. */
  take: (copy: Receivers) => Promise<void> | undefined
  /** A batch is through, or there is none for a while. */
  onPassed: (hadBatch: boolean) => void
  signal: AbortSignal
}

export interface Receivers {
  stored: Stored<Batch>
  ordinal: number
  accounts: readonly number[]
}

/** Work before others get the thread. */
const TURN_MS = 2
const RECEIVERS_PER_LOOK = 256

export class Walk {
  readonly #options: WalkOptions
  #cursor: Position
  #receiversInTurn = 0
  #turnEndsAt = 0

  constructor(from: Position, options: WalkOptions) {
    this.#cursor = from
    this.#options = options
  }

  /** Everything before it has been taken. */
  get cursor(): Position {
    return this.#cursor
  }

  /** Up to a place, or until told to end. */
  async run(to: Place): Promise<void> {
    const { feed, onPassed, signal } = this.#options
    for await (const { stored, next } of feed.between(placeOf(this.#cursor), to, signal)) {
      if (stored !== null) await this.#batch(stored)
      if (signal.aborted) return
      this.#cursor = Math.max(this.#cursor, positionOf(next, 0))
      onPassed(stored !== null)
    }
  }

  async #batch(stored: Stored<Batch>): Promise<void> {
    const { take, isReachable, signal } = this.#options
    const { place, record } = stored
    const { recipients, sender } = record
    for (let ordinal = 0; ordinal < recipients.length; ordinal += 1) {
      const peer = recipients[ordinal]!
      const position = positionOf(place, ordinal)
      if (peer === NOBODY || peer === sender || position < this.#cursor) continue
      if (signal.aborted) return
      this.#cursor = position
      if (isGroup(peer)) {
        await this.#members(stored, ordinal)
      } else if (isReachable(peer)) {
        const waiting = take({ stored, ordinal, accounts: [peer] })
        if (waiting !== undefined) await waiting
      }
      if (this.#isTurnOver()) await this.#yield()
    }
  }

  async #members(stored: Stored<Batch>, ordinal: number): Promise<void> {
    const { index, take, isReachable, receiversMax, signal } = this.#options
    const { sender, recipients } = stored.record
    let accounts: number[] = []
    for (const member of index.members(recipients[ordinal]!)) {
      if (member !== sender && isReachable(member)) accounts.push(member)
      if (accounts.length >= receiversMax) {
        await take({ stored, ordinal, accounts })
        accounts = []
      }
      if (this.#isTurnOver()) await this.#yield()
      if (signal.aborted) return
    }
    if (accounts.length > 0) await take({ stored, ordinal, accounts })
  }

  #isTurnOver(): boolean {
    this.#receiversInTurn += 1
    return this.#receiversInTurn % RECEIVERS_PER_LOOK === 0 && performance.now() >= this.#turnEndsAt
  }

  async #yield(): Promise<void> {
    await turn()
    this.#turnEndsAt = performance.now() + TURN_MS
  }
}
