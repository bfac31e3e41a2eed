/**
 * Outboxes: from frames that were handed over to few writes.
 *
 *   add ─▶ waiting room ─▶ line ──flush──▶ one write for all that waits
 *                ▲                              │
 *                └───── the socket is full ◀────┘   until it drains
 *
 * Promises:
 *   1. What is added for one terminal is written in that order.
 *   2. Frames that one terminal gets within one commit share a write. With a
 *      delivery window, frames that come within it do; the first after a quiet
 *      time still goes out at once.
 *   3. No terminal has more than `bytesMax` waiting, in here and in its socket
 *      together, unless a single frame is longer. The one that would, although
 *      its socket took what it could, is given up, and nobody else waits.
 *   4. Nothing is allocated for a frame, and for a write one view of a buffer.
 *
 * A write costs more than anything else here (measured: 5 to 8 µs, of which the
 * kernel takes 4), and a commit may have thousands. They are made a few at a
 * time, so that calls and the next commit come in between; what the next commit
 * has for a terminal that is still in line then shares its write.
 */
import type { Frame } from './frame.ts'
import { NONE, type Terminal } from './terminal.ts'
import { WaitingRoom } from './waiting-room.ts'

export interface OutboxOptions {
  bytesMax: number
  windowMs: number
  /** The terminal has more waiting than it may. */
  onFull: (terminal: Terminal) => void
}

/** About a millisecond of writes. */
const WRITES_PER_TURN = 128

/** One write has no more than this, unless it is a single longer frame. */
const WRITE_BYTES_MAX = 65_536

const SCRATCH_BYTES = 4 * WRITE_BYTES_MAX

export class Outboxes {
  readonly #options: OutboxOptions
  readonly #room = new WaitingRoom()
  /** Those that have something to be written since the last flush, in order. */
  #line: Terminal[] = []
  /** Those that are being written to, from `#at` on. */
  #current: Terminal[] = []
  #at = 0
  #turn: NodeJS.Immediate | null = null
  #timer: NodeJS.Timeout | null = null
  #lastRunAt = Number.NEGATIVE_INFINITY
  #scratch: Buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #scratchUsed = 0
  writes = 0

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  add(terminal: Terminal, frame: Frame, ordinal: number): void {
    // Asking the socket means touching memory that nothing else here needs: 0.2 µs a message with
    // 5,000 terminals. So it is asked once for all that shares a write, and again in case of doubt.
    if (terminal.firstWaiting === NONE) terminal.bytesUnsentBefore = terminal.bytesUnsent
    const pending = terminal.bytesWaiting + terminal.bytesUnsentBefore + frame.length
    if (pending > this.#options.bytesMax && this.#isFull(terminal, frame)) {
      this.#options.onFull(terminal)
      return
    }
    this.#room.add(terminal, frame, ordinal)
    if (!terminal.isQueued && !terminal.isHeld && !terminal.awaitsDrain) this.#queue(terminal)
  }

  /** Writes what waits, now or when the window allows it. */
  flush(): void {
    if (this.#line.length === 0 || this.#turn !== null || this.#timer !== null) return
    const { windowMs } = this.#options
    const waitMs = windowMs === 0 ? 0 : this.#lastRunAt + windowMs - performance.now()
    if (waitMs <= 0) this.#run()
    else this.#timer = setTimeout(this.#run, waitMs).unref()
  }

  /** What waits for the terminal goes out from now on, after what has been written to it. */
  release(terminal: Terminal): void {
    terminal.isHeld = false
    if (terminal.firstWaiting === NONE || terminal.isQueued || terminal.awaitsDrain) return
    this.#queue(terminal)
    this.flush()
  }

  /** Forgets what waits for the terminal. */
  clear(terminal: Terminal): void {
    this.#room.clear(terminal)
  }

  /**
   * What only waits for its turn is written first: one commit may have more for a terminal that
   * keeps up than an outbox holds. A frame that is longer than that is taken when nothing else waits.
   */
  #isFull(terminal: Terminal, frame: Frame): boolean {
    if (!terminal.awaitsDrain) this.#write(terminal)
    terminal.bytesUnsentBefore = terminal.bytesUnsent
    const pending = terminal.bytesWaiting + terminal.bytesUnsentBefore
    return pending > 0 && pending + frame.length > this.#options.bytesMax
  }

  #queue(terminal: Terminal): void {
    terminal.isQueued = true
    this.#line.push(terminal)
  }

  #run = (): void => {
    this.#timer = null
    this.#turn = null
    this.#lastRunAt = performance.now()
    this.#current = this.#line
    this.#line = []
    this.#at = 0
    this.#writeSome()
  }

  #writeSome = (): void => {
    this.#turn = null
    const end = Math.min(this.#current.length, this.#at + WRITES_PER_TURN)
    for (; this.#at < end; this.#at += 1) {
      const terminal = this.#current[this.#at]!
      terminal.isQueued = false
      this.#write(terminal)
    }
    if (end < this.#current.length) {
      this.#turn = setImmediate(this.#writeSome)
      return
    }
    this.#current = []
    if (this.#line.length === 0) return
    if (this.#options.windowMs === 0) this.#turn = setImmediate(this.#run)
    else this.flush()
  }

  #write(terminal: Terminal): void {
    while (terminal.firstWaiting !== NONE && !terminal.isHeld) {
      if (terminal.isFull) {
        terminal.awaitsDrain = true
        terminal.onDrain(this.#drained)
        return
      }
      this.#writeOnce(terminal)
    }
  }

  #drained = (terminal: Terminal): void => {
    terminal.awaitsDrain = false
    if (!terminal.isQueued) this.#write(terminal)
  }

  /** One write of as many frames as it may have. */
  #writeOnce(terminal: Terminal): void {
    const bytes = Math.min(
      terminal.bytesWaiting,
      Math.max(WRITE_BYTES_MAX, this.#room.firstLength(terminal)),
    )
    const at = this.#reserve(bytes)
    const end = this.#room.take(terminal, this.#scratch, at, at + bytes)
    terminal.write(this.#scratch.subarray(at, end))
    this.writes += 1
    // Nearly always the kernel has taken it all by now, and the bytes can be used again. If not,
    // they belong to the socket until it is done, and the next write begins after them.
    if (terminal.bytesUnsent > 0) this.#scratchUsed = end
  }

  /** Room for a write in the scratch buffer. */
  #reserve(bytes: number): number {
    if (this.#scratch.length - this.#scratchUsed < bytes) {
      this.#scratch = Buffer.allocUnsafeSlow(Math.max(SCRATCH_BYTES, bytes))
      this.#scratchUsed = 0
    }
    return this.#scratchUsed
  }
}
