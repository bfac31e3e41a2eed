import fs, { readdirSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { PLACE_MAX } from '../../../src/domain/place.ts'
import type { Stored } from '../../../src/domain/record.ts'
import { RecordCache } from '../../../src/engines/embedded/journal/cache.ts'
import { Random } from '../../lib/random.ts'
import {
  appendAll,
  appendEach,
  message,
  newFolder,
  opened,
  read,
  seed,
  segmentFiles,
} from './subject.ts'

describe('a read', () => {
  test('finds every record, in memory and in the files', async () => {
    const { folder, stored } = await journalOf(200)
    for (const cacheBytes of [0, 10_000, 2 ** 26]) {
      const journal = await opened(folder, { cacheBytes })
      const places = stored.map(({ place }) => place)
      expect(await journal.read(places)).toEqual(stored)
      expect(await journal.read(places.toReversed())).toEqual(stored.toReversed())
      expect(await journal.read([places[3]!, 0, places[3]!])).toEqual([stored[3], null, stored[3]])
      await journal.close()
    }
  })

  test('finds what was just appended without reading a file', async () => {
    const journal = await opened(newFolder())
    const stored = await appendEach(journal, [message('one'), message('two')])
    const reads = countReads()
    expect(await journal.read(stored.map(({ place }) => place))).toEqual(stored)
    expect(reads.count).toBe(0)
  })

  test('reads what lies together at once, once, and then not again', async () => {
    const { folder, stored } = await journalOf(50)
    const journal = await opened(folder)
    const reads = countReads()
    const places = stored.map(({ place }) => place)
    expect(await journal.read([...places, ...places])).toEqual([...stored, ...stored])
    expect(reads.count).toBe(1)
    await journal.read(places)
    expect(reads.count).toBe(1)
  })

  test('takes a second read only for a record that is longer than was guessed', async () => {
    const folder = newFolder()
    const journal = await opened(folder)
    const stored = await appendEach(journal, [message('small'), message('x'.repeat(50_000))])
    await journal.close()

    const again = await opened(folder)
    const reads = countReads()
    expect(await read(again, stored[1]!.place)).toEqual(stored[1])
    expect(reads.count).toBe(2)
    expect(await read(again, stored[0]!.place)).toEqual(stored[0])
    expect(reads.count).toBe(3)
  })

  test('keeps few of many segments open', async () => {
    const folder = newFolder()
    const journal = await opened(folder, { segmentBytes: 300, cacheBytes: 0 })
    const stored = await appendEach(
      journal,
      Array.from({ length: 150 }, (_, n) => message(`message ${n} ${'x'.repeat(60)}`)),
    )
    const segments = segmentFiles(folder).length
    expect(segments).toBeGreaterThan(140)
    // Sample files are written while appends go on, and the last after them.
    await vi.waitFor(() => expect(sampleFiles(folder)).toBe(segments - 1))
    const files = countOpenFiles()
    const places = stored.map(({ place }) => place)
    for (let round = 0; round < 3; round += 1) expect(await journal.read(places)).toEqual(stored)
    expect(files.opened).toBeGreaterThan(300)
    expect(files.opened - files.closed).toBeLessThanOrEqual(64)
    await journal.close()
    // The last segment was opened for writing before the count began.
    expect(files.closed - files.opened).toBe(1)
  })

  test('finds nothing at a place that was made up, and calls nothing damaged', async () => {
    const folder = newFolder()
    const damaged: number[] = []
    const journal = await opened(folder, { segmentBytes: 2000, onDamage: (at) => damaged.push(at) })
    const stored = await appendAll(
      journal,
      Array.from({ length: 40 }, (_, n) => message(`message ${n}`, [n, n + 1, n + 2])),
    )
    const real = new Set(stored.map(({ place }) => place))
    const madeUp = [-8, 0.5, Number.NaN, journal.end, PLACE_MAX, PLACE_MAX * 16, Number.MAX_VALUE]
    for (let place = 0; place < journal.end; place += 1) if (!real.has(place)) madeUp.push(place)
    for (const found of await journal.read(madeUp)) expect(found).toBeNull()
    expect(damaged).toEqual([])
  })

  test(`takes no content for a record (CARILLON_SEED=${seed})`, async () => {
    // Columns that look like the headers of records as much as columns can.
    const random = new Random(seed)
    const journal = await opened(newFolder(), { cacheBytes: 0 })
    const header = [40, 0x12345678, 0x11111111, 0xff010000]
    const recipients = Array.from({ length: 400 }, (_, n) => header[(n + random.below(2)) % 4]!)
    const stored = await journal.append(message('ÿ'.repeat(100), recipients))
    for (let place = stored.place + 8; place < journal.end; place += 8) {
      expect(await read(journal, place)).toBeNull()
    }
    expect(await read(journal, stored.place)).toEqual(stored)
  })

  test('does not find a record that was moved to another place', async () => {
    const { folder, stored } = await journalOf(3)
    const journal = await opened(folder)
    const [a, b, c] = stored.map(({ place }) => place)
    // While the journal is open, as a disk would that mixes up its blocks.
    const file = segmentFiles(folder)[0]!
    const bytes = fs.readFileSync(file)
    bytes.copy(bytes, b!, a!, b!)
    fs.writeFileSync(file, bytes)
    expect(await read(journal, b!)).toBeNull()
    expect(await read(journal, c!)).toEqual(stored[2])
  })

  test('tells of a file that cannot be read, and refuses when it was closed', async () => {
    const { folder, stored } = await journalOf(1)
    const damaged: string[] = []
    const journal = await opened(folder, { onDamage: (_, detail) => damaged.push(detail) })
    const real = fs.read
    onTestFinished(() => {
      fs.read = real
    })
    const broken = Object.assign(new Error('broken medium'), { code: 'EIO' })
    fs.read = ((...args: unknown[]) => (args.at(-1) as (error: Error) => void)(broken)) as never
    expect(await read(journal, stored[0]!.place)).toBeNull()
    expect(damaged).toEqual(['the file could not be read: broken medium'])

    broken.code = 'EMFILE'
    await expect(read(journal, stored[0]!.place)).rejects.toThrow('broken medium')
    fs.read = real
    expect(await read(journal, stored[0]!.place)).toEqual(stored[0])
    await journal.close()
    await expect(read(journal, stored[0]!.place)).rejects.toMatchObject({ kind: 'stopping' })
  })
})

test('the cache keeps what is used, and no more than its bytes', () => {
  const cache = new RecordCache(100_000)
  const stored = (place: number): Stored => ({ place, time: 0, record: message('x'.repeat(100)) })
  cache.add(stored(8))
  for (let n = 2; n < 1000; n += 1) {
    cache.add(stored(n * 8))
    expect(cache.get(8)).toBeDefined()
  }
  let kept = 0
  for (let n = 1; n < 1000; n += 1) if (cache.get(n * 8)) kept += 1
  cache.add({ place: 8000, time: 0, record: { type: 'read', reader: 1, peer: 2, upTo: 3 } })
  expect(cache.get(8000)).toBeUndefined()
  expect(kept).toBeGreaterThan(40)
  expect(kept).toBeLessThan(130)
})

async function journalOf(count: number) {
  const folder = newFolder()
  const journal = await opened(folder)
  const records = Array.from({ length: count }, (_, n) => message(`message ${n}`, [n, n + 1]))
  const stored = await appendAll(journal, records)
  await journal.close()
  return { folder, stored }
}

function sampleFiles(folder: string): number {
  return readdirSync(folder).filter((name) => name.endsWith('.samples')).length
}

function countOpenFiles(): { opened: number; closed: number } {
  const counter = { opened: 0, closed: 0 }
  watch('open', () => (counter.opened += 1))
  watch('close', () => (counter.closed += 1))
  return counter
}

function countReads(): { count: number } {
  const counter = { count: 0 }
  watch('read', () => (counter.count += 1))
  return counter
}

/** Hears of every call of a function of node:fs until the test is finished. */
function watch(name: 'open' | 'close' | 'read', hear: () => void): void {
  const real = fs[name] as (...args: unknown[]) => void
  const watched = (...args: unknown[]) => {
    hear()
    real(...args)
  }
  Object.assign(fs, { [name]: watched })
  onTestFinished(() => void Object.assign(fs, { [name]: real }))
}
