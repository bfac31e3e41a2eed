/**
 * How many notifications may be under way at once. Few at first, and twice as
 * many with each round of answers, until there are enough of them. Half as many
 * after each time that the provider had enough, or that answers came in such heaps
 * that whoever else needs the thread had to wait; then slowly more again, one
 * for each round.
 */

/** No heap of answers is too large when no more are under way. */
const FEW = 64

export class Window {
  readonly #max: number
  #size: number
  /** From here on it grows slowly. */
  #enough: number

  constructor(max: number) {
    this.#max = max
    this.#size = Math.min(max, FEW)
    this.#enough = max
  }

  get size(): number {
    return Math.floor(this.#size)
  }

  taken(): void {
    const more = this.#size < this.#enough ? 1 : 1 / this.#size
    this.#size = Math.min(this.#max, this.#size + more)
  }

  refused(): void {
    this.#size = Math.max(1, this.#size / 2)
    this.#enough = this.#size
  }

  crowded(): void {
    if (this.#size <= FEW) return
    this.#size = Math.max(FEW, this.#size / 2)
    this.#enough = this.#size
  }
}
