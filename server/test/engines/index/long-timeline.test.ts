/**
 * 100,000 copies in one conversation: nothing that is asked of it walks through it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { END, type Position, positionOf } from '../../../src/domain/place.ts'
import { batch, read } from '../../../src/engines/conformance/subject.ts'
import type { EmbeddedIndex } from '../../../src/engines/embedded/index/open-index.ts'
import { openIndex } from '../../../src/engines/embedded/index/open-index.ts'
import { Random } from '../../lib/random.ts'
import { Records, seed } from './subject.ts'

const COPIES = 100_000
/** 9 + 8 × log8(blocks), as chain.ts says. */
const READS_MAX = 9 + Math.ceil(8 * (Math.log(COPIES / 8) / Math.log(8)))

let index: EmbeddedIndex
const records = new Records()
const positions: Position[] = []

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-index-'))
  const options = { folder, checkpointEntries: 1e9, extentBlocks: 64, onDamage: refuse }
  index = await openIndex(options)
  for (let i = 0; i < COPIES; i += 100) {
    const stored = records.add(batch(1, new Array(100).fill(2)), 8 * (1 + (i % 7)))
    for (let ordinal = 0; ordinal < 100; ordinal++)
      positions.push(positionOf(stored.place, ordinal))
    index.apply(stored)
  }
  await index.checkpoint()
  await index.close()
  index = await openIndex(options)
  return async () => {
    await index.close()
    rmSync(folder, { recursive: true })
  }
})

function refuse(fault: Error): never {
  throw fault
}

/** How many blocks something reads from disk. */
async function reads(task: () => Promise<unknown>): Promise<number> {
  const before = index.work.blockReads
  await task()
  return index.work.blockReads - before
}

test(`any page is found in O(log n) reads (CARILLON_SEED=${seed})`, async () => {
  const random = new Random(seed)
  const counts: number[] = []
  for (let i = 0; i < 200; i++) {
    const at = random.below(COPIES - 30)
    const newest = { after: 0, before: positions[at + 20]!, limit: 20, order: 'newest' as const }
    const oldest = { after: positions[at]!, before: END, limit: 20, order: 'oldest' as const }
    counts.push(
      await reads(async () => {
        const page = await index.timeline(2, 1, newest)
        expect(page.map(({ position }) => position)).toEqual(
          positions.slice(at, at + 20).toReversed(),
        )
      }),
      // The search for the beginning, and that for the end.
      (await reads(async () => {
        const page = await index.timeline(2, 1, oldest)
        expect(page.map(({ position }) => position)).toEqual(positions.slice(at + 1, at + 21))
      })) / 2,
      (await reads(async () => {
        const missed = await index.missed(2, positions[at]!, 20)
        expect(missed.map(({ position }) => position)).toEqual(positions.slice(at + 1, at + 21))
      })) / 2,
    )
  }
  const pageBlocks = 4
  expect(Math.max(...counts)).toBeLessThanOrEqual(READS_MAX + pageBlocks)
  expect(await reads(() => index.timeline(2, 1, page(END)))).toBeLessThanOrEqual(3)
  expect(await reads(() => index.timeline(2, 1, page(positions[0]!)))).toBeLessThanOrEqual(
    READS_MAX,
  )
})

const page = (before: Position) => ({ after: 0, before, limit: 20, order: 'newest' as const })

test('a mark in the past is exact, and found in O(log n) reads', async () => {
  let last = records.all.at(-1)!.place
  for (const part of [0.001, 0.2, 0.5, 0.50001, 0.9, 0.99999]) {
    const upTo = positions[Math.floor(part * COPIES)]!
    const count = await reads(async () => {
      index.apply({ place: (last += 8), time: 0, record: read(2, 1, upTo) })
    })
    expect(count).toBeLessThanOrEqual(READS_MAX)
    const unread = COPIES - 1 - Math.floor(part * COPIES)
    expect(index.unread(2, 1)).toBe(unread)
    expect(index.totals(2)).toEqual({ unread, badge: unread })
  }
})

test('the whole timeline is right, both ways', async () => {
  const all = await index.timeline(1, 2, { after: 0, before: END, limit: COPIES, order: 'oldest' })
  expect(all.map(({ position }) => position)).toEqual(positions)
  const back = await index.timeline(1, 2, { after: 0, before: END, limit: COPIES, order: 'newest' })
  expect(back.map(({ position }) => position)).toEqual(positions.toReversed())
  expect(await Array.fromAsync(index.recount())).toEqual([])
})
