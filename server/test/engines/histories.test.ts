/**
 * Random histories, lived through by the memory engine and the embedded one
 * side by side. Whatever may be asked, both must give the same answers.
 *
 * The embedded one is closed and opened again now and then, or left for dead: what a copy of its
 * folder shows at that moment, groups half written and checkpoints half made, is opened in its place.
 *
 * Their places differ, so positions are compared as (number of the record, ordinal).
 * CARILLON_SEED repeats a run, CARILLON_RUNS makes it longer.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openEmbedded } from '../../src/engines/embedded/open.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import { answers, replayed } from './histories/answers.ts'
import { type Event, type Point, type Step, step } from './histories/events.ts'
import { Witness } from './histories/witness.ts'

const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 2 ** 31)
const numRuns = Number(process.env.CARILLON_RUNS ?? 15)

test(`the memory and the embedded engine live through the same (CARILLON_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
    liveThrough,
  )
  await fc.assert(property, { seed, numRuns, interruptAfterTimeLimit: 60_000 })
})

async function liveThrough(steps: Step[]): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'carillon-histories-'))
  let clock = 1_700_000_000_000
  let folders = 0
  const now = () => clock
  const memory = new Witness(await openMemoryEngines({ now }))
  let embedded = new Witness(await openIn(folder(0)))
  try {
    for (const step of steps) {
      clock += 1000
      if (step.type === 'burst') {
        const [records, same] = [embedded.recordsOf(step.events), memory.recordsOf(step.events)]
        embedded.sees(await embedded.appendAll(records))
        memory.sees(await memory.appendAll(same))
      }
      if (step.type === 'checkpoint') await embedded.engines.index.checkpoint()
      if (step.type === 'close') {
        await embedded.engines.close()
        embedded = new Witness(await openIn(folder(folders)), embedded)
      }
      if (step.type === 'abandon') await abandon(step.events)
      if (step.type === 'compare') await compare(step.points, step.limit)
    }
    await compare(['start', 'end'], 1000)
  } finally {
    await embedded.engines.close().finally(() => rmSync(root, { recursive: true }))
  }

  function folder(n: number): string {
    return join(root, `${n}`)
  }

  /** Dies while these are on their way: any number of them may have become durable, from the first on. */
  async function abandon(events: Event[]): Promise<void> {
    const [records, same] = [embedded.recordsOf(events), memory.recordsOf(events)]
    const dying = embedded.engines
    const checkpoint = dying.index.checkpoint()
    const appends = embedded.appendAll(records)
    if (events.length % 2 === 0) await new Promise(setImmediate)
    folders += 1
    // Nobody may open the lock of a folder that is in use: closing it would give the lock back.
    const filter = (path: string) => !basename(path).startsWith('lock')
    cpSync(folder(folders - 1), folder(folders), { recursive: true, filter })
    await Promise.all([appends, checkpoint])
    await dying.close()

    const known = embedded.records.length
    embedded = new Witness(await openIn(folder(folders)), embedded)
    const survived = (await replayed(embedded.engines, 0)).slice(known)
    expect(survived.map(({ record }) => record)).toEqual(records.slice(0, survived.length))
    embedded.sees(survived)
    memory.sees(await memory.appendAll(same.slice(0, survived.length)))
  }

  async function compare(points: [Point, Point], limit: number): Promise<void> {
    expect(await answers(embedded, points, limit)).toEqual(await answers(memory, points, limit))
  }

  function openIn(folder: string) {
    return openEmbedded({
      folder,
      // So small that segments, checkpoints and spills all happen within a history.
      segmentBytes: 16 * 1024,
      checkpointEntries: 200,
      log: { info() {}, warn: fail, error: fail },
      onFatal: fail,
      now,
    })
  }
}

function fail(...what: unknown[]): never {
  throw new Error(`unexpected: ${what.map(String).join(' ')}`)
}
