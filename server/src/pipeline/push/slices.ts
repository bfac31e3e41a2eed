/**
 * The thread's time, as pushing may have it: slices between which the event
 * loop turns, for all lanes together. Live delivery is done in many short turns
 * (files, syncs, a few writes each), and a slice in each of them would add up.
 * So there is none after a turn that others needed; when they need every
 * turn, there is one now and then. Turns that nobody needs cost next to nothing.
 */

const SLICE_MS = 2
/** What a step leaves to be done at once behind it, a slice cannot see; so they are few. */
const STEPS_MAX = 32
/** A turn that took longer than this was needed by others, or by what a slice had left behind. */
const QUIET_TURN_MS = 0.5
/** So long pushing waits for a quiet turn at most. */
const WAIT_MS_MAX = 20

export class Slices {
  #waiting: (() => void)[] = []
  #isComing = false
  #askedAt = 0
  #turnBeganAt = 0
  #endsAt = 0
  #stepsLeft = 0

  /** Calls `work` in a slice to come. It goes on while it may take steps, and asks again for the rest. */
  soon(work: () => void): void {
    this.#waiting.push(work)
    this.#come()
  }

  /** False: the slice is over. */
  takeStep(): boolean {
    if (this.#isOver) return false
    this.#stepsLeft -= 1
    return true
  }

  get #isOver(): boolean {
    return this.#stepsLeft === 0 || performance.now() >= this.#endsAt
  }

  #come(): void {
    if (this.#isComing) return
    this.#isComing = true
    this.#askedAt = performance.now()
    this.#turnBeganAt = this.#askedAt
    setImmediate(this.#look)
  }

  #look = (): void => {
    const now = performance.now()
    if (now - this.#turnBeganAt > QUIET_TURN_MS && now - this.#askedAt < WAIT_MS_MAX) {
      this.#turnBeganAt = now
      setImmediate(this.#look)
      return
    }
    this.#isComing = false
    this.#go(now)
  }

  /** Whoever has to wait for the next slice is before those who had this one. */
  #go(now: number): void {
    this.#endsAt = now + SLICE_MS
    this.#stepsLeft = STEPS_MAX
    const works = this.#waiting
    this.#waiting = []
    while (works.length > 0 && !this.#isOver) works.shift()!()
    if (works.length === 0) return
    this.#waiting.unshift(...works)
    this.#come()
  }
}
