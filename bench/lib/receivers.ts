/**
 * Receivers: terminals on raw sockets with one static read buffer, which count
 * message frames and see that the ids of each terminal rise. A count that is
 * right and ids that rise prove that nothing is missing and nothing repeated.
 * What they say and hear beside that is their dialect: native or Socket.IO.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

const READ_BUFFER = Buffer.allocUnsafe(1 << 18)
const ID_BYTES = 24

/** A live protocol, as far as a receiver has to speak it. */
export interface Dialect {
  /** Where the WebSocket is opened. */
  path: string
  /** How a message begins, up to its id. */
  message: Buffer
  /** What to say at once. */
  opening: readonly string[]
  /** What to answer to a text that is no message; null: it is ready, undefined: nothing. */
  answer(text: string): string | null | undefined
}

const TEXT = 1
const PING = 9
/** Masked with zeros, and empty: the server's pings are. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

export class Receiver {
  messages = 0
  /** Ids that did not rise. */
  disorder = 0
  /** Hears of every message: where its frame's text lies. */
  onMessage: ((bytes: Buffer, from: number, to: number) => void) | null = null
  readonly #dialect: Dialect
  readonly #socket: Socket
  #isUpgraded = false
  #rest: Buffer = Buffer.alloc(0)
  #lastId: Buffer = Buffer.alloc(ID_BYTES)
  #ready: (() => void) | null = null

  constructor(host: string, port: number, dialect: Dialect) {
    this.#dialect = dialect
    const key = randomBytes(16).toString('base64')
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (count, buffer) => {
          this.#take(buffer.subarray(0, count) as Buffer)
          return true
        },
      },
    })
    this.#socket.on('error', () => {})
    this.#socket.write(
      `GET ${dialect.path} HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: ${key}\r\nsec-websocket-version: 13\r\n\r\n`,
    )
    for (const text of dialect.opening) this.#socket.write(masked(text))
  }

  /** Resolves when the server has said that it knows who this is. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ready = resolve
      this.#socket.once('close', () => reject(new Error('the server closed the terminal')))
    })
  }

  end(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    if (!this.#isUpgraded) {
      const head = bytes.indexOf('\r\n\r\n')
      if (head < 0) {
        this.#rest = Buffer.from(bytes)
        return
      }
      this.#isUpgraded = true
      bytes = bytes.subarray(head + 4)
    }
    for (;;) {
      const left = bytes.length - at
      if (left < 2) break
      const short = bytes[at + 1]! & 0x7f
      const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10
      if (left < headBytes) break
      const length =
        short < 126
          ? short
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : bytes.readUInt32BE(at + 6)
      if (left < headBytes + length) break
      const opcode = bytes[at]! & 0x0f
      if (opcode === PING) this.#socket.write(PONG)
      else if (opcode === TEXT) this.#frame(bytes, at + headBytes, at + headBytes + length)
      at += headBytes + length
    }
    // What is left belongs to the shared read buffer, which the next read overwrites.
    this.#rest = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at))
  }

  #frame(bytes: Buffer, from: number, to: number): void {
    const { message, answer } = this.#dialect
    const id = from + message.length
    if (to < id + ID_BYTES || bytes.compare(message, 0, message.length, from, id) !== 0) {
      const say = answer(bytes.toString('utf8', from, to))
      if (say === null) this.#ready?.()
      else if (say !== undefined) this.#socket.write(masked(say))
      return
    }
    if (bytes.compare(this.#lastId, 0, ID_BYTES, id, id + ID_BYTES) <= 0) this.disorder += 1
    bytes.copy(this.#lastId, 0, id, id + ID_BYTES)
    this.messages += 1
    this.onMessage?.(bytes, from, to)
  }
}

const NOTHING = Buffer.alloc(0)

/** A client's text frame; a mask of zeros is a mask. */
function masked(text: string): Buffer {
  const body = Buffer.from(text)
  const head =
    body.length < 126
      ? Buffer.from([0x81, 0x80 | body.length])
      : Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 0xff])
  return Buffer.concat([head, Buffer.alloc(4), body])
}
