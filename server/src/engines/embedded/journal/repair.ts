/**
 * Finds everything that is damaged in a journal's folder, says what it held,
 * and cuts it out if asked to. No server may have the folder open.
 *
 * Cutting out writes void groups over the damaged bytes, from the first bad
 * group to the next good one. They have the same length, so no later place
 * moves, and hand on the seal that the next group names, so the chain holds.
 * What was lost stays lost: its places read as null, and are never given again.
 *
 *   bad groups                 void from there to the next good group
 *   short or missing segment   the segment before it is lengthened by void groups
 *   bad segment header         written again from its neighbours
 *   bytes beyond the place     cut off
 *   where the next begins
 *   torn tail                  reported; opening the journal cuts it
 */
import { PLACE_STEP, type Place } from '../../../domain/place.ts'
import { closeFile, listFolder, openFile, removeFile, syncFolder } from './files.ts'
import { SEGMENT_HEADER_BYTES } from './layout.ts'
import type { LostRecord } from './lost-records.ts'
import { mend } from './mend.ts'
import { RepairWalk } from './repair-walk.ts'
import { basesAmong, sampleFilePath, segmentPath } from './segments.ts'
import { unbornSegment } from './survey.ts'

export interface RepairOptions {
  /** Cut out what is damaged; else only report it. */
  write: boolean
  /** What checkpoints or the directory already reflect: what is missing before it is damage too. */
  knownDurable?: Place
}

export interface RepairReport {
  segments: number
  /** Groups that are good. */
  groups: number
  damaged: DamagedStretch[]
  tornTail: Stretch | null
  /** What is damaged has been cut out. */
  isWritten: boolean
}

export interface Stretch {
  place: Place
  file: string
  bytes: number
  /** What in it can still be read. */
  records: LostRecord[]
}

export interface DamagedStretch extends Stretch {
  detail: string
}

export async function repair(folder: string, options: RepairOptions): Promise<RepairReport> {
  const { write, knownDurable = 0 } = options
  const report: RepairReport = {
    segments: 0,
    groups: 0,
    damaged: [],
    tornTail: null,
    isWritten: false,
  }
  const bases = basesAmong(await listFolder(folder))
  const unborn = await unbornSegment(folder, bases.at(-1))
  const isTorn = unborn !== null && unborn.base >= knownDurable
  if (isTorn) {
    bases.pop()
    const { base, bytes } = unborn
    report.tornTail = { place: base, file: segmentPath(folder, base), bytes, records: [] }
  }
  checkBases(folder, bases)
  if (bases[0] !== 0 && (bases.length > 0 || knownDurable > 0)) {
    // An empty file in its stead is a segment that is short.
    if (write) bases.unshift(await makeEmptyFirst(folder))
    else report.damaged.push(missingFirst(folder, bases[0] ?? knownDurable))
  }

  const walk = new RepairWalk(folder, knownDurable, report)
  for (const [index, base] of bases.entries()) {
    const mending = await walk.segment(base, bases[index + 1] ?? (isTorn ? unborn.base : null))
    if (!write || mending === null) continue
    await mend(mending)
    // It may name groups that are void now. There may be none.
    await removeFile(sampleFilePath(folder, base)).catch(() => {})
  }
  if (write) await syncFolder(folder)
  report.isWritten = write && report.damaged.length > 0
  return report
}

async function makeEmptyFirst(folder: string): Promise<Place> {
  await closeFile(await openFile(segmentPath(folder, 0), 'wx'))
  return 0
}

function missingFirst(folder: string, bytes: number): DamagedStretch {
  const file = segmentPath(folder, 0)
  return { place: 0, file, bytes, detail: 'the segment is missing', records: [] }
}

/** Segments by whose names no journal can be laid out are not ours to mend. */
function checkBases(folder: string, bases: readonly Place[]): void {
  for (const [index, base] of bases.entries()) {
    const least = index === 0 ? 0 : bases[index - 1]! + SEGMENT_HEADER_BYTES
    if (base % PLACE_STEP !== 0 || base < least) {
      throw new Error(`${segmentPath(folder, base)} has a name that no segment can have`)
    }
  }
}
