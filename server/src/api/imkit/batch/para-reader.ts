/**
 * Reads the entries of `paras` from their bytes. An entry is a flat object:
 *
 *   { "receiver": "ann", "$name$": "Ann", "$points$": 12 }
 *
 * What is not of this kind is not taken: values inside values, numbers but whole
 * ones, a key that comes again in its entry, an entry for nobody, and everything
 * that is a fault.
 */
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfEscaped,
  endOfPlain,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  unescaped,
} from '../../../lib/json-scan.ts'
import { isName } from '../../../template/name-tree.ts'
import { ScannedValues } from '../../../template/scanned-values.ts'

/** A key of entries, decoded once: entries mostly look alike. */
interface Key {
  /** As it is spelled without escapes; one with escapes is found by its text. */
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

export class ParaReader {
  /** How many entries there are. */
  count = 0
  /**
   * By entry, where its receiver begins and ends, in turn; an empty stretch: it is for a room, or
   * for one of `escaped`.
   */
  readonly receivers: number[] = []
  /** By entry, receivers whose ids had escapes. */
  readonly escaped = new Map<number, string>()
  /** By entry, the ids of those for rooms. */
  readonly rooms = new Map<number, string>()

  readonly #body: Buffer
  readonly #limits: ParaLimits
  readonly #keys = new Map<string, Key>()
  /** The key that came at this rank last. */
  readonly #ranked: Key[] = []
  /** What is known of the entry at hand. A text: it had escapes. */
  #room = new Found()
  #receiver = new Found()
  /** The string that was read last: where it ends, and what it says if it has escapes. */
  #to = 0
  #text: string | null = null

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
    this.#room.forget()
    this.#receiver.forget()
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
    const room = this.#room
    const receiver = this.#receiver
    if (room.to > room.from) {
      this.rooms.set(this.count, room.text ?? this.#body.toString('utf8', room.from, room.to))
      this.receivers.push(0, 0)
    } else if (receiver.to === receiver.from) {
      return false
    } else if (receiver.text === null) {
      this.receivers.push(receiver.from, receiver.to)
    } else {
      this.escaped.set(this.count, receiver.text)
      this.receivers.push(0, 0)
    }
    this.count += 1
    return true
  }

  /** Reads a key and its value. The offset after both; -1: they are not taken. */
  #field(at: number, rank: number): number {
    const body = this.#body
    if (body[at] !== QUOTE || !this.#string(at + 1)) return -1
    const key = this.#key(at + 1, rank)
    if (key === null || key.entry === this.count) return -1
    key.entry = this.count

    const colon = skipSpace(body, this.#to + 1)
    if (body[colon] !== COLON) return -1
    const start = skipSpace(body, colon + 1)
    if (body[start] === QUOTE) {
      if (!this.#string(start + 1)) return -1
      this.#takeString(key, start + 1)
      return this.#to + 1
    }
    const end = endOfScalar(body, start)
    return end >= 0 && this.#takeScalar(key, start, end) ? end : -1
  }

  /** Reads a string from right after its quote on. False: it is not taken. */
  #string(from: number): boolean {
    this.#text = null
    this.#to = endOfPlain(this.#body, from)
    if (this.#to >= 0) return true
    this.#to = endOfEscaped(this.#body, from)
    if (this.#to >= 0) this.#text = unescaped(this.#body, from, this.#to)
    return this.#text !== null
  }

  #takeString({ text: name, values }: Key, from: number): void {
    if (values === null) {
      if (name === 'room') this.#room.set(from, this.#to, this.#text)
      if (name === 'receiver') this.#receiver.set(from, this.#to, this.#text)
    } else if (this.#text === null) {
      values.add(this.count, from, this.#to)
    } else {
      values.addText(this.count, this.#text)
    }
  }

  /** An id that is null says nothing; of a variable that is a fault. */
  #takeScalar({ text: name, values }: Key, from: number, to: number): boolean {
    const isNull = this.#body[from] === FIRST_OF_NULL
    if (values === null) return isNull || (name !== 'room' && name !== 'receiver')
    if (!isNull) values.add(this.count, from, to)
    return !isNull
  }

  /** null: there are too many. */
  #key(from: number, rank: number): Key | null {
    const likely = this.#text === null ? this.#ranked[rank] : undefined
    if (likely !== undefined && isSame(likely.bytes, this.#body, from, this.#to)) return likely
    const text = this.#text ?? this.#body.toString('utf8', from, this.#to)
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

/** An id where it stands in the body; `text`: what it says, if it has escapes. */
class Found {
  from = 0
  to = 0
  text: string | null = null

  set(from: number, to: number, text: string | null): void {
    this.from = from
    this.to = to
    this.text = text
  }

  forget(): void {
    this.set(0, 0, null)
  }
}

const FIRST_OF_NULL = 0x6e
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
