import type { Engines } from '../engines.ts'
import { openMemoryDirectory } from './directory.ts'
import { openMemoryIndex } from './index.ts'
import { openMemoryJournal } from './journal.ts'

/**
 * The naive engines: everything in arrays, nothing on disk, every answer worked out by walking.
 * They are the model that the others are compared with: each line should be obviously right.
 */
export async function openMemoryEngines(options: { now?: () => number } = {}): Promise<Engines> {
  const journal = openMemoryJournal(options.now ?? Date.now)
  const index = openMemoryIndex()
  const directory = openMemoryDirectory()
  const close = () => journal.close()
  return { journal, index, directory, bytesFree: () => Number.POSITIVE_INFINITY, close }
}
