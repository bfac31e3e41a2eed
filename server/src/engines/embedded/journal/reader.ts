/**
 * Reads records by their places. A place may come from anybody: a forged one
 * finds nothing, crashes nothing, and takes no more than the longest record.
 *
 * What is not in the cache is read from the files: places that lie close
 * together share a read, several reads are under way at once, and only a record
 * that is longer than was guessed takes a second one.
 */
import { PLACE_STEP, type Place } from '../../../domain/place.ts'
import type { Stored } from '../../../domain/record.ts'
import { decodeRecord, UnreadableRecord } from '../record-codec.ts'
import type { RecordCache } from './cache.ts'
import { readAt } from './files.ts'
import type { Handles } from './handles.ts'
import { type Damage, damageAround } from './inspect.ts'
import { decodeRecordHeader, RECORD_HEADER_BYTES, recordIsWhole } from './layout.ts'
import type { Samples } from './samples.ts'
import type { Segments } from './segments.ts'

/** A batch of 500 with 4 KB of content and more fits. The page cache gives 8 KiB as fast as 1. */
const GUESS_BYTES = 8 * 1024
/** Places further apart than this are read apart. */
const GAP_BYTES_MAX = 16 * 1024
const RUN_BYTES_MAX = 256 * 1024
/** Node reads with four threads; more at once only wait, and hold their buffers. */
const READS_AT_ONCE = 8

export interface ReaderOptions {
  segments: Segments
  samples: Samples
  handles: Handles
  cache: RecordCache
  /** The place after the last durable record. */
  end: () => Place
  onDamage: (place: Place, detail: string) => void
}

/** Places of one segment that share a read. */
interface Run {
  base: Place
  /** Where the segment's durable bytes end. */
  limit: Place
  places: Place[]
}

type Found = Map<Place, Stored>

export class Reader {
  readonly #options: ReaderOptions
  #inspects = false

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  async read(places: readonly Place[]): Promise<(Stored | null)[]> {
    const { cache } = this.#options
    const records = places.map((place) => cache.get(place) ?? null)
    const missing = places.filter((_, index) => records[index] === null)
    if (missing.length === 0) return records
    const found = await this.#readAll(this.#runs(missing))
    return records.map((record, index) => record ?? found.get(places[index]!) ?? null)
  }

  /** Sorts the places into reads. Places at which no record can stand are left out. */
  #runs(places: readonly Place[]): Run[] {
    const { segments } = this.#options
    const end = this.#options.end()
    const possible = places.filter((place) => place > 0 && place < end && place % PLACE_STEP === 0)
    const runs: Run[] = []
    for (const place of [...new Set(possible)].sort((a, b) => a - b)) {
      const last = runs.at(-1)
      const base = segments.baseOf(place)
      if (last && place < last.limit && isNear(last, place)) last.places.push(place)
      else if (base !== null) {
        const limit = Math.min(segments.baseAfter(place) ?? end, end)
        runs.push({ base, limit, places: [place] })
      }
    }
    return runs
  }

  async #readAll(runs: Run[]): Promise<Found> {
    const found: Found = new Map()
    const next = runs.values()
    const lane = async () => {
      for (const run of next) await this.#readRun(run, found)
    }
    await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, runs.length) }, lane))
    return found
  }

  async #readRun(run: Run, found: Found): Promise<void> {
    const { handles, segments, cache } = this.#options
    await handles.use(segments.path(run.base), async (file) => {
      const first = run.places[0]!
      const wanted = Math.min(run.places.at(-1)! + GUESS_BYTES, run.limit) - first
      const bytes = await this.#bytes(file, run, first, wanted)
      for (const place of run.places) {
        const stored = bytes && (await this.#record(file, run, place, bytes, place - first))
        if (stored) {
          cache.add(stored)
          found.set(place, stored)
        } else if (bytes) {
          await this.#inspect(place)
        }
      }
    })
  }

  /** The record at `place`, whose first bytes are at hand. Null: none stands there, or it is damaged. */
  async #record(
    file: number,
    run: Run,
    place: Place,
    bytes: Buffer,
    at: number,
  ): Promise<Stored | null> {
    const header = decodeRecordHeader(bytes, at, run.limit - place)
    if (header === null) return null
    if (header.length > bytes.length - at) {
      const longer = await this.#bytes(file, run, place, header.length)
      return longer && decode(longer, 0, place)
    }
    return decode(bytes, at, place)
  }

  /** Null: the medium could not give them, which has been reported. */
  async #bytes(file: number, run: Run, place: Place, wanted: number): Promise<Buffer | null> {
    const buffer = Buffer.allocUnsafeSlow(wanted)
    try {
      return buffer.subarray(0, await readAt(file, buffer, wanted, place - run.base))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error
      this.#options.onDamage(place, `the file could not be read: ${(error as Error).message}`)
      return null
    }
  }

  /**
   * Nothing was found at a place: is it made up, or is the journal damaged? One at a time is looked
   * into, since that costs more than the read and places can be made up at will. Damage that is
   * passed over is met again.
   */
  async #inspect(place: Place): Promise<void> {
    if (this.#inspects) return
    this.#inspects = true
    try {
      const { end, segments, samples, onDamage } = this.#options
      const damage: Damage | null = await damageAround(place, end(), segments, samples)
      if (damage !== null) onDamage(damage.place, damage.detail)
    } finally {
      this.#inspects = false
    }
  }
}

function isNear(run: Run, place: Place): boolean {
  const last = run.places.at(-1)!
  return place - last <= GAP_BYTES_MAX && place + GUESS_BYTES - run.places[0]! <= RUN_BYTES_MAX
}

function decode(bytes: Buffer, at: number, place: Place): Stored | null {
  const header = decodeRecordHeader(bytes, at, bytes.length - at)
  if (header === null || !recordIsWhole(bytes, at, header.length, place)) return null
  const from = at + RECORD_HEADER_BYTES
  try {
    const record = decodeRecord(header.type, bytes, from, at + header.length)
    return { place, time: header.time, record }
  } catch (error) {
    if (error instanceof UnreadableRecord) return null
    throw error
  }
}
