/**
 * The batches that ask for notifications, in order, for each lane at its own
 * pace: from memory for those that keep up, from the journal for the others.
 */
import { type Batch, wantsPush } from '../../domain/batch.ts'
import { Fault } from '../../domain/errors.ts'
import { PLACE_STEP, type Place } from '../../domain/place.ts'
import { isBatch, type Stored } from '../../domain/record.ts'
import type { Journal } from '../../engines/journal.ts'
import { batchBytes } from './batch-bytes.ts'

export interface Step {
  /** null: there is none up to `next`. */
  stored: Stored<Batch> | null
  /** Everything before it has been given. */
  next: Place
}

/** Batches in memory. Whoever needs older ones reads them in the journal. */
const BATCHES_MAX = 10_000
const BYTES_MAX = 32 * 2 ** 20

export class Feed {
  readonly #journal: Journal
  readonly #onDamage: (error: unknown) => void
  #recent: Stored<Batch>[] = []
  #bytes = 0
  /** Every batch from here on that asks for notifications is in memory. */
  #since: Place
  #end: Place
  #waiting: (() => void)[] = []

  /** Hears when records cannot be read any more, and lanes go on behind them. */
  constructor(journal: Journal, onDamage: (error: unknown) => void) {
    this.#journal = journal
    this.#onDamage = onDamage
    this.#since = journal.end
    this.#end = journal.end
  }

  /** Everything before it has been here. */
  get end(): Place {
    return this.#end
  }

  /** What has just become durable, in order. */
  add(group: readonly Stored[]): void {
    for (const stored of group) {
      if (!isBatch(stored) || !wantsPush(stored.record)) continue
      this.#recent.push(stored)
      this.#bytes += batchBytes(stored.record)
    }
    this.#end = this.#journal.end
    if (this.#recent.length > BATCHES_MAX || this.#bytes > BYTES_MAX) this.#forgetOlderHalf()
    this.wake()
  }

  /** Whoever waits looks whether there is something for it, or whether it should end. */
  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }

  /** The batches from `from` on and before `to`, as they come. Ends there, or when told to. */
  async *between(from: Place, to: Place, signal: AbortSignal): AsyncGenerator<Step> {
    let at = from
    while (at < to && !signal.aborted) {
      if (at < this.#since) {
        const before = at
        for await (const step of this.#replay(at, Math.min(to, this.#end), signal)) {
          at = step.next
          yield step
          if (at >= this.#since) break
        }
        // The journal is closed.
        if (at === before) return
        continue
      }
      const stored = this.#firstFrom(at)
      if (stored !== undefined && stored.place < to) {
        at = stored.place + PLACE_STEP
        yield { stored, next: at }
        continue
      }
      const next = Math.min(to, Math.max(at, this.#end))
      yield { stored: null, next }
      if (next === to) return
      if (!signal.aborted && this.#end <= next) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
      at = next
    }
  }

  /** Always arrives at `to`, which has been durable when it began. */
  async *#replay(from: Place, to: Place, signal: AbortSignal): AsyncGenerator<Step> {
    try {
      for await (const group of this.#journal.replay(from)) {
        for (const stored of group) {
          if (signal.aborted || stored.place >= to) return yield { stored: null, next: to }
          const next = stored.place + PLACE_STEP
          if (isBatch(stored) && wantsPush(stored.record)) yield { stored, next }
        }
        yield { stored: null, next: group.at(-1)!.place + PLACE_STEP }
      }
    } catch (error) {
      if (signal.aborted || (error instanceof Fault && error.kind === 'stopping')) return
      this.#onDamage(error)
    }
    yield { stored: null, next: to }
  }

  /** The oldest batch in memory that stands at or after a place. */
  #firstFrom(place: Place): Stored<Batch> | undefined {
    let low = 0
    let high = this.#recent.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#recent[middle]!.place < place) low = middle + 1
      else high = middle
    }
    return this.#recent[low]
  }

  #forgetOlderHalf(): void {
    const older = this.#recent.splice(0, Math.ceil(this.#recent.length / 2))
    for (const { record } of older) this.#bytes -= batchBytes(record)
    this.#since = older.at(-1)!.place + PLACE_STEP
  }
}
