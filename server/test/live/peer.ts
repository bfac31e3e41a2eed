import { WebSocket } from 'ws'
import type { MessageFrame, ServerFrame } from '../../../wire/frames.ts'

/** The other end of a terminal: says frames, and keeps what comes, in order. */
export class Peer {
  /** Everything that came and was not taken by `next` or `until`. */
  readonly received: ServerFrame[] = []
  /** Every message that came. */
  readonly messages: MessageFrame[] = []
  /** Set when the connection is closed. */
  closed: { code: number; reason: string } | null = null
  readonly #webSocket: WebSocket
  #wake: (() => void)[] = []

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket
    webSocket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as ServerFrame
      this.received.push(frame)
      if (frame.type === 'message') this.messages.push(frame)
      this.#wakeAll()
    })
    webSocket.on('error', () => {})
    webSocket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
      this.#wakeAll()
    })
  }

  static async open(url: string): Promise<Peer> {
    const webSocket = new WebSocket(`${url.replace('http', 'ws')}/v1/live`, {
      perMessageDeflate: false,
      rejectUnauthorized: false,
    })
    const peer = new Peer(webSocket)
    await new Promise((resolve, reject) => {
      webSocket.once('open', resolve)
      webSocket.once('error', reject)
    })
    return peer
  }

  say(frame: object | string | Buffer): void {
    if (Buffer.isBuffer(frame)) this.#webSocket.send(frame, { binary: true })
    else this.#webSocket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** Waits until `holds`, which is asked again whenever something comes. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.closed) throw new Error(`closed with ${this.closed.code} ${this.closed.reason}`)
      await this.#something()
    }
  }

  /** Takes the next frame, which has to be of this type. */
  async next<T extends ServerFrame['type']>(type: T): Promise<Extract<ServerFrame, { type: T }>> {
    await this.until(() => this.received.length > 0)
    const frame = this.received.shift()!
    if (frame.type !== type) throw new Error(`expected ${type}, but ${JSON.stringify(frame)} came`)
    return frame as Extract<ServerFrame, { type: T }>
  }

  /** Waits for the end of the connection. */
  async end(): Promise<{ code: number; reason: string }> {
    while (!this.closed) await this.#something()
    return this.closed
  }

  /** Reads nothing more from its socket: a screen that is stuck. */
  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    this.#webSocket.resume()
  }

  close(): void {
    this.#webSocket.close()
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.#webSocket.terminate()
  }

  #something(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #wakeAll(): void {
    const waiting = this.#wake
    this.#wake = []
    for (const resolve of waiting) resolve()
  }
}
