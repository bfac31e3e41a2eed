/**
 * How many notifications may be under way at once: half as many after each time
 * that the provider had enough, then slowly more again, one for each round of answers.
 */
export class Window {
  readonly #max: number
  #size: number

  constructor(max: number) {
    this.#max = max
    this.#size = max
  }

  get size(): number {
    return Math.floor(this.#size)
  }

  taken(): void {
    this.#size = Math.min(this.#max, this.#size + 1 / this.#size)
  }

  refused(): void {
    this.#size = Math.max(1, this.#size / 2)
  }
}
