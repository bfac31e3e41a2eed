/**
 * The `limit` smallest of many keys, each with a value: a heap with the
 * largest of them on top, so that a key that does not belong is refused in one comparison.
 */
export class Smallest {
  readonly #limit: number
  readonly #keys: number[] = []
  readonly #values: number[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** A key has to be below this to be taken. */
  get bound(): number {
    if (this.#limit <= 0) return Number.NEGATIVE_INFINITY
    return this.#keys.length < this.#limit ? Number.POSITIVE_INFINITY : this.#keys[0]!
  }

  add(key: number, value: number): void {
    if (key >= this.bound) return
    if (this.#keys.length < this.#limit) this.#rise(key, value)
    else this.#sink(key, value)
  }

  /** All of them, the smallest first. */
  sorted(): { key: number; value: number }[] {
    return this.#keys
      .map((key, i) => ({ key, value: this.#values[i]! }))
      .sort((a, b) => a.key - b.key)
  }

  #put(at: number, key: number, value: number): void {
    this.#keys[at] = key
    this.#values[at] = value
  }

  #rise(key: number, value: number): void {
    let at = this.#keys.length
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (this.#keys[parent]! >= key) break
      this.#put(at, this.#keys[parent]!, this.#values[parent]!)
      at = parent
    }
    this.#put(at, key, value)
  }

  /** Takes the place of the largest. */
  #sink(key: number, value: number): void {
    const { length } = this.#keys
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && this.#keys[child + 1]! > this.#keys[child]!) child++
      if (this.#keys[child]! <= key) break
      this.#put(at, this.#keys[child]!, this.#values[child]!)
      at = child
    }
    this.#put(at, key, value)
  }
}
