import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Batch } from '../../../src/domain/batch.ts'
import type { Place } from '../../../src/domain/place.ts'
import type { JournalRecord, Stored } from '../../../src/domain/record.ts'
import {
  type EmbeddedJournal,
  type JournalOptions,
  openJournal,
} from '../../../src/engines/embedded/journal/journal.ts'
import type { Journal } from '../../../src/engines/journal.ts'

/** A folder that is gone when the test is finished. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-journal-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A copy of a folder, for doing something bad to. */
export function copyOf(folder: string): string {
  const copy = newFolder()
  cpSync(folder, copy, { recursive: true })
  return copy
}

/** Opens a journal, closed when the test is finished. A fatal error that the test does not expect fails it. */
export async function opened(
  folder: string,
  options: Partial<JournalOptions> = {},
): Promise<EmbeddedJournal> {
  const fatal: unknown[] = []
  const journal = await openJournal({
    folder,
    segmentBytes: 1024 * 1024,
    onFatal: (error) => fatal.push(error),
    ...options,
  })
  onTestFinished(async () => {
    await journal.close()
    if (fatal.length > 0) throw fatal[0]
  })
  return journal
}

export function message(text: string, recipients: readonly number[] = [2]): Batch {
  return {
    type: 'batch',
    sender: 1,
    recipients: Int32Array.from(recipients),
    failures: [],
    content: { format: 'native', json: JSON.stringify({ text }), text },
    traits: 0,
    lifetimeSeconds: null,
    seq: null,
    random: 0,
    contentCrc: 0,
    push: null,
    variables: null,
    key: null,
    series: null,
  }
}

/** Appends one after another, so that each has a group of its own. */
export async function appendEach(
  journal: Journal,
  records: readonly JournalRecord[],
): Promise<Stored[]> {
  const stored: Stored[] = []
  for (const record of records) stored.push(await journal.append(record))
  return stored
}

/** Appends all at once, so that they share groups. */
export function appendAll(journal: Journal, records: readonly JournalRecord[]): Promise<Stored[]> {
  return Promise.all(records.map((record) => journal.append(record)))
}

export async function replayed(journal: Journal, from: Place = 0): Promise<Stored[]> {
  const records: Stored[] = []
  for await (const group of journal.replay(from)) records.push(...group)
  return records
}

export async function read(journal: Journal, place: Place): Promise<Stored | null> {
  return (await journal.read([place]))[0]!
}

/** The segments' files, oldest first. */
export function segmentFiles(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.journal'))
  return names.sort().map((name) => join(folder, name))
}

/** A seed for this run. CARILLON_SEED repeats one; the test's name shows it. */
export const seed = Number(process.env.CARILLON_SEED ?? Date.now()) % 2 ** 32
