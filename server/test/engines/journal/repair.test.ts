import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Stored } from '../../../src/domain/record.ts'
import { repair } from '../../../src/engines/embedded/journal/repair.ts'
import { Random } from '../../lib/random.ts'
import {
  appendAll,
  appendEach,
  copyOf,
  message,
  newFolder,
  opened,
  replayed,
  seed,
  segmentFiles,
} from './subject.ts'

const segmentBytes = 3000

describe('repair', () => {
  test('finds nothing in a journal that is whole, and changes nothing', async () => {
    const { folder } = await journalOf(30)
    const before = segmentFiles(folder).map((file) => readFileSync(file))
    const report = await repair(folder, { write: true })
    expect(report).toMatchObject({ groups: 30, damaged: [], tornTail: null, isWritten: false })
    expect(report.segments).toBe(segmentFiles(folder).length)
    expect(segmentFiles(folder).map((file) => readFileSync(file))).toEqual(before)
  })

  test('finds nothing in an empty folder', async () => {
    expect(await repair(newFolder(), { write: true })).toMatchObject({ segments: 0, damaged: [] })
  })

  test('lists what a damaged group held, and cuts it out', async () => {
    const folder = newFolder()
    const journal = await opened(folder)
    const first = await appendEach(journal, [message('one')])
    const middle = await appendAll(journal, [
      message('two', [4, 5, 6]),
      {
        type: 'accounts',
        accounts: [
          { number: 1, id: 'alice', nick: null, avatarUrl: null, attributes: null },
          { number: 2, id: 'bob', nick: 'Bob', avatarUrl: null, attributes: '{"a":1}' },
        ],
      },
      { type: 'read', reader: 1, peer: 2, upTo: null },
      message('three'),
    ])
    const last = await appendEach(journal, [message('four'), message('five')])
    await journal.close()
    const file = segmentFiles(folder)[0]!
    flip(file, middle[3]!.place + 40)

    const place = middle[0]!.place - 48
    const found = await repair(folder, { write: false })
    expect(found).toMatchObject({ groups: 3, isWritten: false, tornTail: null })
    expect(found.damaged).toMatchObject([
      {
        place,
        file,
        bytes: last[0]!.place - 48 - place,
        records: [
          { place: middle[0]!.place, held: { type: 'batch', sender: 1, recipients: 3 } },
          { place: middle[1]!.place, held: { type: 'accounts', ids: ['alice', 'bob'] } },
          { place: middle[2]!.place, held: { type: 'read', reader: 1, peer: 2 } },
        ],
      },
    ])
    await expect(opened(folder)).rejects.toThrow(/damaged/)

    const size = statSync(file).size
    const cut = await repair(folder, { write: true })
    expect(cut).toEqual({ ...found, isWritten: true })
    expect(statSync(file).size).toBe(size)
    expect((await repair(folder, { write: true })).damaged).toEqual([])

    const damaged: number[] = []
    const again = await opened(folder, { onDamage: (at) => damaged.push(at) })
    expect(await again.read(middle.map((one) => one.place))).toEqual([null, null, null, null])
    expect(damaged).toEqual([])
    expect(await replayed(again)).toEqual([...first, ...last])
    expect(await replayed(again, middle[1]!.place)).toEqual(last)
    const more = await appendEach(again, [message('six')])
    expect(await replayed(again)).toEqual([...first, ...last, ...more])
  })

  test('reports a torn tail and leaves it to the next start', async () => {
    const { folder, stored } = await journalOf(5)
    const file = segmentFiles(folder).at(-1)!
    const size = statSync(file).size
    truncateSync(file, size - 10)
    const report = await repair(folder, { write: true })
    const last = stored.at(-1)!
    expect(report).toMatchObject({
      groups: 4,
      damaged: [],
      tornTail: { place: last.place - 48, file, records: [] },
      isWritten: false,
    })
    expect(report.tornTail!.bytes).toBe(size - 10 - (last.place - 48))
    const journal = await opened(folder, { segmentBytes })
    expect(journal.opened).toEqual({ cutAt: last.place - 48, cutBytes: report.tornTail!.bytes })
  })

  test('takes a torn tail for damage where something else reflects what it held', async () => {
    for (const how of ['cut', 'gone'] as const) {
      const { folder, stored } = await journalOf(5)
      const last = stored.at(-1)!
      const knownDurable = last.place + 8
      truncateSync(segmentFiles(folder).at(-1)!, last.place - 48 + (how === 'cut' ? 60 : 0))
      await expect(opened(folder, { segmentBytes, knownDurable })).rejects.toThrow(/damaged/)

      const report = await repair(folder, { write: true, knownDurable })
      expect(report.damaged).toMatchObject([{ place: last.place - 48 }])
      const journal = await opened(folder, { segmentBytes, knownDurable })
      const [next] = await appendEach(journal, [message('next')])
      expect(next!.place).toBeGreaterThan(last.place)
      expect(await replayed(journal)).toEqual([...stored.slice(0, -1), next])
      await journal.close()
    }
  })

  test('cuts out what stands before a torn tail', async () => {
    const { folder, stored } = await journalOf(5)
    const file = segmentFiles(folder).at(-1)!
    flip(file, stored.at(-1)!.place + 20)
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(20)]))
    await expect(opened(folder, { segmentBytes })).rejects.toThrow(/more was written after it/)

    const report = await repair(folder, { write: true })
    expect(report.damaged).toMatchObject([{ place: stored.at(-1)!.place - 48 }])
    expect(report.tornTail).toMatchObject({ bytes: 20 })
    const journal = await opened(folder, { segmentBytes })
    expect(journal.opened.cutBytes).toBe(20)
    expect(await replayed(journal)).toEqual(stored.slice(0, -1))
  })

  test('mends what is wrong with whole segments', async () => {
    const { folder, stored } = await journalOf(60)
    const { folder: other } = await journalOf(60, 'other')
    const baseOf = (file: string) => Number.parseInt(file.slice(-20, -8), 16)
    const spoil: Record<string, (files: string[]) => void> = {
      'the first is gone': (files) => rmSync(files[0]!),
      'one is gone': (files) => rmSync(files[2]!),
      'two are gone': (files) => [1, 2].map((n) => rmSync(files[n]!)),
      'one is empty': (files) => truncateSync(files[1]!, 0),
      'one has half a header': (files) => truncateSync(files[1]!, 30),
      'one is short': (files) => truncateSync(files[1]!, 700),
      'one is zeros': (files) => writeFileSync(files[1]!, Buffer.alloc(statSync(files[1]!).size)),
      'one is long': (files) =>
        writeFileSync(files[1]!, Buffer.concat([readFileSync(files[1]!), Buffer.alloc(24)])),
      'a header is bad': (files) => flip(files[1]!, 20),
      "the last one's header is bad": (files) => flip(files.at(-1)!, 20),
      'the last group of one is bad': (files) => flip(files[1]!, statSync(files[1]!).size - 20),
      'the first group of one is bad': (files) => flip(files[1]!, 64 + 48 + 20),
      'one is of another journal': (files) =>
        writeFileSync(files[1]!, readFileSync(segmentFiles(other)[1]!)),
      'both sides of a border are bad': (files) => {
        flip(files[1]!, statSync(files[1]!).size - 20)
        flip(files[2]!, 20)
        flip(files[2]!, 64 + 20)
      },
    }
    for (const [what, how] of Object.entries(spoil)) {
      const copy = copyOf(folder)
      how(segmentFiles(copy))
      await expect(openedAndReplayed(copy), what).rejects.toThrow(/damaged/)

      const found = await repair(copy, { write: false })
      expect(found.damaged.length, what).toBeGreaterThan(0)
      await expect(openedAndReplayed(copy), what).rejects.toThrow(/damaged/)
      await repair(copy, { write: true })
      const journal = await opened(copy, { segmentBytes, cacheBytes: 0 })
      const left = await replayed(journal)
      const kept = stored.filter(({ place }) => left.some((one) => one.place === place))
      expect(left, what).toEqual(kept)
      expect(left.length, what).toBeGreaterThan(15)
      expect(journal.end, what).toBe(
        baseOf(segmentFiles(folder).at(-1)!) + statSync(segmentFiles(folder).at(-1)!).size,
      )
      await appendEach(journal, [message('after')])
      await journal.close()
    }
  })

  test('will not touch what cannot be a journal', async () => {
    const { folder } = await journalOf(5)
    writeFileSync(`${folder}/000000000001.journal`, Buffer.alloc(500))
    await expect(repair(folder, { write: true })).rejects.toThrow(/a name that no segment can have/)
  })

  test(`leaves a journal that opens, and nothing wrong in it, whatever befell it (CARILLON_SEED=${seed})`, async () => {
    const random = new Random(seed)
    const { folder, stored } = await journalOf(60)
    for (let round = 0; round < 120; round += 1) {
      const copy = copyOf(folder)
      for (let faults = 1 + random.below(3); faults > 0; faults -= 1) befall(copy, random)
      await repair(copy, { write: true })
      const journal = await opened(copy, { segmentBytes, cacheBytes: 0 })
      const left = await replayed(journal)
      expect(left).toEqual(stored.filter(({ place }) => left.some((one) => one.place === place)))
      const found = await journal.read(stored.map(({ place }) => place))
      for (const [index, one] of found.entries()) expect([null, stored[index]]).toContainEqual(one)
      await journal.close()
    }
  })
})

async function openedAndReplayed(folder: string): Promise<Stored[]> {
  return replayed(await opened(folder, { segmentBytes }))
}

function befall(folder: string, random: Random): void {
  const file = random.pick(segmentFiles(folder))
  const bytes = readFileSync(file)
  const at = random.below(bytes.length)
  const kind = random.below(4)
  if (kind === 0) truncateSync(file, at)
  else if (kind === 1)
    writeFileSync(file, bytes.fill(0, at, Math.min(bytes.length, at + random.below(1000))))
  else if (kind === 2 && segmentFiles(folder).length > 2) rmSync(file)
  else flip(file, at, random.below(8))
}

/** Each record in a group of its own, in several segments. */
async function journalOf(count: number, name = 'message') {
  const folder = newFolder()
  const journal = await opened(folder, { segmentBytes })
  const stored: Stored[] = []
  for (let n = 0; n < count; n += 1) stored.push(await journal.append(message(`${name} ${n}`, [n])))
  await journal.close()
  return { folder, stored }
}

function flip(file: string, at: number, bit = 0): void {
  const bytes = readFileSync(file)
  if (bytes.length === 0) return
  bytes[at]! ^= 1 << bit
  writeFileSync(file, bytes)
}
