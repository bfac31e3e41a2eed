import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Stored } from '../../../src/domain/record.ts'
import { DamagedJournal } from '../../../src/engines/embedded/journal/damage.ts'
import { Random } from '../../lib/random.ts'
import {
  appendEach,
  copyOf,
  message,
  newFolder,
  opened,
  read,
  replayed,
  seed,
  segmentFiles,
} from './subject.ts'

describe('damage', () => {
  test('in a group before the last keeps the journal shut, and names place, file and remedy', async () => {
    const { folder, stored } = await journalOf(5)
    const file = segmentFiles(folder)[0]!
    const place = stored[2]!.place
    flip(file, place + 20)

    const error = await opened(folder).catch((error) => error)
    expect(error).toBeInstanceOf(DamagedJournal)
    expect(error).toMatchObject({ kind: 'damaged', place: place - 48, file })
    expect(error.message).toContain(`place ${place - 48}`)
    expect(error.message).toContain(file)
    expect(error.message).toContain('carillon repair')
  })

  test('of the header of a group keeps the journal shut', async () => {
    const { folder, stored } = await journalOf(3)
    for (let byte = 0; byte < 48; byte += 1) {
      const copy = copyOf(folder)
      flip(segmentFiles(copy)[0]!, stored[1]!.place - 48 + byte)
      await expect(opened(copy)).rejects.toThrow(DamagedJournal)
    }
  })

  test('in an older segment is met by a replay, and by a read', async () => {
    const { folder, stored } = await journalOf(20, 500)
    flip(segmentFiles(folder)[1]!, 64 + 48 + 30)
    const damaged: number[] = []
    const journal = await opened(folder, {
      segmentBytes: 500,
      onDamage: (place) => damaged.push(place),
    })

    const base = Number.parseInt(segmentFiles(folder)[1]!.slice(-20, -8), 16)
    const lost = stored.find(({ place }) => place > base)!
    await expect(replayed(journal)).rejects.toMatchObject({ place: base + 64 })
    expect(await read(journal, lost.place)).toBeNull()
    expect(damaged).toEqual([base + 64])

    const after = stored[stored.indexOf(lost) + 1]!
    expect(await read(journal, after.place)).toEqual(after)
    expect(await replayed(journal, stored[10]!.place)).toEqual(stored.slice(10))
  })

  test('is a segment that is missing, short, or of another journal', async () => {
    const { folder } = await journalOf(20, 500)
    const { folder: other } = await journalOf(20, 500, 'other')
    const spoil: ((files: string[]) => void)[] = [
      (files) => rmSync(files[0]!),
      (files) => rmSync(files[2]!),
      (files) => truncateSync(files[1]!, 100),
      (files) => truncateSync(files[1]!, 20),
      (files) => flip(files[1]!, 30),
      (files) =>
        writeFileSync(files[1]!, Buffer.concat([readFileSync(files[1]!), Buffer.alloc(8)])),
      (files) => writeFileSync(files[2]!, readFileSync(segmentFiles(other)[2]!)),
      (files) => flip(files.at(-1)!, 30),
    ]
    for (const how of spoil) {
      const copy = copyOf(folder)
      how(segmentFiles(copy))
      await expect(opened(copy, { segmentBytes: 500 }), how.toString()).rejects.toThrow(
        DamagedJournal,
      )
    }
  })

  test('is a last segment that is gone, for who knows what it held', async () => {
    const { folder, stored } = await journalOf(20, 500)
    rmSync(segmentFiles(folder).at(-1)!)
    const knownDurable = stored.at(-1)!.place + 8
    await expect(opened(folder, { knownDurable })).rejects.toThrow(/is gone/)
    await expect(opened(newFolder(), { knownDurable })).rejects.toThrow(/is gone/)
  })

  test('is met in a sample file by making it again', async () => {
    const { folder, stored } = await journalOf(20, 500)
    for (const file of segmentFiles(folder)) {
      const samples = file.replace('.journal', '.samples')
      if (file !== segmentFiles(folder).at(-1)) flip(samples, 40)
    }
    const journal = await opened(folder, { segmentBytes: 500 })
    expect(await replayed(journal, stored[5]!.place)).toEqual(stored.slice(5))
  })

  test(`of any one bit never gives a wrong record (CARILLON_SEED=${seed})`, async () => {
    const random = new Random(seed)
    const { folder, stored } = await journalOf(12, 700)
    const byPlace = new Map(stored.map((one) => [one.place, one]))
    for (let round = 0; round < 300; round += 1) {
      const copy = copyOf(folder)
      const file = random.pick(segmentFiles(copy))
      flip(file, random.below(readFileSync(file).length), random.below(8))
      await noWrongRecord(copy, stored, byPlace)
    }
  })
})

/** Either the journal is refused as damaged, or what it gives is what was stored. */
async function noWrongRecord(folder: string, stored: Stored[], byPlace: Map<number, Stored>) {
  const journal = await opened(folder, { segmentBytes: 700 }).catch((error) => {
    expect(error).toBeInstanceOf(DamagedJournal)
    return null
  })
  if (journal === null) return
  for (const [index, found] of (await journal.read([...byPlace.keys()])).entries()) {
    if (found !== null) expect(found).toEqual(stored[index])
  }
  let index = 0
  try {
    for await (const group of journal.replay(0)) {
      for (const found of group) expect(found).toEqual(stored[index++])
    }
    // Only the last group can be taken for a torn tail.
    expect(index).toBeGreaterThanOrEqual(stored.length - 1)
  } catch (error) {
    expect(error).toBeInstanceOf(DamagedJournal)
  }
  await journal.close()
}

/** Each record in a group of its own. */
async function journalOf(count: number, segmentBytes = 100_000, name = 'message') {
  const folder = newFolder()
  const journal = await opened(folder, { segmentBytes })
  const texts = Array.from({ length: count }, (_, n) => message(`${name} ${n}`))
  const stored = await appendEach(journal, texts)
  await journal.close()
  return { folder, stored }
}

function flip(file: string, at: number, bit = 0): void {
  const bytes = readFileSync(file)
  bytes[at]! ^= 1 << bit
  writeFileSync(file, bytes)
}
