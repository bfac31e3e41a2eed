/**
 * Pairs that have spoken, by the id that is derived for them: which pair of
 * the index's order it is, in an open-addressing table. A pair whose id another has before
 * it is left out.
 *
 * About 12 bytes a pair: 4 for the hash of its id, so that growing derives none
 * again, and slots of which three eighths to three quarters are taken. There are 256 tables, chosen
 * by the upper bits of the hash, and each doubles on its own: no growth holds the thread for long.
 *
 * A pair takes some 2 µs, most of it for its id; so a million pairs are two seconds, in slices
 * between which others get the thread.
 */
import type { ConversationKey } from '../domain/peer.ts'
import type { Index } from '../engines/index.ts'

const TABLE_BITS = 8
const SLOTS_AT_FIRST = 8
const CHUNK = 65_536

/** About a millisecond. */
const PAIRS_PER_TURN = 512

/** What may be missing when an answer cannot wait. */
const PAIRS_PER_CATCH_UP = 4096

export class PairsById {
  readonly #index: Index
  readonly #idOf: (pair: ConversationKey) => string
  /** By hash: 1 + which pair; 0: free. */
  readonly #tables = Array.from({ length: 2 ** TABLE_BITS }, () => new Int32Array(SLOTS_AT_FIRST))
  readonly #counts = new Uint32Array(2 ** TABLE_BITS)
  /** Of each pair: the hash of its id. */
  readonly #hashes: Int32Array[] = []
  /** How many pairs were looked at. */
  #known = 0
  #filling: Promise<void> | null = null

  constructor(index: Index, idOf: (pair: ConversationKey) => string) {
    this.#index = index
    this.#idOf = idOf
  }

  /** Resolves when every pair that has spoken so far is known. */
  ready(): Promise<void> {
    if (this.#filling === null && !this.#addSome(PAIRS_PER_TURN)) return DONE
    return (this.#filling ??= this.#fill().finally(() => {
      this.#filling = null
    }))
  }

  /** Adds what is missing at once, if it is not too much; the rest follows soon. */
  catchUp(): void {
    if (this.#filling === null && this.#addSome(PAIRS_PER_CATCH_UP)) void this.ready()
  }

  /** The first pair with this id among those that are known; null: there is none. */
  find(id: string): ConversationKey | null {
    const hash = hashOf(id)
    const table = this.#tables[hash >>> (32 - TABLE_BITS)]!
    const mask = table.length - 1
    for (let slot = hash & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const which = table[slot]! - 1
      if (this.#hashOf(which) !== hash) continue
      const pair = this.#index.pairs(which, 1)[0]!
      if (this.#idOf(pair) === id) return pair
    }
    return null
  }

  async #fill(): Promise<void> {
    do await new Promise(setImmediate)
    while (this.#addSome(PAIRS_PER_TURN))
  }

  /** Looks at the next pairs. False: there are no more of them. */
  #addSome(count: number): boolean {
    const pairs = this.#index.pairs(this.#known, count)
    for (const pair of pairs) this.#add(pair)
    return pairs.length === count
  }

  #add(pair: ConversationKey): void {
    const id = this.#idOf(pair)
    const hash = hashOf(id)
    const which = this.#known
    this.#known += 1
    if (which % CHUNK === 0) this.#hashes.push(new Int32Array(CHUNK))
    this.#hashes.at(-1)![which % CHUNK] = hash
    if (this.find(id) === null) this.#put(which, hash)
  }

  #put(which: number, hash: number): void {
    const at = hash >>> (32 - TABLE_BITS)
    const count = ++this.#counts[at]!
    let table = this.#tables[at]!
    if (count * 4 > table.length * 3) table = this.#tables[at] = this.#doubled(table)
    insert(table, which, hash)
  }

  #doubled(table: Int32Array): Int32Array<ArrayBuffer> {
    const larger = new Int32Array(2 * table.length)
    for (const entry of table) {
      if (entry !== 0) insert(larger, entry - 1, this.#hashOf(entry - 1))
    }
    return larger
  }

  #hashOf(which: number): number {
    return this.#hashes[Math.floor(which / CHUNK)]![which % CHUNK]!
  }
}

const DONE = Promise.resolve()

function insert(table: Int32Array, which: number, hash: number): void {
  const mask = table.length - 1
  let slot = hash & mask
  while (table[slot] !== 0) slot = (slot + 1) & mask
  table[slot] = which + 1
}

/** FNV-1a, of UTF-16 units. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return hash | 0
}
