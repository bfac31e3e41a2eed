/**
 * From `To_Account` to account numbers, one by entry: 0 for whoever is not
 * known, and for the second and later mentions of one account.
 */
import { NOBODY } from '../../domain/account.ts'
import type { Failure } from '../../domain/batch.ts'
import type { Directory } from '../../engines/directory.ts'

/** Of one call, repeated ones included. */
export const RECIPIENTS_MAX = 500

export interface Recipients {
  numbers: Int32Array
  /** Whoever is not known, once each. */
  failures: Failure[]
  /** How many copies there will be. */
  known: number
}

/** Gathers the recipients of one call at a time: at most RECIPIENTS_MAX entries. */
export class Gathering {
  readonly #numbers = new Int32Array(RECIPIENTS_MAX)
  readonly #repeats = new Repeats()
  #failures: Failure[] = []
  /** Made when the first unknown id comes. */
  #unknown: Set<string> | null = null
  #known = 0
  #length = 0

  begin(): void {
    this.#repeats.forget()
    this.#failures = []
    this.#unknown = null
    this.#known = 0
    this.#length = 0
  }

  get length(): number {
    return this.#length
  }

  add(number: number): void {
    const isRepeated = this.#repeats.isRepeated(number)
    this.#numbers[this.#length] = isRepeated ? NOBODY : number
    if (!isRepeated) this.#known += 1
    this.#length += 1
  }

  addUnknown(id: string): void {
    this.#unknown ??= new Set()
    if (!this.#unknown.has(id)) {
      this.#unknown.add(id)
      this.#failures.push({ ordinal: this.#length, id, code: 'unknownAccount' })
    }
    this.#numbers[this.#length] = NOBODY
    this.#length += 1
  }

  end(): Recipients {
    const numbers = this.#numbers.slice(0, this.#length)
    return { numbers, failures: this.#failures, known: this.#known }
  }
}

/** UserIDs of this door are shorter than account ids may be; longer ones are nobody's. */
export const USER_ID_BYTES_MAX = 32

/** The number of a UserID; 0: nobody has it. */
export function numberOf(directory: Directory, id: string): number {
  const { length } = id
  if (length === 0 || length > USER_ID_BYTES_MAX) return NOBODY
  // Nothing is counted while even three bytes a character could not be too many.
  const mayBeLong = length * 3 > USER_ID_BYTES_MAX
  return mayBeLong && Buffer.byteLength(id) > USER_ID_BYTES_MAX ? NOBODY : directory.number(id)
}

const SLOTS = 2048
const SLOT_BITS = 11

/**
 * The numbers that came in one call: an open-addressing table of 16 KB that is
 * emptied by counting up a stamp. It stays in the processor's nearest cache,
 * which an array with a slot for every account would not.
 */
class Repeats {
  readonly #numbers = new Uint32Array(SLOTS)
  readonly #stamps = new Uint32Array(SLOTS)
  #stamp = 0

  forget(): void {
    this.#stamp = (this.#stamp + 1) >>> 0
    if (this.#stamp !== 0) return
    this.#stamps.fill(0)
    this.#stamp = 1
  }

  isRepeated(number: number): boolean {
    let slot = Math.imul(number, 0x9e3779b1) >>> (32 - SLOT_BITS)
    while (this.#stamps[slot] === this.#stamp) {
      if (this.#numbers[slot] === number) return true
      slot = (slot + 1) % SLOTS
    }
    this.#stamps[slot] = this.#stamp
    this.#numbers[slot] = number
    return false
  }
}
