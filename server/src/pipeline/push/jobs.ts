/**
 * The notifications of one lane that are on their way, each in one state:
 *
 *   ready ──start──▶ under way ──remove──▶ gone
 *     ▲                 │  │
 *     ├──────back───────┘  │      the provider takes nothing at present
 *     └──due── waiting ◀─later    it did not take this one, but may
 *
 * However many are to be notified, a bounded number of them is here.
 */
import type { Batch } from '../../domain/batch.ts'
import { END, type Place, type Position } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import { batchBytes } from './batch-bytes.ts'

export interface Job {
  position: Position
  stored: Stored<Batch>
  ordinal: number
  accounts: readonly number[]
  /** Empty: it goes to no device. */
  deviceId: string
  /** What each receiver's is called: see `keyOf`. */
  keys: readonly string[]
  /** What the device was known by when it was pushed to. */
  token: string
  /** When it is no longer worth showing: Unix time, milliseconds. */
  expiresAt: number
  /** How often it was refused for a while. */
  refusals: number
  /** Waiting: when it becomes ready again. */
  dueAt: number
}

export const JOBS_MAX = 10_000
/** More that wait would take the room of those that can go. */
export const JOBS_WAITING_MAX = 5000
const BATCH_BYTES_MAX = 64 * 2 ** 20

export class Jobs {
  readonly #all = new Map<string, Job>()
  /** First those that came back. */
  readonly #back: Job[] = []
  /** Before `#head` stand those that have gone. */
  #ready: Job[] = []
  #head = 0
  readonly #waiting = new Set<Job>()
  #nextDueAt = Number.POSITIVE_INFINITY
  /** The batches of all jobs: they are what takes memory. */
  readonly #batches = new Map<Place, number>()
  #bytes = 0
  #forRoom: (() => void)[] = []

  get size(): number {
    return this.#all.size
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get isFull(): boolean {
    return this.#all.size >= JOBS_MAX || this.#bytes >= BATCH_BYTES_MAX
  }

  /** Resolves when there may be room. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#forRoom.push(resolve))
  }

  /** Whoever waits for room looks again. */
  wake(): void {
    const waiting = this.#forRoom
    this.#forRoom = []
    for (const go of waiting) go()
  }

  has(key: string): boolean {
    return this.#all.has(key)
  }

  add(job: Job): void {
    for (const key of job.keys) this.#all.set(key, job)
    this.#ready.push(job)
    const { place, record } = job.stored
    const jobs = this.#batches.get(place) ?? 0
    if (jobs === 0) this.#bytes += batchBytes(record)
    this.#batches.set(place, jobs + 1)
  }

  /** The one that has been ready for longest; undefined: there is none. */
  next(): Job | undefined {
    return this.#back.at(-1) ?? this.#ready[this.#head]
  }

  /** The next one is under way now. */
  start(job: Job): void {
    if (this.#back.at(-1) === job) {
      this.#back.pop()
      return
    }
    this.#head += 1
    if (this.#head < 1000 || this.#head * 2 < this.#ready.length) return
    this.#ready = this.#ready.slice(this.#head)
    this.#head = 0
  }

  /** Ready again, before all others. */
  back(job: Job): void {
    this.#back.push(job)
  }

  later(job: Job, dueAt: number): void {
    job.dueAt = dueAt
    this.#nextDueAt = Math.min(this.#nextDueAt, dueAt)
    this.#waiting.add(job)
  }

  /** It has its outcome, or is left to be found again. */
  remove(job: Job): void {
    for (const key of job.keys) this.#all.delete(key)
    const { place, record } = job.stored
    const jobs = this.#batches.get(place)! - 1
    if (jobs > 0) {
      this.#batches.set(place, jobs)
    } else {
      this.#batches.delete(place)
      this.#bytes -= batchBytes(record)
    }
    if (!this.isFull) this.wake()
  }

  /** Makes those ready whose time has come. When the next one's comes; Infinity: none waits. */
  readyUp(nowMs: number): number {
    if (nowMs < this.#nextDueAt) return this.#nextDueAt
    this.#nextDueAt = Number.POSITIVE_INFINITY
    for (const job of this.#waiting) {
      if (job.dueAt > nowMs) {
        this.#nextDueAt = Math.min(this.#nextDueAt, job.dueAt)
      } else {
        this.#waiting.delete(job)
        this.#ready.push(job)
      }
    }
    return this.#nextDueAt
  }

  /** Where the oldest one stands; END: there is none. */
  oldest(): Position {
    let oldest = END
    for (const { position } of this.#all.values()) oldest = Math.min(oldest, position)
    return oldest
  }
}

/** Names what one receiver gets in one lane. */
export function keyOf(position: Position, account: number, deviceId: string): string {
  return `${position} ${account} ${deviceId}`
}
