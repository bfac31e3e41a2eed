/**
 * Keeps away from a provider that takes nothing at present.
 *
 *   closed ──refused──▶ open ──its time is over──▶ half-open ──taken──▶ closed
 *                        ▲                             │
 *                        └───────────refused───────────┘
 *
 * Half-open, one notification goes and shows how things are. Each opening in a
 * row lasts longer than the one before it, and never less than the provider asked for.
 */
import { jitteredMs } from '../pause.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

const OPEN_MS = { leastMs: 1000, mostMs: 60_000 }

/** A provider that asks for more is asked again all the same: its operator may have seen to it. */
const OPEN_MS_MAX = 3_600_000

export class Breaker {
  readonly #now: () => number
  #state: BreakerState = 'closed'
  #openUntil = 0
  #openingsInRow = 0
  /** Answers to what went before the last change say nothing of how things are now. */
  #age = 0

  constructor(now: () => number) {
    this.#now = now
  }

  get state(): BreakerState {
    return this.#state
  }

  /** How long nothing may go, at least; 0: one may go; Infinity: until the one under way is answered. */
  get waitMs(): number {
    if (this.#state === 'half-open') return Number.POSITIVE_INFINITY
    return this.#state === 'open' ? Math.max(0, this.#openUntil - this.#now()) : 0
  }

  /** One goes. What it gives comes back with the answer. */
  start(): number {
    if (this.#state === 'open') {
      this.#state = 'half-open'
      this.#age += 1
    }
    return this.#age
  }

  /** The provider has dealt with it, whatever it said of the notification. */
  taken(age: number): void {
    if (age !== this.#age) return
    this.#state = 'closed'
    this.#openingsInRow = 0
  }

  /** It did not reach the provider: the next one may go in its place. */
  unused(age: number): void {
    if (age === this.#age && this.#state === 'half-open') this.#state = 'open'
  }

  /** The provider takes nothing at present. True: it did before. */
  refused(age: number, retryAfterMs: number | null): boolean {
    if (age !== this.#age) return false
    const wasClosed = this.#state === 'closed'
    this.#state = 'open'
    this.#age += 1
    this.#openingsInRow += 1
    const openMs = Math.max(jitteredMs(this.#openingsInRow, OPEN_MS), retryAfterMs ?? 0)
    this.#openUntil = this.#now() + Math.min(openMs, OPEN_MS_MAX)
    return wasClosed
  }
}
