import type { Platform } from '../domain/platform.ts'
import type { Terminal } from './terminal.ts'

/**
 * The open terminals by account number.
 *
 * Whether an account has one is asked for every recipient of every batch, and
 * nearly always it has none: a bit an account answers that from the cache, where
 * a Map of the open ones would be searched in vain. Ten million accounts take 1.25 MB.
 */
export class Registry {
  #bits = new Uint32Array(1024)
  /** The first terminal of each account that has any; the others hang on it. */
  readonly #first = new Map<number, Terminal>()
  #count = 0

  /** How many terminals are open. */
  get count(): number {
    return this.#count
  }

  has(account: number): boolean {
    const word = account >>> 5
    return word < this.#bits.length && (this.#bits[word]! & (1 << (account & 31))) !== 0
  }

  /** The first of the account's terminals; `sibling` leads to the others. */
  first(account: number): Terminal | null {
    return this.#first.get(account) ?? null
  }

  countOf(account: number): number {
    let count = 0
    for (let each = this.first(account); each !== null; each = each.sibling) count += 1
    return count
  }

  /** What the account's terminals run on, as far as they have said. */
  platformsOf(account: number): Set<Platform> {
    const platforms = new Set<Platform>()
    for (let each = this.first(account); each !== null; each = each.sibling) {
      if (each.platform !== null) platforms.add(each.platform)
    }
    return platforms
  }

  add(terminal: Terminal, account: number): void {
    terminal.account = account
    terminal.sibling = this.first(account)
    this.#first.set(account, terminal)
    this.#count += 1
    const word = account >>> 5
    if (word >= this.#bits.length) this.#grow(word + 1)
    this.#bits[word]! |= 1 << (account & 31)
  }

  remove(terminal: Terminal): void {
    const { account, sibling } = terminal
    const first = this.first(account)
    if (first === terminal) this.#replaceFirst(account, sibling)
    else unlink(first, terminal)
    terminal.sibling = null
    this.#count -= 1
  }

  #replaceFirst(account: number, next: Terminal | null): void {
    if (next !== null) {
      this.#first.set(account, next)
    } else {
      this.#first.delete(account)
      this.#bits[account >>> 5]! &= ~(1 << (account & 31))
    }
  }

  #grow(words: number): void {
    const bits = new Uint32Array(Math.max(words, this.#bits.length * 2))
    bits.set(this.#bits)
    this.#bits = bits
  }
}

function unlink(first: Terminal | null, terminal: Terminal): void {
  for (let each = first; each !== null; each = each.sibling) {
    if (each.sibling === terminal) each.sibling = terminal.sibling
  }
}
