/**
 * Which call of a key made a recipient's copy: call numbers by account number,
 * in open-addressing tables of pairs.
 *
 * There are 64 tables, chosen by the upper bits of the hash, and each doubles
 * on its own. At a million recipients a Map takes 30 bytes each and stops for
 * 30 ms when it grows; this takes 11 to 22, and 2 ms.
 */
const TABLE_BITS = 6
const SLOTS_AT_FIRST = 8

export class Reached {
  readonly #tables = Array.from(
    { length: 2 ** TABLE_BITS },
    () => new Int32Array(2 * SLOTS_AT_FIRST),
  )
  readonly #counts = new Uint32Array(2 ** TABLE_BITS)

  /** The call that reached the recipient last; 0: none did. */
  get(recipient: number): number {
    const hash = hashOf(recipient)
    const table = this.#tables[hash >>> (32 - TABLE_BITS)]!
    return table[slotOf(table, recipient, hash) + 1]!
  }

  set(recipient: number, call: number): void {
    const hash = hashOf(recipient)
    const which = hash >>> (32 - TABLE_BITS)
    let table = this.#tables[which]!
    let slot = slotOf(table, recipient, hash)
    if (table[slot + 1] === 0) {
      const count = ++this.#counts[which]!
      // Three quarters full at most.
      if (count * 8 > table.length * 3) {
        table = this.#tables[which] = doubled(table)
        slot = slotOf(table, recipient, hash)
      }
      table[slot] = recipient
    }
    table[slot + 1] = call
  }
}

/** Where the recipient stands, or would stand. */
function slotOf(table: Int32Array, recipient: number, hash: number): number {
  const mask = table.length - 2
  let slot = (hash << 1) & mask
  while (table[slot + 1] !== 0 && table[slot] !== recipient) slot = (slot + 2) & mask
  return slot
}

function doubled(table: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * table.length)
  for (let at = 0; at < table.length; at += 2) {
    if (table[at + 1] === 0) continue
    const slot = slotOf(larger, table[at]!, hashOf(table[at]!))
    larger[slot] = table[at]!
    larger[slot + 1] = table[at + 1]!
  }
  return larger
}

function hashOf(recipient: number): number {
  const hash = Math.imul(recipient, 0x9e3779b1)
  return hash ^ (hash >>> 15)
}
