/**
 * Frames: complete WebSocket frames as bytes, made once and copied from there
 * into every write. A batch's frame differs between its receivers only in the
 * ordinal within the message id, so that is all that is changed in a copy.
 */
import { ORDINALS_MAX } from '../domain/place.ts'

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
  const headBytes = headLength(payloadBytes)
  const bytes = Buffer.allocUnsafeSlow(headBytes + payloadBytes)
  bytes[0] = FINAL_TEXT
  if (payloadBytes < 126) {
    bytes[1] = payloadBytes
  } else if (payloadBytes < 65_536) {
    bytes[1] = 126
    bytes.writeUInt16BE(payloadBytes, 2)
  } else {
    bytes[1] = 127
    bytes.writeUInt32BE(0, 2)
    bytes.writeUInt32BE(payloadBytes, 6)
  }
  bytes.write(text, headBytes)
  return bytes
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
  /** Where the last three digits begin: an ordinal has no more. */
  readonly #digitsAt: number

  constructor(text: string, digitsEnd: number) {
    this.#bytes = textFrame(text)
    this.length = this.#bytes.length
    const headBytes = this.length - Buffer.byteLength(text)
    this.#digitsAt = headBytes + digitsEnd - ORDINAL_DIGITS
  }

  put(into: Buffer, at: number, ordinal: number): void {
    into.set(this.#bytes, at)
    const digits = at + this.#digitsAt
    into[digits] = HEX[ordinal >>> 8]!
    into[digits + 1] = HEX[(ordinal >>> 4) & 15]!
    into[digits + 2] = HEX[ordinal & 15]!
  }
}

/** Asks for a pong: an empty ping frame. */
export const PING = Buffer.from([0x89, 0x00])

/** A text frame that is a whole message. */
const FINAL_TEXT = 0x81

const HEX = Buffer.from('0123456789abcdef')
const ORDINAL_DIGITS = Math.log2(ORDINALS_MAX) / 4

function headLength(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10
}
