/**
 * Wrong bytes in the files of an index. Whichever they are, no answer is ever wrong: an older
 * checkpoint is used, or none, or the question fails and says why.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../../src/domain/errors.ts'
import type { Place } from '../../../src/domain/place.ts'
import type { JournalRecord } from '../../../src/domain/record.ts'
import { batch, conversation, overlay, read } from '../../../src/engines/conformance/subject.ts'
import { BLOCK_BYTES } from '../../../src/engines/embedded/index/block.ts'
import { CheckpointFiles } from '../../../src/engines/embedded/index/checkpoint-files.ts'
import { decodeHeader } from '../../../src/engines/embedded/index/checkpoint-header.ts'
import { type EmbeddedIndex, openIndex } from '../../../src/engines/embedded/index/open-index.ts'
import type { Index } from '../../../src/engines/index.ts'
import { openMemoryIndex } from '../../../src/engines/memory/index.ts'
import { Random } from '../../lib/random.ts'
import { compare } from './histories.ts'
import { copyOf, newFolder, Records, seed } from './subject.ts'

/** Two checkpoints and something after them, made once. */
let folder: string
let records: Records
let model: Index
/** Where the older and the newer checkpoint began. */
let places: [Place, Place]

beforeEach(async () => {
  folder = newFolder()
  records = new Records()
  model = openMemoryIndex()
  const index = await openIndex({ ...quiet, folder })
  const happen = (record: JournalRecord) => {
    const stored = records.add(record)
    index.apply(stored)
    model.apply(stored)
    return stored.place
  }
  const write = (upTo: number) => {
    happen(conversation([-1, 0], {}, [1, 2, 40_000]))
    for (let i = 0; i < upTo; i++) {
      const record = batch(1 + (i % 3), [2, 3, 2, 1, 40_000, -1])
      const place = happen(record)
      if (i % 4 === 3) happen(overlay({ place, record }, [0, 4, 5]))
    }
  }
  write(40)
  await index.checkpoint()
  const older = index.place
  write(20)
  await index.checkpoint()
  places = [older, index.place]
  write(3)
  await index.close()
})

const quiet = {
  checkpointEntries: Number.POSITIVE_INFINITY,
  extentBlocks: 4,
  onDamage: (fault: Fault) => {
    throw fault
  },
}

/** Opens a folder and hands the index to a task, with what it reported. */
async function use(
  folder: string,
  task: (index: EmbeddedIndex, damage: Fault[]) => Promise<void> | void,
): Promise<void> {
  const damage: Fault[] = []
  const index = await openIndex({ ...quiet, folder, onDamage: (fault) => damage.push(fault) })
  try {
    await task(index, damage)
  } finally {
    await index.close()
  }
}

async function catchUpAndCompare(index: EmbeddedIndex): Promise<void> {
  for (const stored of records.from(index.place)) index.apply(stored)
  await compare(index, model, records, { points: ['start', 'end'], limit: 1000 })
}

function flipBit(path: string, bit: number): void {
  const bytes = readFileSync(path)
  bytes[bit >>> 3]! ^= 1 << (bit & 7)
  writeFileSync(path, bytes)
}

/** Any bit of a file. */
function flipAnyBit(path: string, random: Random): void {
  flipBit(path, random.below(statSync(path).size * 8))
}

describe(`of a checkpoint (CARILLON_SEED=${seed})`, () => {
  const random = new Random(seed)

  test('nothing is wrong without any', async () => {
    await use(folder, async (index, damage) => {
      expect(index.place).toBe(places[1])
      await catchUpAndCompare(index)
      expect(damage).toEqual([])
    })
  })

  test.each(['header', 'slots'] as const)(
    'one bit of the newer %s: the older is used',
    async (part) => {
      for (let i = 0; i < 20; i++) {
        const copy = copyOf(folder)
        flipAnyBit(new CheckpointFiles(copy)[part](2), random)
        await use(copy, async (index, damage) => {
          expect(index.place).toBe(places[0])
          expect(damage.map(({ kind }) => kind)).toEqual(['damaged'])
          await catchUpAndCompare(index)
        })
        expect(new CheckpointFiles(copy).numbers()).toEqual([1])
      }
    },
  )

  test.each(['header', 'slots'] as const)(
    'the newer %s cut off anywhere: the older is used',
    async (part) => {
      for (let i = 0; i < 10; i++) {
        const copy = copyOf(folder)
        const path = new CheckpointFiles(copy)[part](2)
        const bytes = readFileSync(path)
        writeFileSync(path, bytes.subarray(0, random.below(bytes.length)))
        await use(copy, async (index, damage) => {
          expect(index.place).toBe(places[0])
          expect(damage).toHaveLength(1)
          await catchUpAndCompare(index)
        })
      }
    },
  )

  test('both: everything is made again from the journal', async () => {
    const files = new CheckpointFiles(copyOf(folder))
    flipAnyBit(files.slots(1), random)
    flipAnyBit(files.header(2), random)
    await use(files.folder, async (index, damage) => {
      expect(index.place).toBe(0)
      expect(damage).toHaveLength(2)
      await catchUpAndCompare(index)
      await index.checkpoint()
    })
    await use(files.folder, async (index, damage) => {
      expect(damage).toEqual([])
      await catchUpAndCompare(index)
    })
  })

  test('slots that are missing: the older is used', async () => {
    const files = new CheckpointFiles(copyOf(folder))
    rmSync(files.slots(2))
    await use(files.folder, async (index, damage) => {
      expect(index.place).toBe(places[0])
      expect(damage[0]!.message).toMatch(/checkpoint-2.*no such file/)
      await catchUpAndCompare(index)
    })
  })

  test('one that belongs to a longer journal is not used', async () => {
    const copy = copyOf(folder)
    const damage: Fault[] = []
    const index = await openIndex({
      ...quiet,
      folder: copy,
      journalEnd: places[1] - 8,
      onDamage: (fault) => damage.push(fault),
    })
    expect(index.place).toBe(places[0])
    expect(damage[0]!.message).toMatch(/reaches to place \d+, while the journal ends at \d+/)
    await index.close()
  })

  test('one of another format is not used', async () => {
    const files = new CheckpointFiles(copyOf(folder))
    const header = readFileSync(files.header(2))
    header.writeUInt32LE(99, 4)
    header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4)
    writeFileSync(files.header(2), header)
    await use(files.folder, async (index, damage) => {
      expect(index.place).toBe(places[0])
      expect(damage[0]!.message).toMatch(/format 99, not 2/)
      await catchUpAndCompare(index)
    })
  })
})

