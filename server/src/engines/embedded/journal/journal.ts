/**
 * The journal of the embedded engine: one folder of segment files, and the
 * truth of the whole server. docs/formats/journal.md has the bytes.
 *
 *   openJournal ─▶ survey ─▶ torn tail cut ─▶ open ─▶ close
 *                    └─▶ DamagedJournal: nothing is changed, `carillon repair`
 *
 *   append ─▶ Writer ─▶ group written and synced ─▶ samples, cache, follower ─▶ resolved
 *   read   ─▶ cache, else Reader: preads, each record verified alone
 *   replay ─▶ every group verified, and that it follows the one before
 *   span   ─▶ Samples, in memory
 *
 * Promises:
 * 1. What was resolved is on stable storage, whole, at its place, and stays so
 *    through a crash at any instant.
 * 2. What is given out matches its checksums. Damage is never given out as a
 *    record and never taken for the end of the journal while anything good
 *    stands behind it, or while another part of the server already reflects it
 *    (`knownDurable`).
 * 3. The follower hears of each record once, in order, before its append
 *    resolves; index and directory are therefore up to date when a caller is
 *    answered.
 * 4. Memory is bounded: what waits (`waitingBytesMax`), what is cached
 *    (`cacheBytes`), open files, and 24 bytes of samples for 64 KiB of journal.
 */
import assert from 'node:assert'
import { Fault } from '../../../domain/errors.ts'
import type { Place } from '../../../domain/place.ts'
import type { JournalRecord, Stored } from '../../../domain/record.ts'
import type { Journal } from '../../journal.ts'
import { RecordCache } from './cache.ts'
import { Handles } from './handles.ts'
import { GROUP_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './layout.ts'
import { type Cut, type OpenedFolder, openFolder } from './open.ts'
import type { PendingGroup } from './pending-group.ts'
import { Reader } from './reader.ts'
import { replay } from './replay.ts'
import { writeSampleFile } from './sample-file.ts'
import { sampleFilePath } from './segments.ts'
import { type Synced, Writer } from './writer.ts'

const MEBIBYTE = 1024 * 1024
const SEGMENT_BYTES_MAX = 2048 * MEBIBYTE

export interface JournalOptions {
  folder: string
  /** A segment is finished before it grows over this. At most 2 GiB. */
  segmentBytes: number
  /** Rises when the folder is restored from a backup. Absent: as before, or 1. */
  generation?: number
  /** Checkpoints or the directory already reflect everything before this place. */
  knownDurable?: Place
  /** Bytes that may wait to be durable; 64 MiB. When full: Fault `overloaded`. */
  waitingBytesMax?: number
  /** Memory for decoded records; 64 MiB. When full: what was not used for long is let go. */
  cacheBytes?: number
  /** Unix time, milliseconds. */
  now?: () => number
  /** The journal can go on no longer, and it is unknown what of the last group is durable. */
  onFatal: (error: unknown) => void
  /** Damage was met while reading. */
  onDamage?: (place: Place, detail: string) => void
  /** A group has become durable. */
  onSync?: (synced: Synced) => void
}

export interface EmbeddedJournal extends Journal {
  /** What opening has cut off. */
  readonly opened: Cut
  /** Bytes that are not durable yet. */
  readonly waitingBytes: number
}

export async function openJournal(options: JournalOptions): Promise<EmbeddedJournal> {
  const { folder, segmentBytes, generation, knownDurable = 0 } = options
  const least = SEGMENT_HEADER_BYTES + GROUP_HEADER_BYTES
  if (!(segmentBytes > least && segmentBytes <= SEGMENT_BYTES_MAX)) {
    throw new RangeError(
      `segmentBytes is ${segmentBytes}, expected ${least + 1} to ${SEGMENT_BYTES_MAX}`,
    )
  }
  return new FolderJournal(await openFolder({ folder, generation, knownDurable }), options)
}

class FolderJournal implements EmbeddedJournal {
  readonly generation: number
  readonly opened: Cut
  readonly #folder: OpenedFolder
  readonly #cache: RecordCache
  readonly #handles = new Handles()
  readonly #reader: Reader
  readonly #writer: Writer
  #end: Place
  #follower: ((group: readonly Stored[]) => void) | null = null
  #hasAppended = false
  #isClosed = false
  #closing: Promise<void> | null = null
  /** Sample files being written. */
  #sampling: Promise<void> = Promise.resolve()

  constructor(opened: OpenedFolder, options: JournalOptions) {
    const { segments, samples, tail, generation } = opened
    const { cacheBytes = 64 * MEBIBYTE, waitingBytesMax = 64 * MEBIBYTE } = options
    const { segmentBytes, now = Date.now, onFatal } = options
    this.generation = generation
    this.opened = opened.cut
    this.#folder = opened
    this.#end = tail.end
    this.#cache = new RecordCache(cacheBytes)
    this.#reader = new Reader({
      segments,
      samples,
      handles: this.#handles,
      cache: this.#cache,
      end: () => this.#end,
      onDamage: options.onDamage ?? (() => {}),
    })
    this.#writer = new Writer(tail, {
      folder: segments.folder,
      generation,
      segmentBytes,
      waitingBytesMax,
      now,
      onDurable: (group) => this.#becameDurable(group),
      onSegment: (finished, base) => this.#beganSegment(finished, base),
      onSync: options.onSync ?? (() => {}),
      onFatal,
    })
  }

  get end(): Place {
    return this.#end
  }

  get waitingBytes(): number {
    return this.#writer.waitingBytes
  }

  append<R extends JournalRecord>(record: R): Promise<Stored<R>> {
    this.#hasAppended = true
    return this.#writer.append(record) as Promise<Stored<R>>
  }

  follow(follower: (group: readonly Stored[]) => void): void {
    assert(this.#follower === null, 'the journal already has its follower')
    assert(!this.#hasAppended, 'the follower comes before the first append')
    this.#follower = follower
  }

  async read(places: readonly Place[]): Promise<readonly (Stored | null)[]> {
    this.#checkOpen()
    return this.#reader.read(places)
  }

  replay(from: Place): AsyncIterable<readonly Stored[]> {
    const { segments, samples } = this.#folder
    const checkOpen = () => this.#checkOpen()
    return replay(from, { segments, samples, end: () => this.#end, checkOpen })
  }

  span(fromMs: number, toMs: number): { from: Place; to: Place } {
    return this.#folder.samples.span(fromMs, toMs, this.#end)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#writer.close()
    this.#isClosed = true
    await this.#handles.close()
    await this.#sampling
  }

  #becameDurable(group: PendingGroup): void {
    this.#end = group.end
    this.#folder.samples.add(group.place, group.earliest, group.latest)
    for (const stored of group.records) this.#cache.add(stored)
    this.#follower?.(group.records)
  }

  #beganSegment({ base, seal }: { base: Place; seal: number }, next: Place): void {
    const { segments, samples } = this.#folder
    const summary = { base, end: next, seal, samples: samples.segment }
    samples.beginSegment()
    segments.add(next)
    // Nothing depends on it: without one, the next start reads the segment.
    const path = sampleFilePath(segments.folder, base)
    this.#sampling = this.#sampling.then(() => writeSampleFile(path, summary)).catch(() => {})
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Fault('stopping', 'the journal is closed')
  }
}
