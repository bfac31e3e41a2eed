import { type Frame, headLength, putHead } from './frame.ts'

/**
 * A frame of two parts: a beginning of its own, and an end that it shares with others. A beginning
 * that is text becomes bytes where it is written, and needs no buffer of its own.
 */
export class JointFrame implements Frame {
  readonly length: number
  readonly #own: Buffer | string
  readonly #ownBytes: number
  readonly #shared: Buffer

  constructor(own: Buffer | string, shared: Buffer) {
    this.#own = own
    this.#ownBytes = Buffer.byteLength(own)
    this.#shared = shared
    this.length = headLength(this.#payloadBytes) + this.#payloadBytes
  }

  put(into: Buffer, at: number): void {
    const from = putHead(into, at, this.#payloadBytes)
    if (typeof this.#own !== 'string') into.set(this.#own, from)
    else into.write(this.#own, from, this.#own.length === this.#ownBytes ? 'latin1' : 'utf8')
    into.set(this.#shared, from + this.#ownBytes)
  }

  get #payloadBytes(): number {
    return this.#ownBytes + this.#shared.length
  }
}

/** Two frames, one right after the other. */
export class FramePair implements Frame {
  readonly length: number
  readonly #first: Frame
  readonly #second: Frame

  constructor(first: Frame, second: Frame) {
    this.#first = first
    this.#second = second
    this.length = first.length + second.length
  }

  put(into: Buffer, at: number, ordinal: number): void {
    this.#first.put(into, at, ordinal)
    this.#second.put(into, at + this.#first.length, ordinal)
  }
}
