/** A sync that takes longer than what follows a group usually does. */
const SLOW_MS = 2
const SYNCS = 32

/**
 * Whether the disk is slow: the quickest of the last syncs tells, since the others
 * may have waited for the thread.
 */
export class SyncPace {
  #before = 0
  #least = Number.POSITIVE_INFINITY
  #count = 0

  get isSlow(): boolean {
    return Math.min(this.#before, this.#least) > SLOW_MS
  }

  note(milliseconds: number): void {
    this.#least = Math.min(this.#least, milliseconds)
    this.#count += 1
    if (this.#count < SYNCS) return
    this.#before = this.#least
    this.#least = Number.POSITIVE_INFINITY
    this.#count = 0
  }
}
