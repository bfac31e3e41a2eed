import fs from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { batch } from '../../../src/engines/conformance/subject.ts'
import { CheckpointFiles } from '../../../src/engines/embedded/index/checkpoint-files.ts'
import { copyOf, newFolder, opened, Records } from './subject.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('is begun by itself, after so many entries', async () => {
  const folder = newFolder()
  const index = await opened(folder, { checkpointEntries: 100 })
  const records = new Records()
  for (let i = 0; i < 9; i++) index.apply(records.add(batch(1, new Array(11).fill(2))))
  expect(new CheckpointFiles(folder).numbers()).toEqual([])
  index.apply(records.add(batch(1, [2])))
  await vi.waitFor(() => expect(index.work.checkpoints).toBe(1))
  expect((await opened(copyOf(folder))).place).toBe(index.place)
})

test('is begun by itself only after as many entries as there are conversations', async () => {
  const index = await opened(newFolder(), { checkpointEntries: 10 })
  const records = new Records()
  const strangers = (first: number) => Array.from({ length: 1000 }, (_, i) => first + i)
  index.apply(records.add(batch(1, strangers(2))))
  await vi.waitFor(() => expect(index.work.checkpoints).toBe(1))
  index.apply(records.add(batch(1, strangers(2).slice(1))))
  expect(await checkpointsOf(index)).toBe(1)
  index.apply(records.add(batch(1, [2])))
  await vi.waitFor(() => expect(index.work.checkpoints).toBe(2))
})

/** Those that are there, and the one that is under way. */
async function checkpointsOf(index: { work: { checkpoints: number }; close(): Promise<void> }) {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
  return index.work.checkpoints
}

test('is never written twice at once, and whoever asks gets one that is begun afterwards', async () => {
  const folder = newFolder()
  const index = await opened(folder)
  const records = new Records()
  index.apply(records.add(batch(1, [2])))
  const first = index.checkpoint()
  const { place } = index
  index.apply(records.add(batch(1, [2])))
  const others = [index.checkpoint(), index.checkpoint()]
  await first
  expect(index.work.checkpoints).toBe(1)
  expect((await opened(copyOf(folder))).place).toBe(place)
  await Promise.all(others)
  expect(index.work.checkpoints).toBe(2)
  expect((await opened(copyOf(folder))).place).toBe(index.place)
})

test('two are kept', async () => {
  const folder = newFolder()
  const index = await opened(folder)
  for (let i = 0; i < 5; i++) await index.checkpoint()
  expect(fs.readdirSync(folder).sort()).toEqual([
    'blocks',
    'checkpoint-4.header',
    'checkpoint-4.slots',
    'checkpoint-5.header',
    'checkpoint-5.slots',
  ])
})

test('that fails is reported, leaves no trace, and the next one is tried in its turn', async () => {
  const folder = newFolder()
  const failures: unknown[] = []
  const index = await opened(folder, {
    checkpointEntries: 5,
    onCheckpointFailed: (error) => failures.push(error),
  })
  const records = new Records()
  vi.spyOn(fs, 'fdatasync').mockImplementationOnce((_, done) => {
    setImmediate(done, new Error('EIO: i/o error'))
  })
  index.apply(records.add(batch(1, [2, 3, 4, 5, 6])))
  await vi.waitFor(() => expect(failures).toHaveLength(1))
  expect(fs.readdirSync(folder)).toEqual(['blocks'])
  expect(index.unread(6, 1)).toBe(1)

  // What a failed sync should have made durable may be gone: nothing after it is believed either.
  await expect(index.checkpoint()).rejects.toThrow('EIO')
  expect(fs.readdirSync(folder)).toEqual(['blocks'])
  expect((await opened(copyOf(folder))).place).toBe(0)
})

test('keeps what is counted, read and delivered, and the chains', async () => {
  const folder = newFolder()
  const index = await opened(folder)
  const records = new Records()
  // More conversations than a slice has, and accounts in two chunks.
  const strangers = Array.from({ length: 4000 }, (_, i) => 30_000 + i)
  for (let i = 0; i < 20; i++) index.apply(records.add(batch(1 + (i % 2), strangers)))
  const marks = { type: 'delivered' as const, accounts: Uint32Array.of(1, 33_000) }
  index.apply(records.add({ ...marks, upTo: Float64Array.of(5, 7) }))
  await index.checkpoint()
  const again = await opened(copyOf(folder))
  for (const account of [1, 2, 30_000, 32_767, 32_768, 33_999]) {
    expect(again.totals(account)).toEqual(index.totals(account))
    expect(again.unread(account, 1)).toBe(index.unread(account, 1))
    const page = { before: Number.MAX_SAFE_INTEGER, limit: 10_000 }
    expect(await again.conversations(account, page)).toEqual(
      await index.conversations(account, page),
    )
  }
  expect(again.delivered(33_000)).toBe(7)
  expect(again.delivered(1)).toBe(5)
  expect(again.delivered(2)).toBe(0)
  expect(again.size().copies).toBe(80_000)
})
