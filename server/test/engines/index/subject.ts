import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Fault } from '../../../src/domain/errors.ts'
import type { Place } from '../../../src/domain/place.ts'
import type { JournalRecord, Stored } from '../../../src/domain/record.ts'
import {
  type EmbeddedIndex,
  type IndexOptions,
  openIndex,
} from '../../../src/engines/embedded/index/open-index.ts'
import type { Difference, Index } from '../../../src/engines/index.ts'

/** A seed for this run. CARILLON_SEED repeats one; the test's name shows it. */
export const seed = Number(process.env.CARILLON_SEED ?? Date.now()) % 2 ** 31

/** A folder that is gone when the test is finished. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-index-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a crash would leave at this moment. */
export function copyOf(folder: string): string {
  const copy = newFolder()
  cpSync(folder, copy, { recursive: true })
  return copy
}

/**
 * An index whose blocks go to disk soon. It is closed when the test is finished; damage that the
 * test does not expect fails it.
 */
export async function opened(
  folder: string,
  options: Partial<IndexOptions> = {},
): Promise<EmbeddedIndex> {
  const damage: Fault[] = []
  const index = await openIndex({
    folder,
    checkpointEntries: Number.POSITIVE_INFINITY,
    onDamage: (fault) => damage.push(fault),
    onCheckpointFailed: (error) => {
      throw error
    },
    extentBlocks: 4,
    ...options,
  })
  onTestFinished(async () => {
    await index.close()
    if (damage.length > 0) throw damage[0]
  })
  return index
}

/** A journal in memory: gives records their places, and gives them again. */
export class Records {
  readonly all: Stored[] = []
  #next: Place

  constructor(first: Place = 112) {
    this.#next = first
  }

  add(record: JournalRecord, step = 8): Stored {
    const stored = { place: this.#next, time: 0, record }
    this.#next += step
    this.all.push(stored)
    return stored
  }

  from(place: Place): Stored[] {
    return this.all.filter((stored) => stored.place >= place)
  }
}

export async function differences(index: Index): Promise<Difference[]> {
  const found: Difference[] = []
  for await (const difference of index.recount()) found.push(difference)
  return found
}
