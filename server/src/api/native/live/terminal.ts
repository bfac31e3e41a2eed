/**
 * A terminal that speaks the native protocol.
 *
 *   new ──connect──▶ joining ──identified──▶ resuming ──caught up──▶ live
 *    │                  │                       │                     │
 *    ▼                  ▼                       ▼                     ▼
 *   closed: silent,    unauthorized,           slow, revoked, protocol, dead,
 *   protocol           forbidden, full         stopping, or by the peer
 *
 * In `resuming` what is new waits in the outbox while what was missed is
 * written; the cut-over is one tick, so there is neither gap nor repeat.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { type ClientFrame, CloseCode, type ServerFrame } from '../../../../../wire/frames.ts'
import { Fault } from '../../../domain/errors.ts'
import type { Position } from '../../../domain/place.ts'
import type { Protocol } from '../../../gateway/protocol.ts'
import type { ClosingReason } from '../../../gateway/terminal.ts'
import { WebSocketTerminal } from '../../../gateway/web-socket-terminal.ts'
import { FieldFault } from '../fields.ts'
import { acknowledge } from './ack.ts'
import { connect } from './connect.ts'
import type { LiveContext } from './context.ts'
import { frameText, NotJson, readFrame, refOf } from './frames.ts'
import { read } from './read.ts'

/** After so many frames that were not understood, the client will not get better. */
const BAD_FRAMES_MAX = 10

/** Frames of one terminal: a second's worth, and how many may come at once. */
const FRAMES_PER_SECOND = 100
const FRAMES_BURST = 200

export class NativeTerminal extends WebSocketTerminal {
  state: 'new' | 'joining' | 'resuming' | 'live' = 'new'
  /** Up to where the resume has got. */
  resumedTo: Position = 0
  readonly live: LiveContext
  #badFrames = 0
  #framesLeft = FRAMES_BURST
  #countedAt: number

  constructor(
    live: LiveContext,
    protocol: Protocol,
    webSocket: WebSocket,
    socket: Duplex,
    serial: number,
  ) {
    super(protocol, webSocket, socket, serial)
    this.live = live
    this.#countedAt = live.clock()
  }

  /** Its name in the log. */
  get name(): string {
    return `${this.live.name}-${this.serial}`
  }

  get isNamed(): boolean {
    return this.state !== 'new'
  }

  receive(bytes: Buffer, isBinary: boolean): void {
    this.hear()
    if (this.isClosed) return
    try {
      if (isBinary) throw new FieldFault('frame', 'a text frame', 'a binary one')
      this.#handle(readFrame(bytes))
    } catch (error) {
      this.#refuse(error, refOf(bytes))
    }
  }

  hear(): void {
    this.heardAt = this.live.liveness.tick
    if (this.#mayGoOn()) return
    this.fail(
      new Fault('rateLimited', `more than ${FRAMES_PER_SECOND} frames a second came for a while`),
    )
    this.end('protocol')
  }

  gone(): void {
    this.live.terminals.forget(this)
    this.live.liveness.remove(this)
  }

  /** Says something at once, whatever waits. */
  say(frame: ServerFrame): void {
    if (this.isClosed) return
    if (this.bytesUnsent > this.live.outboxBytes) this.end('slow')
    else this.writeText(frameText(frame))
  }

  /** Says something after all that waits, such as the event that it answers. */
  sayInOrder(frame: ServerFrame): void {
    this.live.terminals.say(this, frameText(frame))
  }

  /** Answers a frame that could not be done. */
  fail(error: unknown, ref?: number): void {
    if (this.isClosed) return
    const fault = error instanceof Fault ? error : new Fault('internal', undefined, error)
    if (fault.kind === 'internal') {
      this.live.log.error({ err: error, terminal: this.name }, 'a frame failed unexpectedly')
    }
    this.say({
      type: 'error',
      code: fault.kind,
      message: fault.message,
      ...(fault instanceof FieldFault ? { field: fault.field } : {}),
      ...(ref === undefined ? {} : { ref }),
    })
  }

  end(reason: ClosingReason): void {
    this.live.terminals.end(this, reason)
  }

  close(reason: ClosingReason): void {
    if (reason === 'dead') this.terminate()
    else this.webSocket.close(CloseCode[reason], reason)
  }

  #handle(frame: ClientFrame): void {
    if (frame.type === 'ping') {
      this.say(frame.ref === undefined ? { type: 'pong' } : { type: 'pong', ref: frame.ref })
    } else if (this.state === 'new' || this.state === 'joining') {
      this.#handleEarly(frame)
    } else if (frame.type === 'ack') {
      acknowledge(this, frame)
    } else if (frame.type === 'read') {
      read(this, frame)
    } else {
      throw new Fault('invalidRequest', 'connect came twice: this terminal is connected already')
    }
  }

  #handleEarly(frame: ClientFrame): void {
    if (this.state === 'joining') {
      throw new Fault('invalidRequest', `${frame.type} came too early: wait for connected`)
    }
    if (frame.type !== 'connect') throw new FieldFault('type', 'connect first', frame.type)
    connect(this, frame)
  }

  /** A frame that is not understood, or that nobody expected to fail. */
  #refuse(error: unknown, ref: number | undefined): void {
    this.#badFrames += 1
    this.fail(error, ref)
    if (!(error instanceof Fault)) this.end('internal')
    else if (error instanceof NotJson || this.#badFrames >= BAD_FRAMES_MAX) this.end('protocol')
  }

  /** Counts a frame; false when there were too many of late. */
  #mayGoOn(): boolean {
    const now = this.live.clock()
    const earned = Math.floor(((now - this.#countedAt) * FRAMES_PER_SECOND) / 1000)
    if (earned > 0) {
      this.#framesLeft = Math.min(FRAMES_BURST, this.#framesLeft + earned)
      this.#countedAt = now
    }
    this.#framesLeft -= 1
    return this.#framesLeft >= 0
  }
}
