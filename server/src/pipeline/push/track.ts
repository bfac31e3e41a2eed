/**
 * How far a lane is in the journal, and how it gets on.
 *
 *   again   what stood before the start, or was left behind: its outcome may be there already
 *   news    what has come since
 *
 * The mark in the journal stands before everything that has no outcome yet, so
 * that a start finds it again. A lane that is new begins at the journal's end.
 */
import { Fault } from '../../domain/errors.ts'
import { END, PLACE_MAX, type Position, placeOf, positionOf } from '../../domain/place.ts'
import type { Outcomes } from '../../domain/record.ts'
import type { Engines } from '../../engines/engines.ts'
import type { Log } from '../../lib/log.ts'
import type { Feed } from './feed.ts'
import { OutcomesWriter } from './outcomes.ts'
import { Settled } from './settled.ts'
import { type Receivers, Walk } from './walk.ts'

export interface TrackOptions {
  way: Outcomes['way']
  engines: Engines
  feed: Feed
  isReachable: (account: number) => boolean
  receiversMax: number
  log: Pick<Log, 'error'>
  /** Where the oldest stands that has been taken and has no outcome yet. */
  oldestUnsettled: () => Position
  /** With `settled`: only those that have no outcome yet. */
  take: (copy: Receivers, settled: Settled | null) => Promise<void> | undefined
  onWritten: () => void
}

/** What was left behind is looked for again after so long. */
const LOOK_AGAIN_MS = 300_000

/** A mark is written at last when so much of the journal, with nothing to notify, lies behind it. */
const MARK_EVERY = positionOf(64 * 2 ** 20, 0)

export class Track {
  readonly writer: OutcomesWriter
  readonly #options: TrackOptions
  readonly #ending = new AbortController()
  readonly #news: Walk
  readonly #settled: Settled
  #again: Walk | null = null
  #leftBehind: Position = END
  #markedNear: Position
  #timer: NodeJS.Timeout | null = null
  #runs: { news: Promise<void>; again: Promise<void> }

  constructor(options: TrackOptions) {
    this.#options = options
    const { way, engines, feed, onWritten } = options
    const start = positionOf(feed.end, 0)
    const upTo = engines.directory.pushedUpTo(way)
    this.#markedNear = start
    this.writer = new OutcomesWriter({
      way,
      journal: engines.journal,
      upTo,
      settledUpTo: () => this.#settledUpTo(),
      onWritten,
    })
    this.#settled = new Settled(engines, way, this.writer)
    this.#news = this.#walk(start, null)
    if (upTo > 0 && upTo + 1 < start) this.#again = this.#walk(upTo + 1, this.#settled)
    this.#runs = { news: Promise.resolve(), again: Promise.resolve() }
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** Resolves when the place from which the lane goes on is durable. */
  async start(): Promise<void> {
    const to = this.#options.feed.end
    const isNew = this.#options.engines.directory.pushedUpTo(this.#options.way) === 0
    if (isNew) await this.writer.flush()
    this.#runs = { news: this.#news.run(PLACE_MAX), again: this.#goAgain(to) }
  }

  /** What stands there is looked for again later. */
  leaveBehind(position: Position): void {
    this.#leftBehind = Math.min(this.#leftBehind, position)
    this.#lookAgainLater()
  }

  /** Nothing is taken any more. */
  stop(): void {
    this.#ending.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#options.feed.wake()
  }

  /** Resolves when what has been settled is in the journal. */
  async close(): Promise<void> {
    this.stop()
    await this.#runs.news
    await this.#runs.again
    await this.writer.close()
  }

  #walk(from: Position, settled: Settled | null): Walk {
    return new Walk(from, {
      ...this.#options,
      index: this.#options.engines.index,
      take: (copy) => this.#take(copy, settled),
      onPassed: (hadBatch) => this.#passed(hadBatch),
      signal: this.signal,
    })
  }

  /** A copy that cannot be worked out is nobody else's trouble. */
  #take(copy: Receivers, settled: Settled | null): Promise<void> | undefined {
    const { take, way, log } = this.#options
    const failed = (error: unknown) => {
      if (error instanceof Fault && error.kind === 'stopping') return
      log.error({ err: error, way, place: copy.stored.place }, 'a copy cannot be pushed')
    }
    try {
      return take(copy, settled)?.catch(failed)
    } catch (error) {
      return void failed(error)
    }
  }

  async #goAgain(to: number): Promise<void> {
    await this.#again?.run(to)
    if (this.signal.aborted) return
    this.#again = null
    this.writer.soon()
    if (this.#leftBehind !== END) this.#lookAgainLater()
  }

  #lookAgainLater(): void {
    if (this.#again !== null || this.signal.aborted) return
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#again = this.#walk(this.#leftBehind, this.#settled)
      this.#leftBehind = END
      this.#runs.again = this.#goAgain(placeOf(this.#news.cursor))
    }, LOOK_AGAIN_MS).unref()
  }

  #passed(hadBatch: boolean): void {
    const { cursor } = this.#news
    if (!hadBatch && cursor - this.#markedNear < MARK_EVERY) return
    this.#markedNear = cursor
    this.writer.soon()
  }

  #settledUpTo(): Position {
    const { oldestUnsettled } = this.#options
    const walked = Math.min(this.#news.cursor, this.#again?.cursor ?? END, this.#leftBehind)
    return Math.min(walked, oldestUnsettled()) - 1
  }
}
