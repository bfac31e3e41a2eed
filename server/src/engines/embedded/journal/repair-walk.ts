import type { Place } from '../../../domain/place.ts'
import { fileBytes, withFile } from './files.ts'
import { align, GROUP_HEADER_BYTES, SEGMENT_HEADER_BYTES, type SegmentHeader } from './layout.ts'
import { findLostRecords } from './lost-records.ts'
import type { Mending } from './mend.ts'
import type { RepairReport, Stretch } from './repair.ts'
import { readSegmentHeader, segmentPath } from './segments.ts'
import { intactLength, whyDamaged } from './tail.ts'
import { findGroup, type WalkFault, walkGroups } from './walk.ts'

/** One segment while it is walked. */
interface Segment {
  path: string
  base: Place
  /** Where the next segment begins; null: this is the last. */
  next: Place | null
  /** Where the file ends. */
  fileEnd: Place
}

/** Goes through the segments in order, reports what is damaged, and says how each is mended. */
export class RepairWalk {
  readonly #folder: string
  readonly #knownDurable: Place
  readonly #report: RepairReport
  /** Of the last group that was good, or will be when what was found is mended; null: unknown. */
  #seal: number | null = null
  #generation: number | null = null
  #latest = 0

  constructor(folder: string, knownDurable: Place, report: RepairReport) {
    this.#folder = folder
    this.#knownDurable = knownDurable
    this.#report = report
  }

  /** Null: there is nothing to mend. */
  async segment(base: Place, next: Place | null): Promise<Mending | null> {
    const path = segmentPath(this.#folder, base)
    const fileEnd = base + (await withFile(path, 'r', fileBytes))
    const segment = { path, base, next, fileEnd }
    const mending: Mending = { path, base, header: null, voids: [], keepBytes: null }
    this.#report.segments += 1

    await this.#header(segment, mending)
    await this.#groups(segment, mending)
    if (next !== null && fileEnd > next) {
      const detail = `the file has bytes beyond place ${next}, where the next segment begins`
      await this.#damaged(segment, next, fileEnd, detail)
      mending.keepBytes = next - base
    }
    const { header, voids, keepBytes } = mending
    return header === null && voids.length === 0 && keepBytes === null ? null : mending
  }

  async #header({ path, base, next }: Segment, mending: Mending): Promise<void> {
    const header = await readSegmentHeader(path)
    const detail = this.#headerFault(header, base)
    if (typeof header !== 'string') this.#generation = header.generation
    if (detail === null) {
      this.#seal = (header as SegmentHeader).previous
      return
    }
    this.#seal ??= 0
    const after = next === null ? null : await goodHeader(segmentPath(this.#folder, next))
    this.#generation ??= after?.generation ?? 1
    mending.header = {
      generation: this.#generation,
      base,
      previous: this.#seal,
      lastTime: this.#latest,
    }
    const bytes = SEGMENT_HEADER_BYTES
    this.#report.damaged.push({ place: base, file: path, bytes, detail, records: [] })
  }

  #headerFault(header: SegmentHeader | string, base: Place): string | null {
    if (typeof header === 'string') return header
    if (header.base !== base) return `the segment's header says that it begins at ${header.base}`
    if (this.#seal === null || header.previous === this.#seal) return null
    return 'the segment does not follow the segment before it'
  }

  async #groups(segment: Segment, mending: Mending): Promise<void> {
    let from = segment.base + SEGMENT_HEADER_BYTES
    const to = segment.next ?? Math.max(segment.fileEnd, this.#knownDurable)
    while (from < to) {
      const { place, fault } = await this.#walk(segment, from, to)
      if (fault === null) return
      const detail = await this.#whyDamaged(segment, place, fault)
      if (detail === null) {
        this.#report.tornTail = await this.#stretch(segment, place, segment.fileEnd)
        return
      }
      const good = await this.#goodAfter(segment, place)
      const length = good === null ? await this.#lengthLost(segment, place, to) : good.place - place
      if (length < GROUP_HEADER_BYTES) {
        throw new Error(`${length} bytes at place ${place} in ${segment.path} are too few to mend`)
      }
      const seal = good === null ? await this.#sealNamedBy(segment.next) : good.previous
      await this.#damaged(segment, place, place + length, detail)
      mending.voids.push({ place, length, previous: this.#seal!, seal })
      this.#seal = seal
      from = place + length
    }
  }

  async #walk({ path, base }: Segment, from: Place, to: Place) {
    const groups = walkGroups({ path, base, from, to, previous: this.#seal })
    for (;;) {
      const step = await groups.next()
      if (step.done) {
        this.#seal = step.value.seal
        return step.value
      }
      this.#report.groups += 1
      this.#latest = Math.max(this.#latest, step.value.latest)
    }
  }

  /** Null: it is a torn tail. */
  async #whyDamaged(
    { path, base, next, fileEnd }: Segment,
    from: Place,
    fault: WalkFault,
  ): Promise<string | null> {
    if (next !== null) return fault.detail
    if (from < this.#knownDurable) {
      return `${fault.detail}, and everything before place ${this.#knownDurable} was durable`
    }
    return withFile(path, 'r', (file) => whyDamaged({ file, base, from, to: fileEnd }, fault))
  }

  #goodAfter({ path, base, next, fileEnd }: Segment, place: Place) {
    const to = Math.min(next ?? fileEnd, fileEnd)
    return withFile(path, 'r', (file) => findGroup(file, { base, from: place + 8, to }))
  }

  /** How much is lost when no good group follows in the segment. */
  async #lengthLost({ path, base, next }: Segment, from: Place, to: Place): Promise<number> {
    if (next !== null) return next - from
    const own = await withFile(path, 'r', (file) => intactLength({ file, base, from }))
    // In the last segment, what follows the bad group may be a torn tail, which is looked at next.
    if (own !== null && from + own <= to) return own
    return Math.max(align(to - from), GROUP_HEADER_BYTES)
  }

  /** The seal that a segment expects of the one before it. */
  async #sealNamedBy(next: Place | null): Promise<number> {
    const header = next === null ? null : await goodHeader(segmentPath(this.#folder, next))
    return header?.previous ?? 0
  }

  async #damaged(segment: Segment, from: Place, to: Place, detail: string): Promise<void> {
    this.#report.damaged.push({ ...(await this.#stretch(segment, from, to)), detail })
  }

  async #stretch({ path, base, fileEnd }: Segment, from: Place, to: Place): Promise<Stretch> {
    const records = await withFile(path, 'r', (file) =>
      findLostRecords(file, base, from, Math.min(to, fileEnd)),
    )
    return { place: from, file: path, bytes: to - from, records }
  }
}

/** Null: the segment has no good header, or is not there. */
async function goodHeader(path: string): Promise<SegmentHeader | null> {
  const header = await readSegmentHeader(path).catch(() => null)
  return typeof header === 'string' ? null : header
}
