/**
 * The track of copies that go along no lane, because their receiver had a
 * terminal open or does not want to be disturbed. That somebody has no device
 * is not written down: it follows from the copy having no outcome at all, and
 * most copies have none.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { END, positionOf } from '../../domain/place.ts'
import { keyOf } from './jobs.ts'
import type { StageOptions } from './push.ts'
import type { Settled } from './settled.ts'
import { Track } from './track.ts'
import type { Receivers } from './walk.ts'

const REFUSED_MS = 1000

export class Nobody {
  readonly #options: StageOptions
  readonly #track: Track

  constructor(options: StageOptions) {
    this.#options = options
    this.#track = new Track({
      ...options,
      way: 'none',
      receiversMax: 256,
      isReachable: options.reach.isReachable,
      oldestUnsettled: () => END,
      take: (copy, settled) => this.#take(copy, settled),
      onWritten: () => {},
    })
  }

  start(): Promise<void> {
    return this.#track.start()
  }

  close(): Promise<void> {
    return this.#track.close()
  }

  #take(copy: Receivers, settled: Settled | null): Promise<void> | undefined {
    const { writer } = this.#track
    if (settled !== null) return this.#takeAgain(copy, settled)
    this.#add(copy, new Set())
    return writer.isBehind ? this.#catchUp() : undefined
  }

  async #takeAgain(copy: Receivers, settled: Settled): Promise<void> {
    const { place } = copy.stored
    let keys = settled.of(place)
    while (keys === null) {
      await settled.read(place)
      keys = settled.of(place)
    }
    this.#add(copy, keys)
    if (this.#track.writer.isBehind) await this.#catchUp()
  }

  #add({ stored, ordinal, accounts }: Receivers, settled: ReadonlySet<string>): void {
    const { reach, onSettled } = this.#options
    const position = positionOf(stored.place, ordinal)
    for (const account of accounts) {
      const detail = reach.whyNot(account, stored, ordinal)
      if (detail === null) continue
      const key = keyOf(position, account, '')
      if (settled.has(key)) continue
      const result = { position, account, deviceId: '', detail, isRetryable: false } as const
      this.#track.writer.add(key, { ...result, state: 'skipped' })
      onSettled('none', 'skipped', 1)
    }
  }

  /** Waits for the journal to have taken what was added. */
  async #catchUp(): Promise<void> {
    const { writer, signal } = this.#track
    await writer.flush()
    while (writer.isBehind && !signal.aborted) {
      await delay(REFUSED_MS, undefined, { signal, ref: false }).catch(() => {})
      await writer.flush()
    }
  }
}
