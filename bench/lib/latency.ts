/** Durations of one kind, in milliseconds, and what to say of them. */
export class Latencies {
  #values = new Float64Array(1 << 16)
  #count = 0

  add(ms: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count] = ms
    this.#count += 1
  }

  get count(): number {
    return this.#count
  }

  /** The value that a share of all, such as 0.99, does not exceed. 0 when there are none. */
  at(share: number): number {
    const sorted = this.#values.slice(0, this.#count).sort()
    return sorted[Math.min(this.#count - 1, Math.floor(share * this.#count))] ?? 0
  }
}
