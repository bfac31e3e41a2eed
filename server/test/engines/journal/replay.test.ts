import { describe, expect, test } from 'vitest'
import type { Stored } from '../../../src/domain/record.ts'
import { Random } from '../../lib/random.ts'
import { appendAll, appendEach, message, newFolder, opened, replayed, seed } from './subject.ts'

describe('a replay', () => {
  test(`begins at any place, over groups and segments of any size (CARILLON_SEED=${seed})`, async () => {
    const random = new Random(seed)
    const folder = newFolder()
    const options = { segmentBytes: 200_000 }
    const journal = await opened(folder, options)
    const stored: Stored[] = []
    for (let round = 0; round < 60; round += 1) {
      const records = Array.from({ length: 1 + random.below(20) }, () =>
        message('x'.repeat(random.below(random.pick([10, 300, 20_000])))),
      )
      stored.push(...(await appendAll(journal, records)))
    }
    await journal.close()

    const again = await opened(folder, options)
    expect(await replayed(again)).toEqual(stored)
    for (let round = 0; round < 30; round += 1) {
      const index = random.below(stored.length)
      const { place } = stored[index]!
      expect(await replayed(again, place)).toEqual(stored.slice(index))
      // Others keep the place after the record that they applied last.
      expect(await replayed(again, place + 8)).toEqual(stored.slice(index + 1))
    }
    expect(await replayed(again, again.end)).toEqual([])
  })

  test('reads groups that are longer than a read', async () => {
    const folder = newFolder()
    const journal = await opened(folder, { segmentBytes: 2 ** 26 })
    const lengths = [10, 3_000_000, 700_000, 700_000, 10, 5_000_000, 1_100_000, 10]
    const records = lengths.map((length) => message('x'.repeat(length)))
    const stored = [...(await appendEach(journal, records)), ...(await appendAll(journal, records))]
    expect(await replayed(journal)).toEqual(stored)
    await journal.close()
    const again = await opened(folder, { segmentBytes: 2 ** 26 })
    for (const [index, { place }] of stored.entries()) {
      expect(await replayed(again, place)).toEqual(stored.slice(index))
    }
  })

  test('goes on to what is appended while it runs, and ends at the end', async () => {
    const journal = await opened(newFolder(), { segmentBytes: 2000 })
    const stored = await appendEach(journal, texts(30))
    const found: Stored[] = []
    for await (const group of journal.replay(0)) {
      found.push(...group)
      if (found.length <= 40) stored.push(await journal.append(message(`late ${found.length}`)))
    }
    expect(stored).toHaveLength(70)
    expect(found).toEqual(stored)
  })

  test('gives the thread to others on the way', async () => {
    const journal = await opened(newFolder(), { segmentBytes: 2 ** 26 })
    await appendAll(
      journal,
      Array.from({ length: 2000 }, () => message('x'.repeat(1000))),
    )
    let turns = 0
    const timer = setInterval(() => (turns += 1), 0)
    const count = () => (turns += 1)
    let immediate = setImmediate(function again() {
      count()
      immediate = setImmediate(again)
    })
    await replayed(journal)
    clearInterval(timer)
    clearImmediate(immediate)
    // 4 MB in pieces of 256 KiB.
    expect(turns).toBeGreaterThanOrEqual(10)
  })

  test('may be broken off, or run beside another', async () => {
    const journal = await opened(newFolder(), { segmentBytes: 3000 })
    const stored = await appendEach(journal, texts(40))
    for (let stop = 1; stop < 40; stop += 7) {
      const found: Stored[] = []
      for await (const group of journal.replay(0)) {
        found.push(...group)
        if (found.length >= stop) break
      }
      expect(found).toEqual(stored.slice(0, found.length))
    }
    const [one, two] = await Promise.all([replayed(journal), replayed(journal, stored[20]!.place)])
    expect(one).toEqual(stored)
    expect(two).toEqual(stored.slice(20))
  })

  test('refuses a place that cannot be, and ends when the journal is closed', async () => {
    const journal = await opened(newFolder(), { segmentBytes: 2000 })
    await appendEach(journal, texts(30))
    for (const place of [-8, journal.end + 8, Number.NaN]) {
      await expect(replayed(journal, place)).rejects.toThrow(/cannot replay from/)
    }
    const groups = journal.replay(0)[Symbol.asyncIterator]()
    await groups.next()
    await journal.close()
    await expect(groups.next()).rejects.toMatchObject({ kind: 'stopping' })
  })
})

function texts(count: number) {
  return Array.from({ length: count }, (_, n) => message(`message ${n}`))
}
