/**
 * Reads the entries of `paras` from their bytes. An entry is a flat object:
 *
 *   { "receiver": "ann", "$name$": "Ann", "$points$": 12 }
 *
 * What is not of this kind is not taken: escapes, values inside values, numbers but whole ones, a
 * key that comes again in its entry, an entry for nobody, and everything that is a fault.
 */
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfPlain,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
} from '../../../lib/json-scan.ts'
import { isName } from '../../../template/name-tree.ts'
import { ScannedValues } from '../../../template/scanned-values.ts'

/** A key of entries, decoded once: entries mostly look alike. */
interface Key {
  bytes: Buffer
  text: string
  /** The entry that had it last. */
  entry: number
  /** null: it is not the name of a variable. */
  values: ScannedValues | null
}

export interface ParaLimits {
  entries: number
  /** Different ones, names of variables or not. */
  keys: number
}

export class ParaScan {
  /** How many entries there are. */
  count = 0
  /** By entry, where its receiver begins and ends, in turn; an empty stretch: it is for a room. */
  readonly receivers: number[] = []
  /** By entry, the ids of those for rooms. */
  readonly rooms = new Map<number, string>()

  readonly #body: Buffer
  readonly #limits: ParaLimits
  readonly #keys = new Map<string, Key>()
  /** The key that came at this rank last. */
  readonly #ranked: Key[] = []
  /** What is known of the entry at hand. */
  #roomFrom = 0
  #roomTo = 0
  #receiverFrom = 0
  #receiverTo = 0

  constructor(body: Buffer, limits: ParaLimits) {
    this.#body = body
    this.#limits = limits
  }

  /** The values of each name, in the order in which names were met. */
  get values(): ScannedValues[] {
    return [...this.#keys.values()].flatMap(({ values }) => (values === null ? [] : [values]))
  }

  /** Reads the array from right after its bracket on; see ScanArray. */
  array(from: number): number {
    const body = this.#body
    let at = skipSpace(body, from)
    for (;;) {
      if (body[at] !== OPEN_OBJECT || this.count === this.#limits.entries) return -1
      at = this.#entry(at + 1)
      if (at < 0) return -1
      at = skipSpace(body, at + 1)
      if (body[at] === CLOSE_ARRAY) return at
      if (body[at] !== COMMA) return -1
      at = skipSpace(body, at + 1)
    }
  }

  /** Where the entry closes; -1: it is not taken. */
  #entry(from: number): number {
    const body = this.#body
    this.#roomTo = this.#roomFrom
    this.#receiverTo = this.#receiverFrom
    let at = skipSpace(body, from)
    for (let rank = 0; ; rank += 1) {
      at = this.#field(at, rank)
      if (at < 0) return -1
      at = skipSpace(body, at)
      if (body[at] === CLOSE_OBJECT) return this.#endEntry() ? at : -1
      if (body[at] !== COMMA) return -1
      at = skipSpace(body, at + 1)
    }
  }

  /** A room counts before a receiver. */
  #endEntry(): boolean {
    const isForRoom = this.#roomTo > this.#roomFrom
    if (!isForRoom && this.#receiverTo === this.#receiverFrom) return false
    if (isForRoom) {
      this.rooms.set(this.count, this.#body.toString('utf8', this.#roomFrom, this.#roomTo))
      this.#receiverTo = this.#receiverFrom
    }
    this.receivers.push(this.#receiverFrom, this.#receiverTo)
    this.count += 1
    return true
  }

  /** Reads a key and its value. The offset after both; -1: they are not taken. */
  #field(at: number, rank: number): number {
    const body = this.#body
    if (body[at] !== QUOTE) return -1
    const keyTo = endOfPlain(body, at + 1)
    if (keyTo < 0) return -1
    const key = this.#key(at + 1, keyTo, rank)
    if (key === null || key.entry === this.count) return -1
    key.entry = this.count

    const colon = skipSpace(body, keyTo + 1)
    if (body[colon] !== COLON) return -1
    const start = skipSpace(body, colon + 1)
    const isText = body[start] === QUOTE
    const from = isText ? start + 1 : start
    const to = isText ? endOfPlain(body, from) : endOfScalar(body, from)
    if (to < 0) return -1
    if (!this.#take(key, from, to, isText)) return -1
    return isText ? to + 1 : to
  }

  /** An id that is null says nothing; of a variable that is a fault. */
  #take({ text, values }: Key, from: number, to: number, isText: boolean): boolean {
    const isNull = !isText && this.#body[from] === NULL
    if (values !== null) {
      if (!isNull) values.add(this.count, from, to)
      return !isNull
    }
    if (text !== 'room' && text !== 'receiver') return true
    if (!isText) return isNull
    if (text === 'room') {
      this.#roomFrom = from
      this.#roomTo = to
    } else {
      this.#receiverFrom = from
      this.#receiverTo = to
    }
    return true
  }

  /** null: there are too many. */
  #key(from: number, to: number, rank: number): Key | null {
    const likely = this.#ranked[rank]
    if (likely !== undefined && isSame(likely.bytes, this.#body, from, to)) return likely
    const text = this.#body.toString('utf8', from, to)
    const key = this.#keys.get(text) ?? this.#added(text)
    if (key !== null) this.#ranked[rank] = key
    return key
  }

  #added(text: string): Key | null {
    if (this.#keys.size === this.#limits.keys) return null
    const values = isName(text) ? new ScannedValues(text, this.#body) : null
    const key = { bytes: Buffer.from(text), text, entry: -1, values }
    this.#keys.set(text, key)
    return key
  }
}

const NULL = 0x6e
const SCALARS = ['true', 'false', 'null'].map((word) => Buffer.from(word))
/** Whole numbers of so many digits are spelled in one way. */
const DIGITS_MAX = 15

/** Where true, false, null or a plain whole number ends; -1: it is something else. */
function endOfScalar(body: Buffer, from: number): number {
  const first = body[from]!
  if (!isDigit(first)) {
    const word = SCALARS.find((scalar) => isSame(scalar, body, from, from + scalar.length))
    return word === undefined ? -1 : from + word.length
  }
  let to = from + 1
  while (isDigit(body[to])) to += 1
  const hasLeadingZero = first === ZERO && to > from + 1
  // What follows has to be space, a comma or a bracket, or the array is not taken.
  return hasLeadingZero || to - from > DIGITS_MAX ? -1 : to
}

const ZERO = 0x30

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39
}

function isSame(bytes: Buffer, body: Buffer, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false
  for (let at = from; at < to; at += 1) if (bytes[at - from] !== body[at]) return false
  return true
}
