import type { Frame } from './frame.ts'
import { NONE, type Terminal } from './terminal.ts'

/**
 * What waits to be written, for all terminals together.
 *
 * An entry is a frame and the ordinal of a copy; the entries of one terminal
 * are a chain. They lie in columns that are used again and again, so that a
 * message to a terminal allocates nothing: its bytes exist once, in the frame
 * of its batch, until they are copied into the terminal's next write. What
 * waits for a thousand slow terminals is therefore a thousand chains and one frame.
 */
export class WaitingRoom {
  #frames: (Frame | null)[] = []
  #ordinals = new Uint16Array(0)
  /** The next entry of the same chain; of a free entry, the next free one. */
  #next = new Int32Array(0)
  #free = NONE

  /** Entries there is room for without growing. */
  get capacity(): number {
    return this.#next.length
  }

  add(terminal: Terminal, frame: Frame, ordinal: number): void {
    if (this.#free === NONE) this.#grow()
    const entry = this.#free
    this.#free = this.#next[entry]!
    this.#frames[entry] = frame
    this.#ordinals[entry] = ordinal
    this.#next[entry] = NONE
    if (terminal.lastWaiting === NONE) terminal.firstWaiting = entry
    else this.#next[terminal.lastWaiting] = entry
    terminal.lastWaiting = entry
    terminal.bytesWaiting += frame.length
  }

  /** Bytes of the frame that the terminal gets next. There has to be one. */
  firstLength(terminal: Terminal): number {
    return this.#frames[terminal.firstWaiting]!.length
  }

  /**
   * Writes the next frames of the terminal into `into` from `at` on, as many
   * as fit as a whole before `end`, and forgets them. Returns where they end.
   */
  take(terminal: Terminal, into: Buffer, at: number, end: number): number {
    let entry = terminal.firstWaiting
    let free = this.#free
    while (entry !== NONE) {
      const frame = this.#frames[entry]!
      if (frame.length > end - at) break
      frame.put(into, at, this.#ordinals[entry]!)
      at += frame.length
      terminal.bytesWaiting -= frame.length
      const next = this.#next[entry]!
      this.#frames[entry] = null
      this.#next[entry] = free
      free = entry
      entry = next
    }
    this.#free = free
    terminal.firstWaiting = entry
    if (entry === NONE) terminal.lastWaiting = NONE
    return at
  }

  /** Forgets what waits for the terminal. */
  clear(terminal: Terminal): void {
    let entry = terminal.firstWaiting
    while (entry !== NONE) {
      const next = this.#next[entry]!
      this.#frames[entry] = null
      this.#next[entry] = this.#free
      this.#free = entry
      entry = next
    }
    terminal.firstWaiting = NONE
    terminal.lastWaiting = NONE
    terminal.bytesWaiting = 0
  }

  #grow(): void {
    const before = this.#next.length
    const after = Math.max(1024, before * 2)
    const ordinals = new Uint16Array(after)
    const next = new Int32Array(after)
    ordinals.set(this.#ordinals)
    next.set(this.#next)
    for (let entry = before; entry < after; entry += 1) {
      this.#frames.push(null)
      next[entry] = entry + 1 < after ? entry + 1 : NONE
    }
    this.#ordinals = ordinals
    this.#next = next
    this.#free = before
  }
}
