/**
 * A set of account numbers: a bit for each, in pages that are made when one of
 * their numbers comes. Numbers are dense, so a million of them take 128 KiB.
 */
const PAGE_BITS = 15

export class NumberSet {
  readonly #pages = new Map<number, Int32Array>()

  add(number: number): void {
    let page = this.#pages.get(number >>> PAGE_BITS)
    if (page === undefined) {
      page = new Int32Array(2 ** PAGE_BITS / 32)
      this.#pages.set(number >>> PAGE_BITS, page)
    }
    page[wordOf(number)]! |= 1 << (number & 31)
  }

  delete(number: number): void {
    const page = this.#pages.get(number >>> PAGE_BITS)
    if (page !== undefined) page[wordOf(number)]! &= ~(1 << (number & 31))
  }

  has(number: number): boolean {
    const page = this.#pages.get(number >>> PAGE_BITS)
    return page !== undefined && (page[wordOf(number)]! & (1 << (number & 31))) !== 0
  }
}

/** Where the word with its bit stands in its page. */
function wordOf(number: number): number {
  return (number & (2 ** PAGE_BITS - 1)) >>> 5
}
