/**
 * The pace of one provider: how many may be under way, how many may go in a
 * second, and whether any may go at all.
 */
import { openBucket } from '../../lib/bucket.ts'
import type { PushOutcome } from '../pusher.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import { Window } from './window.ts'

export interface PaceOptions {
  concurrencyMax: number
  /** 0: any number. */
  perSecond: number
  /** Unix time, milliseconds. */
  now: () => number
}

/** What goes comes back with its answer. */
export interface Turn {
  answered(outcome: PushOutcome): void
  /** It was not handed over after all. */
  unused(): void
}

export class Pace {
  readonly #breaker: Breaker
  readonly #window: Window
  readonly #bucket: (tokens?: number) => boolean
  readonly #refillMs: number
  #underWay = 0

  constructor({ concurrencyMax, perSecond, now }: PaceOptions) {
    this.#breaker = new Breaker(now)
    this.#window = new Window(concurrencyMax)
    this.#bucket = openBucket(perSecond, 1000, now)
    this.#refillMs = perSecond === 0 ? 0 : Math.max(5, Math.ceil(1000 / perSecond))
  }

  get underWay(): number {
    return this.#underWay
  }

  get state(): BreakerState {
    return this.#breaker.state
  }

  /** Lets one go, or says in how many milliseconds to ask again; Infinity: after the next answer. */
  take(): Turn | number {
    if (this.#underWay >= this.#window.size) return Number.POSITIVE_INFINITY
    const { waitMs } = this.#breaker
    if (waitMs > 0) return waitMs
    if (!this.#bucket()) return this.#refillMs
    const age = this.#breaker.start()
    this.#underWay += 1
    return {
      answered: (outcome) => {
        const isUsed = this.#underWay * 2 >= this.#window.size
        this.#underWay -= 1
        this.#learn(outcome, age, isUsed)
      },
      unused: () => {
        this.#underWay -= 1
        this.#breaker.unused(age)
      },
    }
  }

  /** Answers come more at once than is good for others: fewer should be under way. */
  crowded(): void {
    this.#window.crowded()
  }

  #learn(outcome: PushOutcome, age: number, isWindowUsed: boolean): void {
    if (outcome.state === 'refused' && outcome.scope === 'provider') {
      if (this.#breaker.refused(age, outcome.retryAfterMs)) this.#window.refused()
    } else {
      this.#breaker.taken(age)
      // One that is mostly empty does not need to be larger.
      if (isWindowUsed) this.#window.taken()
    }
  }
}
