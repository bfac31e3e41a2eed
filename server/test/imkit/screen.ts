import { io, type Socket } from 'socket.io-client'
import type { Json } from './door.ts'

export interface ScreenOptions {
  encoding?: 'plain' | 'base64'
  transports?: ('websocket' | 'polling')[]
  /** Comes back by itself, as most clients do. */
  reconnects?: boolean
}

/** An app's side of a socket: what it has heard, in order. */
export class Screen {
  readonly socket: Socket
  readonly heard: { event: string; payload: Json }[] = []
  readonly #isBase64: boolean

  constructor(socket: Socket, isBase64: boolean) {
    this.socket = socket
    this.#isBase64 = isBase64
    socket.onAny((event, payload) => {
      this.heard.push({ event, payload: this.decoded(payload) })
    })
  }

  static async open(url: string, options: ScreenOptions = {}): Promise<Screen> {
    const { transports = ['websocket'], encoding, reconnects = false } = options
    const socket = io(url, { transports, forceNew: true, reconnection: reconnects })
    const screen = new Screen(socket, encoding === 'base64')
    await new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(null))
      socket.once('connect_error', reject)
    })
    return screen
  }

  /** What of this kind it has heard so far. */
  all(event: string): Json[] {
    return this.heard.filter((each) => each.event === event).map(({ payload }) => payload)
  }

  get messages(): Json[] {
    return this.all('chat message')
  }

  /** Resolves with the acknowledgement. */
  ask(event: string, ...values: unknown[]): Promise<Json> {
    return this.socket.timeout(5000).emitWithAck(event, ...values)
  }

  decoded(payload: unknown): Json {
    if (!this.#isBase64) return payload
    return JSON.parse(Buffer.from(String(payload), 'base64').toString())
  }

  end(): void {
    this.socket.disconnect()
  }
}
