/**
 * What stands in a journal's folder, checked as far as a start can afford. It
 * changes nothing but sample files.
 *
 * - Segments follow one another without a gap from place 0, and each names the
 *   seal of the one before. Those before the last are taken from their sample
 *   files, and are read only where one is missing; damage inside them is met by
 *   whoever reads it.
 * - The last segment is read as a whole. What follows its last good group is a
 *   torn tail or damage, which tail.ts tells apart.
 * - A last segment that never got its header is what a crash while it was made
 *   leaves behind.
 *
 * Damage is thrown.
 */
import { join } from 'node:path'
import type { Place } from '../../../domain/place.ts'
import { DamagedJournal } from './damage.ts'
import { fileBytes, listFolder, readAt, removeFile, withFile } from './files.ts'
import { lastTimeOf } from './group-records.ts'
import { type GroupHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './layout.ts'
import { readSampleFile, writeSampleFile } from './sample-file.ts'
import { Samples } from './samples.ts'
import {
  basesAmong,
  readSegmentHeader,
  sampleFilePath,
  segmentPath,
  unfinishedAmong,
} from './segments.ts'
import { whyDamaged } from './tail.ts'
import { type Span, type WalkEnd, walkGroups } from './walk.ts'

export interface Survey {
  bases: Place[]
  samples: Samples
  /** Null: there is no segment. */
  last: LastSegment | null
  /** Where a segment begins that never got its header; null: there is none. */
  unborn: { base: Place; bytes: number } | null
}

export interface LastSegment {
  path: string
  header: SegmentHeader
  /** The place after the last good group. */
  end: Place
  /** What was written last: from here to `end`, the sync of a process before may have failed. */
  writtenLast: Place
  seal: number
  lastTime: number
  /** Bytes after `end` that may be cut. */
  tornBytes: number
}

/** How far the segments have been found in order. */
interface Reached {
  end: Place
  seal: number
}

/** `knownDurable`: something else already reflects everything before this place. */
export async function survey(folder: string, knownDurable: Place): Promise<Survey> {
  const names = await listFolder(folder)
  for (const name of unfinishedAmong(names)) await removeFile(join(folder, name))
  const bases = basesAmong(names)
  const unborn = await unbornSegment(folder, bases.at(-1))
  if (unborn !== null) bases.pop()

  const samples = new Samples()
  let reached: Reached = { end: 0, seal: 0 }
  for (const [index, base] of bases.slice(0, -1).entries()) {
    reached = await checkFinished(folder, base, bases[index + 1]!, reached, samples)
  }
  const lastBase = bases.at(-1)
  const last =
    lastBase === undefined ? null : await checkLast(folder, lastBase, reached, samples, unborn)

  const end = last?.end ?? 0
  const file = last?.path ?? segmentPath(folder, 0)
  if (unborn !== null && unborn.base !== end) {
    throw new DamagedJournal(end, file, `what stood here up to place ${unborn.base} is gone`)
  }
  if (knownDurable > end) {
    throw new DamagedJournal(end, file, `what stood here up to place ${knownDurable} is gone`)
  }
  return { bases, samples, last, unborn }
}

async function checkFinished(
  folder: string,
  base: Place,
  next: Place,
  before: Reached,
  samples: Samples,
): Promise<Reached> {
  const path = segmentPath(folder, base)
  await checkedHeader(path, base, before)
  const end = base + (await withFile(path, 'r', fileBytes))
  if (end !== next) {
    const detail = `the segment ends at place ${end}, and the next one begins at ${next}`
    throw new DamagedJournal(Math.min(end, next), path, detail)
  }

  const sampleFile = sampleFilePath(folder, base)
  const known = await readSampleFile(sampleFile, base, end)
  if (known !== null) {
    samples.addSegment(known.samples)
    return { end, seal: known.seal }
  }
  const from = base + SEGMENT_HEADER_BYTES
  const walked = await sample({ path, base, from, to: end, previous: before.seal }, samples)
  if (walked.fault !== null) throw new DamagedJournal(walked.place, path, walked.fault.detail)
  const seal = walked.seal!
  // The next start reads the segment again if this does not succeed.
  await writeSampleFile(sampleFile, { base, end, seal, samples: samples.segment }).catch(() => {})
  return { end, seal }
}

async function checkLast(
  folder: string,
  base: Place,
  before: Reached,
  samples: Samples,
  unborn: Survey['unborn'],
): Promise<LastSegment> {
  const path = segmentPath(folder, base)
  const header = await checkedHeader(path, base, before)
  const to = base + (await withFile(path, 'r', fileBytes))
  const span = { path, base, from: base + SEGMENT_HEADER_BYTES, to, previous: before.seal }
  const walked = await sample(span, samples)
  const { place: end, seal, fault, groups, lastPlace, lastGroup } = walked
  if (fault !== null) {
    // The next segment was begun after this one was durable.
    const detail = unborn
      ? fault.detail
      : await withFile(path, 'r', (file) => whyDamaged({ file, base, from: end, to }, fault))
    if (detail !== null) throw new DamagedJournal(end, path, detail)
  }
  const lastTime = lastGroup ? await lastTimeIn(path, base, lastGroup) : header.lastTime
  // The first group has its segment's header with it.
  const writtenLast = groups > 1 ? lastPlace : base
  return { path, header, end, writtenLast, seal: seal!, lastTime, tornBytes: to - end }
}

/** The header of a segment that must follow what was reached. */
async function checkedHeader(path: string, base: Place, before: Reached): Promise<SegmentHeader> {
  const header = await readSegmentHeader(path)
  if (base !== before.end) {
    const detail = `what stood here up to place ${base} is gone`
    throw new DamagedJournal(before.end, path, detail)
  }
  if (typeof header === 'string') throw new DamagedJournal(base, path, header)
  if (header.base !== base || header.previous !== before.seal) {
    const detail = 'the segment does not follow the segment before it'
    throw new DamagedJournal(base, path, detail)
  }
  return header
}

interface Sampled extends WalkEnd {
  groups: number
  /** Where the last group begins. */
  lastPlace: Place
  /** The last group that holds records; null: none does. */
  lastGroup: GroupHeader | null
}

/** Walks a segment and samples it. */
async function sample(span: Span, samples: Samples): Promise<Sampled> {
  samples.beginSegment()
  let count = 0
  let lastPlace = span.from
  let lastGroup: GroupHeader | null = null
  const groups = walkGroups(span)
  for (;;) {
    const step = await groups.next()
    if (step.done) return { ...step.value, groups: count, lastPlace, lastGroup }
    const { place, earliest, latest, isVoid } = step.value
    samples.add(place, earliest, latest)
    count += 1
    lastPlace = place
    if (!isVoid) lastGroup = step.value
  }
}

async function lastTimeIn(path: string, base: Place, group: GroupHeader): Promise<number> {
  const buffer = Buffer.allocUnsafe(group.length)
  await withFile(path, 'r', (file) => readAt(file, buffer, buffer.length, group.place - base))
  return lastTimeOf({ ...group, buffer, at: 0 })
}

/** Is the last segment without its header, and without anything else? */
export async function unbornSegment(
  folder: string,
  base: Place | undefined,
): Promise<Survey['unborn']> {
  if (base === undefined) return null
  const path = segmentPath(folder, base)
  const bytes = await withFile(path, 'r', fileBytes)
  const isBare = bytes <= SEGMENT_HEADER_BYTES
  return isBare && typeof (await readSegmentHeader(path)) === 'string' ? { base, bytes } : null
}
