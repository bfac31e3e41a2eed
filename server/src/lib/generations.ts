/**
 * What was added or used lately, within a number of bytes.
 *
 * Two generations, each of half the size. What is added or used goes into the
 * young one; when that is full it becomes the old one, and the old one is let
 * go as a whole. So room is never made one by one, and what is used stays.
 * What is heavier than half of all has a generation to itself.
 */
export class Generations<Key, Value> {
  readonly #bytesMax: number
  #young = new Map<Key, Weighed<Value>>()
  #old = new Map<Key, Weighed<Value>>()
  #youngBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young.value
    const old = this.#old.get(key)
    if (old !== undefined) this.add(key, old.value, old.bytes)
    return old?.value
  }

  /** `bytes`: what the value is taken to weigh; it is not looked at. */
  add(key: Key, value: Value, bytes: number): void {
    // What was read twice at once comes twice, and weighs once.
    this.#youngBytes -= this.#young.get(key)?.bytes ?? 0
    if (this.#youngBytes > 0 && this.#youngBytes + bytes > this.#bytesMax / 2) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(key, { value, bytes })
    this.#youngBytes += bytes
  }

  /** For what does not hold any more. */
  forget(key: Key): void {
    this.#youngBytes -= this.#young.get(key)?.bytes ?? 0
    this.#young.delete(key)
    this.#old.delete(key)
  }
}

interface Weighed<Value> {
  value: Value
  bytes: number
}
