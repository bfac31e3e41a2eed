/**
 * Frames: complete WebSocket frames as bytes, made once and copied from there
 * into every write. A batch's frame differs between its receivers only in the
 * ordinal within the message id, so that is all that is changed in a copy.
 */

/** Something that can be written to many terminals. */
export interface Frame {
  /** Bytes, header included. */
  readonly length: number
  /** Writes the frame into `into` from `at` on, as that of the copy at `ordinal`. */
  put(into: Buffer, at: number, ordinal: number): void
}

/** The bytes of an unmasked text frame. */
export function textFrame(text: string): Buffer {
  const payloadBytes = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafeSlow(headLength(payloadBytes) + payloadBytes)
  bytes.write(text, putHead(bytes, 0, payloadBytes))
  return bytes
}

/** Writes the head of an unmasked text frame into `into` from `at` on; gives the offset after it. */
export function putHead(into: Buffer, at: number, payloadBytes: number): number {
  into[at] = FINAL_TEXT
  if (payloadBytes < 126) {
    into[at + 1] = payloadBytes
  } else if (payloadBytes < 65_536) {
    into[at + 1] = 126
    into.writeUInt16BE(payloadBytes, at + 2)
  } else {
    into[at + 1] = 127
    into.writeUInt32BE(0, at + 2)
    into.writeUInt32BE(payloadBytes, at + 6)
  }
  return at + headLength(payloadBytes)
}

/** A frame that is the same for everybody. */
export class PlainFrame implements Frame {
  readonly length: number
  readonly #bytes: Buffer

  constructor(text: string) {
    this.#bytes = textFrame(text)
    this.length = this.#bytes.length
  }

  put(into: Buffer, at: number): void {
    into.set(this.#bytes, at)
  }
}

/**
 * A frame with the ordinal of a copy in it, as hex digits. The text holds zeros
 * for them; `digitsEnd` is where they end, in bytes of the text.
 */
export class NumberedFrame implements Frame {
  readonly length: number
  readonly #bytes: Buffer
  readonly #digitsEnd: number

  constructor(text: string, digitsEnd: number) {
    this.#bytes = textFrame(text)
    this.length = this.#bytes.length
    const headBytes = this.length - Buffer.byteLength(text)
    this.#digitsEnd = headBytes + digitsEnd
  }

  put(into: Buffer, at: number, ordinal: number): void {
    into.set(this.#bytes, at)
    putOrdinal(into, at + this.#digitsEnd, ordinal)
  }
}

/** Writes an ordinal over the zeros that end at `end`: three hex digits, it has no more. */
export function putOrdinal(into: Buffer, end: number, ordinal: number): void {
  into[end - 3] = HEX[ordinal >>> 8]!
  into[end - 2] = HEX[(ordinal >>> 4) & 15]!
  into[end - 1] = HEX[ordinal & 15]!
}

/** Asks for a pong: an empty ping frame. */
export const PING = Buffer.from([0x89, 0x00])

/** A text frame that is a whole message. */
const FINAL_TEXT = 0x81

const HEX = Buffer.from('0123456789abcdef')

export function headLength(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10
}
