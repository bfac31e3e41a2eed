/**
 * Receivers: terminals on raw sockets with one static read buffer, which count
 * message frames and see that the ids of each terminal rise. A count that is
 * right and ids that rise prove that nothing is missing and nothing repeated.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

const READ_BUFFER = Buffer.allocUnsafe(1 << 18)
const MESSAGE = Buffer.from('{"type":"message","id":"')
const ID_BYTES = 24

const PING = 9
/** Masked with zeros, and empty: the server's pings are. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

export class Receiver {
  messages = 0
  /** Ids that did not rise. */
  disorder = 0
  onMessage: (() => void) | null = null
  readonly #socket: Socket
  #isUpgraded = false
  #rest: Buffer = Buffer.alloc(0)
  #lastId: Buffer = Buffer.alloc(ID_BYTES)
  #ready: (() => void) | null = null

  constructor(host: string, port: number, connectFrame: object) {
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
      `GET /v1/live HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: ${key}\r\nsec-websocket-version: 13\r\n\r\n`,
    )
    this.#socket.write(masked(JSON.stringify(connectFrame)))
  }

  /** Resolves when the server has said `connected`. */
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
      else if (length > MESSAGE.length + ID_BYTES) this.#frame(bytes, at + headBytes)
      at += headBytes + length
    }
    // What is left belongs to the shared read buffer, which the next read overwrites.
    this.#rest = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at))
  }

  #frame(bytes: Buffer, at: number): void {
    if (bytes.compare(MESSAGE, 0, MESSAGE.length, at, at + MESSAGE.length) !== 0) {
      if (bytes.toString('latin1', at, at + 19) === '{"type":"connected"') this.#ready?.()
      return
    }
    const id = at + MESSAGE.length
    if (bytes.compare(this.#lastId, 0, ID_BYTES, id, id + ID_BYTES) <= 0) this.disorder += 1
    bytes.copy(this.#lastId, 0, id, id + ID_BYTES)
    this.messages += 1
    this.onMessage?.()
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
