/**
 * A terminal on a WebSocket. The library makes the handshake, reads frames and
 * closes; what is said to the terminal is written to the raw socket, as frames
 * that were built before.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { PING, textFrame } from './frame.ts'
import type { Watched } from './liveness.ts'
import type { Protocol } from './protocol.ts'
import { Terminal } from './terminal.ts'

export abstract class WebSocketTerminal extends Terminal implements Watched {
  readonly serial: number
  heardAt = 0
  watchedAt = 0
  protected readonly webSocket: WebSocket
  readonly #socket: Duplex

  constructor(protocol: Protocol, webSocket: WebSocket, socket: Duplex, serial: number) {
    super(protocol)
    this.webSocket = webSocket
    this.#socket = socket
    this.serial = serial
    const owned = webSocket as Owned
    owned[TERMINAL] = this
    // Functions that are there once, and find the terminal through `this`.
    webSocket.on('message', onMessage)
    webSocket.on('ping', onControl)
    webSocket.on('pong', onControl)
    webSocket.on('close', onClose)
    webSocket.on('error', onError)
  }

  /** A whole frame has come. */
  abstract receive(bytes: Buffer, isBinary: boolean): void

  /** A ping or pong has come. */
  abstract hear(): void

  /** The connection is gone. Called once. */
  abstract gone(): void

  abstract get isNamed(): boolean

  get bytesUnsent(): number {
    return this.#socket.writableLength
  }

  get isFull(): boolean {
    return this.#socket.writableNeedDrain
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** Says something that has no place in the order of messages. */
  writeText(text: string): void {
    this.#socket.write(textFrame(text))
  }

  onDrain(then: (terminal: Terminal) => void): void {
    this.#socket.once('drain', () => {
      if (!this.isClosed) then(this)
    })
  }

  /** Resolves when there is room again, or the connection has ended. */
  drained(): Promise<void> {
    const socket = this.#socket
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      socket.once('drain', done)
      socket.once('close', done)
      function done(): void {
        socket.off('drain', done)
        socket.off('close', done)
        resolve()
      }
    })
  }

  /** Resolves when the connection is gone. */
  whenGone(): Promise<void> {
    return new Promise((resolve) => this.webSocket.once('close', () => resolve()))
  }

  ping(): void {
    if (!this.isClosed) this.#socket.write(PING)
  }

  terminate(): void {
    this.webSocket.terminate()
  }
}

const TERMINAL = Symbol('terminal')

type Owned = WebSocket & { [TERMINAL]: WebSocketTerminal }

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  const terminal = (this as Owned)[TERMINAL]
  if (!terminal.isClosed) terminal.receive(data as Buffer, isBinary)
}

function onControl(this: WebSocket): void {
  const terminal = (this as Owned)[TERMINAL]
  if (!terminal.isClosed) terminal.hear()
}

function onClose(this: WebSocket): void {
  ;(this as Owned)[TERMINAL].gone()
}

/** Frames that break the WebSocket protocol, resets: the library closes, and `close` follows. */
function onError(): void {}
