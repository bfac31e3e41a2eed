/**
 * The one who writes: gives records their places, and makes them durable group
 * by group.
 *
 *                 append                     written and synced
 *   ┌──────┐ ───────────────▶ ┌─────────┐ ───────────────────────▶ durable: followers hear of
 *   │ idle │                  │ writing │ ◀── more has come ──┐    it, then the appends resolve
 *   └──────┘ ◀─────────────── └─────────┘ ────────────────────┘
 *              nothing waits    │     │
 *                     disk full │     │ any other error of a write, any error of a sync
 *                               ▼     ▼
 *                   cut back, refuse  failed: onFatal once, nobody is told anything more
 *                   all that wait, go on
 *
 * Promises:
 * 1. One write and one sync are under way at a time. What is appended meanwhile
 *    goes out together in the next group, so a faster disk makes smaller groups
 *    and a slower one larger groups, and no timer is needed.
 * 2. A group is written only when the one before it is durable. So at most the
 *    last group of the journal can be torn. Of a group that is durable everybody
 *    hears at once; where the disk is slow and more waits for it, while the next
 *    group is synced: then the disk does not wait for what followers do.
 * 3. A place that was told to anybody is never given to another record: nobody
 *    hears of a place before its record is durable. Places of refused records
 *    are given again.
 * 4. A failed sync is not repeated: the kernel may have dropped the pages and
 *    would report success the second time.
 * 5. Once failed, nothing is resolved or rejected any more, and appends are
 *    refused.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { Fault } from '../../../domain/errors.ts'
import { PLACE_MAX, type Place } from '../../../domain/place.ts'
import type { JournalRecord, Stored } from '../../../domain/record.ts'
import { recordBytes } from '../record-codec.ts'
import { DiskFull, isDiskFull } from './disk-full.ts'
import { closeFile, syncFile, truncateFile, writeAt } from './files.ts'
import {
  align,
  GROUP_HEADER_BYTES,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  TIME_MAX,
} from './layout.ts'
import { GroupBuffers, PendingGroup } from './pending-group.ts'
import { createSegment } from './segments.ts'
import { SyncPace } from './sync-pace.ts'

/** While the clock is behind by less than this, time stands still; a clock that was set is followed. */
const CLOCK_BEHIND_MS_MAX = 10_000

/** Where the journal ends. */
export interface Tail {
  /** The last segment: where it begins, and its file, open for writing. */
  base: Place
  file: number
  /** The place after the last group. */
  end: Place
  /** The last group's seal and the last record's time. */
  seal: number
  lastTime: number
}

export interface Synced {
  records: number
  bytes: number
  /** How long the sync took or, if that was longer, telling of the group before it. */
  milliseconds: number
}

export interface WriterOptions {
  folder: string
  generation: number
  segmentBytes: number
  waitingBytesMax: number
  now: () => number
  /** A group is durable. Throwing is fatal. */
  onDurable: (group: PendingGroup) => void
  /** A segment is finished and another has been made, which begins where the finished one ends. */
  onSegment: (finished: { base: Place; seal: number }, base: Place) => void
  onSync: (synced: Synced) => void
  onFatal: (error: unknown) => void
}

export class Writer {
  readonly #options: WriterOptions
  readonly #buffers = new GroupBuffers()
  readonly #pace = new SyncPace()
  #tail: Tail
  #pending: PendingGroup[] = []
  /** It is durable, and nobody has heard of it yet. */
  #durable: PendingGroup | null = null
  /** Where the next new group stands, if it does not begin a segment. */
  #nextPlace: Place
  #nextBase: Place
  #lastTime: number
  #waitingBytes = 0
  #isRefusing = false
  /** Null: idle. */
  #working: Promise<void> | null = null

  constructor(tail: Tail, options: WriterOptions) {
    this.#options = options
    this.#tail = tail
    this.#nextPlace = tail.end
    this.#nextBase = tail.base
    this.#lastTime = tail.lastTime
  }

  /** Bytes that are not durable yet. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  async append(record: JournalRecord): Promise<Stored> {
    const bodyBytes = recordBytes(record)
    const bytes = align(RECORD_HEADER_BYTES + bodyBytes)
    this.#admit(record, bytes)
    const group = this.#groupFor(bytes)
    const durable = group.add(record, bodyBytes, this.#time())
    this.#waitingBytes += bytes
    this.#keep(group)
    this.#working ??= this.#work()
    return durable
  }

  /** Waits until all that was appended is durable or refused, refuses what comes, and closes. */
  async close(): Promise<void> {
    this.#isRefusing = true
    await this.#working
    await closeFile(this.#tail.file)
  }

  // ── appending ────────────────────────────────────────────────────────────

  #admit(record: JournalRecord, bytes: number): void {
    if (this.#isRefusing) throw new Fault('stopping')
    if (bytes > RECORD_BYTES_MAX) {
      const name = `a ${record.type} record takes ${bytes} bytes`
      throw new Fault('tooLarge', `${name}, at most ${RECORD_BYTES_MAX} are stored`)
    }
    const { waitingBytesMax } = this.#options
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > waitingBytesMax) {
      throw new Fault(
        'overloaded',
        `${this.#waitingBytes} bytes wait for the journal, at most ${waitingBytesMax} may`,
      )
    }
    if (this.#nextPlace + bytes + SEGMENT_HEADER_BYTES + GROUP_HEADER_BYTES > PLACE_MAX) {
      throw new Fault('diskFull', `the journal has reached its last place, ${PLACE_MAX}`)
    }
  }

