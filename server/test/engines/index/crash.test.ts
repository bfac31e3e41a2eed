/**
 * Checkpoints and crashes at random moments. A crash is a copy of the folder, taken while the index
 * goes on: writes half done, a checkpoint half made. And what nobody had
 * synced may be anything after a power cut: it is cut off or overwritten. The index
 * that opens the copy is given the journal from its place on, and must answer like the model.
 */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batch } from '../../../src/engines/conformance/subject.ts'
import { BLOCK_BYTES } from '../../../src/engines/embedded/index/block.ts'
import { CheckpointFiles } from '../../../src/engines/embedded/index/checkpoint-files.ts'
import { decodeHeader } from '../../../src/engines/embedded/index/checkpoint-header.ts'
import { openMemoryIndex } from '../../../src/engines/memory/index.ts'
import { Random } from '../../lib/random.ts'
import { compare, type Event, event, happen, type Question, question } from './histories.ts'
import { copyOf, newFolder, opened, Records, seed } from './subject.ts'

const numRuns = Number(process.env.CARILLON_RUNS ?? 15)

type Step =
  | { type: 'events'; events: Event[] }
  | { type: 'checkpoint'; during: Event[]; crashAfter: number | null; chance: number }
  | { type: 'crash'; chance: number }
  | { type: 'compare'; question: Question }

const chance = fc.nat({ max: 2 ** 31 - 1 })
const events = fc.array(event, { maxLength: 40, size: 'max' })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('events' as const), events }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('checkpoint' as const),
      during: events,
      crashAfter: fc.option(fc.nat({ max: 30 })),
      chance,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const), chance }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('compare' as const), question }) },
)

test(`a crash at any moment loses and repeats nothing (CARILLON_SEED=${seed})`, {
  timeout: 300_000,
}, async () => {
  const steps = fc.array(step, { minLength: 3, maxLength: 14, size: 'max' })
  await fc.assert(fc.asyncProperty(steps, question, liveThrough), { seed, numRuns })
})

async function liveThrough(steps: Step[], last: Question): Promise<void> {
  const records = new Records()
  const model = openMemoryIndex()
  let folder = newFolder()
  let index = await opened(folder)

  const crash = async (random: Random) => {
    const copy = copyOf(folder)
    spoilWhatWasNotSynced(copy, random)
    await index.close()
    folder = copy
    index = await opened(folder)
    for (const stored of records.from(index.place)) index.apply(stored)
  }

  for (const step of steps) {
    switch (step.type) {
      case 'events':
        for (const one of step.events) happen(one, records, index, model)
        break
      case 'checkpoint': {
        const checkpoint = index.checkpoint()
        checkpoint.catch(() => {})
        let crashed = false
        for (const [i, one] of step.during.entries()) {
          if (i === step.crashAfter) {
            await crash(new Random(step.chance))
            crashed = true
          }
          happen(one, records, index, model)
          await turn()
        }
        if (!crashed) await checkpoint
        break
      }
      case 'crash':
        await crash(new Random(step.chance))
        break
      case 'compare':
        await compare(index, model, records, step.question)
    }
  }
  await crash(new Random(1))
  await compare(index, model, records, last)
  await index.close()
}

/** Blocks after the ones that a checkpoint names, and slots that no header names. */
function spoilWhatWasNotSynced(folder: string, random: Random): void {
  const files = new CheckpointFiles(folder)
  const headers = files.numbers().map((number) => {
    const name = files.header(number)
    return decodeHeader(readFileSync(name), name)
  })
  const synced = Math.max(1, ...headers.map(({ blocksEnd }) => blocksEnd)) * BLOCK_BYTES
  spoil(files.blocks, synced, random)
  const next = files.slots((files.numbers()[0] ?? 0) + 1)
  if (random.below(2) === 0) rmSync(next, { force: true })
  else spoil(next, 0, random)
}

/** From a byte on, a file is cut off, or holds anything. */
function spoil(path: string, from: number, random: Random): void {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return
  }
  if (bytes.length <= from) return
  const at = from + random.below(bytes.length - from)
  if (random.below(2) === 0) {
    truncateSync(path, at)
    return
  }
  for (let i = at; i < bytes.length; i++) bytes[i] = random.below(256)
  writeFileSync(path, bytes)
}

test('a checkpoint that is under way when the index closes is given up without a trace', async () => {
  const folder = newFolder()
  const index = await opened(folder)
  index.apply(new Records().add(batch(1, [2])))
  const checkpoint = index.checkpoint()
  const refused = expect(checkpoint).rejects.toMatchObject({ kind: 'stopping' })
  await index.close()
  await refused
  expect(new CheckpointFiles(folder).numbers()).toEqual([])
  expect((await opened(folder)).place).toBe(0)
})
