import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DamagedJournal } from '../../../src/engines/embedded/journal/damage.ts'
import {
  appendAll,
  appendEach,
  copyOf,
  message,
  newFolder,
  opened,
  replayed,
  segmentFiles,
} from './subject.ts'

describe('a torn tail', () => {
  test('is cut wherever the last group was torn, and the journal goes on there', async () => {
    const { folder, stored, kept, goodEnd, end } = await threeGroups()
    for (let length = goodEnd; length < end; length += 1) {
      const copy = copyOf(folder)
      truncateSync(segmentFiles(copy)[0]!, length)

      const journal = await opened(copy)
      const cut = { cutBytes: length - goodEnd, cutAt: length === goodEnd ? null : goodEnd }
      expect(journal.opened).toEqual(cut)
      expect(journal.end).toBe(goodEnd)
      expect(await replayed(journal)).toEqual(stored.slice(0, kept))

      const [next] = await appendEach(journal, [message('after')])
      expect(next!.place).toBe(stored[kept]!.place)
      await journal.close()
      const again = await opened(copy)
      expect(again.opened).toEqual({ cutBytes: 0, cutAt: null })
      expect(await replayed(again)).toEqual([...stored.slice(0, kept), next])
      await again.close()
    }
  })

  test('is cut wherever bytes of the last group never arrived', async () => {
    const { folder, stored, kept, goodEnd, end } = await threeGroups()
    const whole = readFileSync(segmentFiles(folder)[0]!)
    for (let from = goodEnd; from < end; from += 8) {
      const copy = copyOf(folder)
      writeFileSync(
        segmentFiles(copy)[0]!,
        Buffer.from(whole).fill(0, from, Math.min(from + 64, end)),
      )
      const journal = await opened(copy)
      expect(journal.opened).toEqual({ cutBytes: end - goodEnd, cutAt: goodEnd })
      expect(await replayed(journal)).toEqual(stored.slice(0, kept))
      await journal.close()
    }
  })

  test('is cut when it is garbage of any length', async () => {
    const { folder, stored, end } = await threeGroups()
    for (const length of [1, 7, 8, 47, 48, 64, 1000, 3_000_000]) {
      const copy = copyOf(folder)
      const file = segmentFiles(copy)[0]!
      appendFileSync(file, Buffer.alloc(length, 0xa7))
      const journal = await opened(copy)
      expect(journal.opened).toEqual({ cutBytes: length, cutAt: end })
      expect(await replayed(journal)).toEqual(stored)
      expect(statSync(file).size).toBe(end)
      await journal.close()
    }
  })

  test('is damage when something else already reflects what it held', async () => {
    const { folder, stored, kept, goodEnd } = await threeGroups()
    const file = segmentFiles(folder)[0]!
    truncateSync(file, goodEnd + 20)

    const knownDurable = stored[kept]!.place + 8
    await expect(opened(folder, { knownDurable })).rejects.toThrow(DamagedJournal)
    expect(statSync(file).size).toBe(goodEnd + 20)
    expect((await opened(folder, { knownDurable: goodEnd })).opened.cutBytes).toBe(20)
  })

  test('is damage when more was written after it', async () => {
    const { folder, goodEnd } = await threeGroups()
    const bytes = readFileSync(segmentFiles(folder)[0]!)
    // The last group is spoilt, and its header is not: what follows came after its sync.
    bytes[bytes.length - 20]! ^= 1
    writeFileSync(segmentFiles(folder)[0]!, Buffer.concat([bytes, Buffer.alloc(16)]))
    await expect(opened(folder)).rejects.toMatchObject({ name: 'DamagedJournal', place: goodEnd })
  })

  test('may be a segment without its header, which is removed', async () => {
    const { folder, stored, end } = await threeGroups()
    const name = `${end.toString(16).padStart(12, '0')}.journal`
    for (const length of [0, 1, 63, 64]) {
      const copy = copyOf(folder)
      writeFileSync(join(copy, name), Buffer.alloc(length))
      const journal = await opened(copy)
      expect(journal.opened).toEqual({ cutBytes: length, cutAt: end })
      expect(segmentFiles(copy)).toHaveLength(1)
      expect(await replayed(journal)).toEqual(stored)
      await appendEach(journal, [message('after')])
      await journal.close()
    }
  })

  test('may be all there is', async () => {
    for (const length of [0, 30, 64]) {
      const folder = newFolder()
      writeFileSync(join(folder, '000000000000.journal'), Buffer.alloc(length))
      const journal = await opened(folder)
      expect(await replayed(journal)).toEqual([])
      expect(await appendEach(journal, [message('first')])).toHaveLength(1)
    }
  })
})

/** Two groups of one record, then one of three, which tests tear. */
async function threeGroups() {
  const folder = newFolder()
  const journal = await opened(folder)
  const first = await appendEach(journal, [message('one'), message('two', [1, 2, 3])])
  const goodEnd = journal.end
  const last = await appendAll(journal, [message('three'), message('four'), message('five')])
  await journal.close()
  return { folder, stored: [...first, ...last], kept: first.length, goodEnd, end: journal.end }
}
