/**
 * When terminals end because what they came with does: a heap of the open ones
 * whose end is known, the earliest first, and one look a second at its top.
 *
 * A terminal stands in it once at most, so it holds no more than there are.
 * Nothing is looked at while it is empty.
 */
import { NONE, type Terminal } from './terminal.ts'

const LOOK_MS = 1000

/** Tokens of one moment end together: others have the thread in between. */
const ENDED_A_TURN = 200

export interface LifetimesOptions {
  onEnd: (terminal: Terminal) => void
  /** Unix time, milliseconds. */
  now: () => number
}

export class Lifetimes {
  readonly #options: LifetimesOptions
  readonly #heap: Terminal[] = []
  #timer: NodeJS.Timeout | null = null

  constructor(options: LifetimesOptions) {
    this.#options = options
  }

  /** How many terminals have an end. */
  get count(): number {
    return this.#heap.length
  }

  /** The terminal ends then: Unix time, milliseconds; null: not by itself. */
  set(terminal: Terminal, endsAt: number | null): void {
    this.remove(terminal)
    if (endsAt === null) return
    terminal.endsAt = endsAt
    this.#stand(terminal, this.#heap.length)
    this.#rise(terminal)
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS)
  }

  remove(terminal: Terminal): void {
    const at = terminal.endsInTurn
    if (at === NONE) return
    terminal.endsInTurn = NONE
    const last = this.#heap.pop()!
    if (last !== terminal) {
      this.#stand(last, at)
      this.#rise(last)
      this.#sink(last)
    }
    if (this.#heap.length > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #look(): void {
    const now = this.#options.now()
    for (let ended = 0; ended < ENDED_A_TURN; ended += 1) {
      const first = this.#heap[0]
      if (first === undefined || first.endsAt > now) return
      this.remove(first)
      this.#options.onEnd(first)
    }
    setImmediate(() => this.#look())
  }

  #rise(terminal: Terminal): void {
    for (;;) {
      const at = terminal.endsInTurn
      const above = this.#heap[(at - 1) >> 1]
      if (at === 0 || above === undefined || above.endsAt <= terminal.endsAt) return
      this.#stand(terminal, above.endsInTurn)
      this.#stand(above, at)
    }
  }

  #sink(terminal: Terminal): void {
    for (;;) {
      const at = terminal.endsInTurn
      const below = earlier(this.#heap[2 * at + 1], this.#heap[2 * at + 2])
      if (below === undefined || below.endsAt >= terminal.endsAt) return
      this.#stand(terminal, below.endsInTurn)
      this.#stand(below, at)
    }
  }

  #stand(terminal: Terminal, at: number): void {
    this.#heap[at] = terminal
    terminal.endsInTurn = at
  }
}

function earlier(left: Terminal | undefined, right: Terminal | undefined): Terminal | undefined {
  return right === undefined || (left !== undefined && left.endsAt <= right.endsAt) ? left : right
}