describe(`of the blocks (CARILLON_SEED=${seed})`, () => {
  const random = new Random(seed)

  test('one bit is noticed by whoever reads the block, and by nobody else', async () => {
    const header = new CheckpointFiles(folder).header(2)
    const end = decodeHeader(readFileSync(header), header).blocksEnd
    for (let i = 0; i < 30; i++) {
      const copy = copyOf(folder)
      const path = join(copy, 'blocks')
      flipBit(path, 8 * BLOCK_BYTES + random.below(8 * BLOCK_BYTES * (end - 1)))
      await use(copy, async (index, damage) => {
        expect(index.place).toBe(places[1])
        for (const account of [1, 2, 3, 40_000]) {
          expect(index.totals(account).unread).toBeGreaterThan(0)
          for (const peer of [1, 2, 3, -1]) {
            const page = { after: 0, before: records.from(places[1])[0]!.place * 512, limit: 1000 }
            const asked = index.timeline(account, peer, { ...page, order: 'newest' })
            const right = await model.timeline(account, peer, { ...page, order: 'newest' })
            const seen = await asked.catch((error: Fault) => error)
            if (seen instanceof Error) {
              expect(seen).toMatchObject({ kind: 'damaged' })
              expect(damage).toContain(seen)
            } else {
              expect(seen).toEqual(right)
            }
          }
        }
        expect(damage.length).toBeGreaterThan(0)
        expect(damage[0]!.message).toMatch(
          /block \d+ of the index \(conversation \d+, number \d+\)/,
        )
      })
    }
  })

  test('a recount says so', async () => {
    const copy = copyOf(folder)
    flipBit(join(copy, 'blocks'), 8 * (BLOCK_BYTES + 40))
    await use(copy, async (index, damage) => {
      await expect(Array.fromAsync(index.recount())).rejects.toMatchObject({ kind: 'damaged' })
      expect(damage).toHaveLength(1)
    })
  })

  test('met by a record: the index is broken, and made again at the next start', async () => {
    const copy = copyOf(folder)
    const path = join(copy, 'blocks')
    for (let address = 1; address < statSync(path).size / BLOCK_BYTES; address++) {
      flipBit(path, 8 * (address * BLOCK_BYTES + 40))
    }
    await use(copy, async (index, damage) => {
      const past = records.all[5]!.place * 512
      const stored = { place: records.all.at(-1)!.place + 8, time: 0, record: read(2, 1, past) }
      expect(() => index.apply(stored)).toThrow(/checksum/)
      expect(damage).toHaveLength(1)
      expect(existsSync(join(copy, 'rebuild'))).toBe(true)
      expect(() => index.apply(stored)).toThrow(/checksum/)
      await expect(index.checkpoint()).rejects.toThrow(/checksum/)
    })
    await use(copy, async (index, damage) => {
      expect(index.place).toBe(0)
      expect(damage).toEqual([])
      expect(existsSync(join(copy, 'rebuild'))).toBe(false)
      await catchUpAndCompare(index)
    })
  })

  test.each([
    ['missing', (path: string) => rmSync(path)],
    ['too short', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, -1000))],
    ['of another index', (path: string) => flipBit(path, 33)],
  ])('a file that is %s is as good as none', async (_, spoil) => {
    const copy = copyOf(folder)
    const path = join(copy, 'blocks')
    spoil(path)
    await use(copy, async (index, damage) => {
      expect(damage.length).toBeGreaterThan(0)
      await catchUpAndCompare(index)
    })
  })
})
