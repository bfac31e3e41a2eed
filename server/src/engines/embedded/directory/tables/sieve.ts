/**
 * Holds back questions whose answer is certainly "nothing": one bit for what
 * was added, at a place that its hash chooses. What meets the bit of another
 * costs a question of the file, and nothing else. Bits are never cleared: the
 * next start makes them again from the rows.
 */
const BITS_AT_LEAST = 20
const BITS_AT_MOST = 27
/** At first; rows that come later make false hits more frequent. */
const BITS_A_ROW = 32

export class Sieve {
  readonly #words: Int32Array
  /** Leaves as many upper bits of a hash as choose a bit. */
  readonly #shift: number

  /** `expected`: how many rows there are already. */
  constructor(expected: number) {
    const needed = Math.ceil(Math.log2(expected * BITS_A_ROW + 1))
    const bits = Math.min(Math.max(needed, BITS_AT_LEAST), BITS_AT_MOST)
    this.#words = new Int32Array(2 ** (bits - 5))
    this.#shift = 32 - bits
  }

  add(hash: number): void {
    const bit = hash >>> this.#shift
    this.#words[bit >>> 5]! |= 1 << (bit & 31)
  }

  mayHave(hash: number): boolean {
    const bit = hash >>> this.#shift
    return (this.#words[bit >>> 5]! & (1 << (bit & 31))) !== 0
  }
}

/** Of two whole numbers. */
export function hashOfPair(first: number, second: number): number {
  return mixed(Math.imul(mixed(Math.imul(first | 0, 0x9e3779b1)) ^ second, 0x85ebca77))
}

/** Of one whole number of more than 32 bits. */
export function hashOfPlace(place: number): number {
  return hashOfPair(Math.floor(place / 2 ** 32), place)
}

export function hashOfText(text: string): number {
  let hash = text.length
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return mixed(hash)
}

/** Brings the lower bits up, which choose, and the upper ones down. */
function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae3d)
  return once ^ (once >>> 15)
}
