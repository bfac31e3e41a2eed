import { setImmediate } from 'node:timers/promises'

/**
 * Long walks breathe: after so many steps they let the event loop turn. A step
 * that misses the caches takes some 100 ns, so nobody waits much over a millisecond.
 */
export class Breath {
  readonly #steps: number
  #taken = 0

  constructor(steps = 10_000) {
    this.#steps = steps
  }

  /** One more step; says whether it is time to `turn`. */
  isDue(): boolean {
    return ++this.#taken >= this.#steps
  }

  async turn(): Promise<void> {
    this.#taken = 0
    await setImmediate()
  }
}
