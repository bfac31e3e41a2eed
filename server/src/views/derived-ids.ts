/**
 * The derived ids of the pairs that were asked for last, and whether an id is known to lead back
 * to its pair. Account ids are for ever, so what is kept here is never wrong; each pair has one
 * place, which the next pair that belongs there takes over. Deriving costs 2 µs, asking again
 * 0.1 µs, and every message to an open terminal asks.
 */
import type { ConversationKey } from '../domain/peer.ts'

const PLACES = 16_384

export class DerivedIds {
  readonly #derive: (pair: ConversationKey) => string
  readonly #firsts = new Int32Array(PLACES)
  readonly #seconds = new Int32Array(PLACES)
  readonly #ids: string[] = new Array(PLACES).fill('')
  readonly #areOwn = new Uint8Array(PLACES)

  constructor(derive: (pair: ConversationKey) => string) {
    this.#derive = derive
  }

  of(pair: ConversationKey): string {
    return this.#ids[this.#placeOf(pair)]!
  }

  /** Whether the id was found to be this pair's own, which it then is for ever. */
  isOwn(pair: ConversationKey): boolean {
    return this.#areOwn[this.#placeOf(pair)] === 1
  }

  becomesOwn(pair: ConversationKey): void {
    this.#areOwn[this.#placeOf(pair)] = 1
  }

  /** The place of the pair, with what belongs to the pair in it. */
  #placeOf(pair: ConversationKey): number {
    const [first, second] = pair
    const place = (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> (32 - 14)
    if (this.#firsts[place] === first && this.#seconds[place] === second) return place
    this.#ids[place] = this.#derive(pair)
    this.#areOwn[place] = 0
    this.#firsts[place] = first
    this.#seconds[place] = second
    return place
  }
}