  /** The group that is being filled, or a new one; a new one is not kept yet. */
  #groupFor(bytes: number): PendingGroup {
    const open = this.#pending.at(-1)
    if (open?.takes(bytes) && this.#fits(open.base, open.end + bytes)) return open

    const buffer = this.#buffers.take(GROUP_HEADER_BYTES + bytes)
    const place = this.#nextPlace
    const base = this.#nextBase
    const isFirst = place === base + SEGMENT_HEADER_BYTES
    // A record longer than a segment gets a segment to itself.
    if (isFirst || this.#fits(base, place + GROUP_HEADER_BYTES + bytes)) {
      return new PendingGroup(place, base, buffer)
    }
    return new PendingGroup(place + SEGMENT_HEADER_BYTES, place, buffer)
  }

  #fits(base: Place, end: Place): boolean {
    return end - base <= this.#options.segmentBytes
  }

  /** The group has got a record: it has its place for good, and the next one stands behind it. */
  #keep(group: PendingGroup): void {
    if (this.#pending.at(-1) !== group) {
      this.#pending.push(group)
      this.#waitingBytes += GROUP_HEADER_BYTES
    }
    this.#nextPlace = group.end
    this.#nextBase = group.base
  }

  #time(): number {
    const now = Math.floor(this.#options.now())
    if (!(now >= 0 && now <= TIME_MAX)) throw new RangeError(`the clock says ${now} ms`)
    const isBehind = now < this.#lastTime && this.#lastTime - now < CLOCK_BEHIND_MS_MAX
    if (!isBehind) this.#lastTime = now
    return this.#lastTime
  }

  // ── writing ──────────────────────────────────────────────────────────────

  async #work(): Promise<void> {
    // What is appended in this turn of the event loop shares the first group: the calls that the
    // kernel delivers together. 64 callers over sockets make 32 records a group this way and 27 to 30
    // when the first is written at once, in no less time; measured with bench/micro/journal.ts.
    await turn()
    try {
      while (this.#pending.length > 0 || this.#durable !== null) {
        const group = this.#pending.shift()
        if (group === undefined) this.#announce()
        else await this.#write(group)
      }
      this.#working = null
    } catch (error) {
      this.#fail(error)
    }
  }

  async #write(group: PendingGroup): Promise<void> {
    try {
      if (group.base !== this.#tail.base) {
        this.#announce()
        await this.#beginSegment(group.base)
      }
      const seal = group.seal(this.#tail.seal)
      await this.#writeBytes(group)
      await this.#sync(group)
      this.#tail.end = group.end
      this.#tail.seal = seal
      this.#tail.lastTime = group.records.at(-1)!.time
      this.#durable = group
      if (!this.#pace.isSlow) this.#announce()
    } catch (error) {
      this.#announce()
      if (!(error instanceof DiskFull)) throw error
      this.#refuse(group, error)
    }
  }

  async #beginSegment(base: Place): Promise<void> {
    const { folder, generation, onSegment } = this.#options
    const { base: finished, file, seal, lastTime } = this.#tail
    const next = await createSegment(folder, { generation, base, previous: seal, lastTime })
    this.#tail = { base, file: next, end: base + SEGMENT_HEADER_BYTES, seal, lastTime }
    onSegment({ base: finished, seal }, base)
    await closeFile(file)
  }

  async #writeBytes(group: PendingGroup): Promise<void> {
    const { file, base } = this.#tail
    const position = group.place - base
    try {
      await writeAt(file, group.buffer, group.length, position)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      // Half a group would be taken for a torn tail, which it is; but the next group goes here.
      await truncateFile(file, position)
      await syncFile(file)
      throw new DiskFull(error)
    }
  }

  async #sync(group: PendingGroup): Promise<void> {
    const start = performance.now()
    const syncing = syncFile(this.#tail.file)
    const announced = new Promise<void>((resolve) => {
      this.#announce()
      resolve()
    })
    await Promise.all([syncing, announced])
    const milliseconds = performance.now() - start
    this.#pace.note(milliseconds)
    this.#options.onSync({ records: group.records.length, bytes: group.length, milliseconds })
  }

  /** Tells of the group that is durable, if nobody has heard of it yet. */
  #announce(): void {
    const group = this.#durable
    if (group === null) return
    this.#durable = null
    const { records, waiting } = group
    this.#options.onDurable(group)
    this.#release(group)
    for (let index = 0; index < records.length; index += 1) waiting[index]!.resolve(records[index]!)
  }

  #refuse(group: PendingGroup, cause: DiskFull): void {
    const refused = [group, ...this.#pending]
    this.#pending = []
    this.#nextPlace = this.#tail.end
    this.#nextBase = this.#tail.base
    for (const { waiting } of refused) {
      for (const one of waiting) one.reject(new Fault('diskFull', undefined, cause.cause))
    }
    for (const one of refused) this.#release(one)
  }

  #release(group: PendingGroup): void {
    this.#waitingBytes -= group.length
    this.#buffers.give(group.buffer)
  }

  #fail(error: unknown): void {
    this.#isRefusing = true
    this.#pending = []
    this.#options.onFatal(error)
  }
}
