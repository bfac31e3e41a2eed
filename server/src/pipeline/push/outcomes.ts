/**
 * What became of the notifications of one lane, on its way into the journal:
 * gathered for a second, or until there are enough for a record. With them goes
 * the mark up to which everything has its outcome; a start goes on behind it.
 */
import type { Position } from '../../domain/place.ts'
import { type Outcomes, PUSH_RESULTS_MAX, type PushResult } from '../../domain/record.ts'
import type { Journal } from '../../engines/journal.ts'

export interface OutcomesOptions {
  way: Outcomes['way']
  journal: Journal
  /** The mark in the journal. */
  upTo: Position
  /** Where the mark may stand, with what has been added so far. */
  settledUpTo: () => Position
  /** Something was written, or could not be. */
  onWritten: () => void
}

const EVERY_MS = 1000

/** Results that may wait for the journal before pushing pauses. */
const WAITING_MAX = 5000

export class OutcomesWriter {
  readonly #options: OutcomesOptions
  /** Those that are not yet in the journal, by their names, oldest first. */
  readonly #waiting = new Map<string, PushResult>()
  #upTo: Position
  #isRefused = false
  #version = 0
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> | null = null
  #isClosed = false

  constructor(options: OutcomesOptions) {
    this.#options = options
    this.#upTo = options.upTo
  }

  /** The journal does not take them, or not as fast as they come: nothing more should be pushed. */
  get isBehind(): boolean {
    return this.#isRefused || this.#waiting.size >= WAITING_MAX
  }

  /** Rises whenever results are in the journal. */
  get version(): number {
    return this.#version
  }

  has(key: string): boolean {
    return this.#waiting.has(key)
  }

  /** By the name that `keyOf` makes of it. */
  add(key: string, result: PushResult): void {
    this.#waiting.set(key, result)
    if (this.#waiting.size >= PUSH_RESULTS_MAX && !this.#isRefused) void this.flush()
    else this.soon()
  }

  /** The mark has moved, or will have. */
  soon(): void {
    if (this.#isClosed) return
    this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS).unref()
  }

  /** Resolves when a writing is through, or was refused. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
      this.#options.onWritten()
    })
    return this.#writing
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writing
    await this.flush()
  }

  async #write(): Promise<void> {
    let left = this.#waiting.size
    do {
      const names = [...this.#waiting.keys().take(PUSH_RESULTS_MAX)]
      const results = names.map((name) => this.#waiting.get(name)!)
      const isAll = results.length === this.#waiting.size
      const upTo = isAll ? Math.max(this.#upTo, this.#options.settledUpTo()) : this.#upTo
      if (results.length === 0 && upTo === this.#upTo) return
      if (!(await this.#append({ type: 'outcomes', way: this.#options.way, upTo, results }))) return
      for (const name of names) this.#waiting.delete(name)
      left -= results.length
    } while (left > 0 || this.#waiting.size >= PUSH_RESULTS_MAX)
    if (this.#waiting.size > 0) this.soon()
  }

  /** False: a full disk, or the end. They wait, and pushing with them. */
  async #append(record: Outcomes): Promise<boolean> {
    try {
      await this.#options.journal.append(record)
    } catch {
      this.#isRefused = true
      this.soon()
      return false
    }
    this.#isRefused = false
    this.#upTo = record.upTo
    this.#version += 1
    return true
  }
}
