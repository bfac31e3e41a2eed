/**
 * What is in the data folder of the embedded engine, and what of it is
 * derived. docs/formats/folder.md says the same for those who keep it.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PLACE_STEP, type Place } from '../../domain/place.ts'
import { ExitError } from '../../lib/exit-codes.ts'
import { DIRECTORY_FILE } from './directory/directory.ts'
import { CheckpointFiles } from './index/checkpoint-files.ts'
import { decodeHeader } from './index/checkpoint-header.ts'

export interface Folder {
  root: string
  /** The truth: segments. */
  journal: string
  /** Derived: checkpoints and blocks. */
  index: string
  /** Derived: the SQLite file. */
  directory: string
  /** While this file exists, nothing derived is to be trusted. */
  rebuild: string
}

export function folderAt(root: string): Folder {
  return {
    root,
    journal: join(root, 'journal'),
    index: join(root, 'index'),
    directory: join(root, DIRECTORY_FILE),
    rebuild: join(root, 'rebuild'),
  }
}

/** Makes the folder if it is missing. What is written there is for its owner alone. */
export function createFolder(root: string): void {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
  } catch (error) {
    const { message } = error as Error
    const name = `the data folder ${resolve(root)}`
    throw new ExitError('cannotCreate', `${name} cannot be created: ${message}`, error)
  }
}

export function mustRebuild({ rebuild }: Folder): boolean {
  return existsSync(rebuild)
}

/** Durable when it returns: whatever happens then, the next start makes everything derived again. */
export function demandRebuild({ root, rebuild }: Folder): void {
  writeFileSync(rebuild, 'The index and the directory are made again from the journal.\n', {
    flush: true,
  })
  syncFolder(root)
}

/** Removes what can be made again from the journal; the demand for it last. */
export function removeDerived({ root, index, directory, rebuild }: Folder): void {
  rmSync(index, { recursive: true, force: true })
  for (const suffix of ['', '-wal', '-shm']) rmSync(directory + suffix, { force: true })
  syncFolder(root)
  rmSync(rebuild, { force: true })
}

/**
 * Up to where the newest checkpoint of the index has seen the journal; 0: there is none that can
 * be read, which is for the index to report.
 */
export async function placeSeenByIndex({ index }: Folder): Promise<Place> {
  if (!existsSync(index)) return 0
  const files = new CheckpointFiles(index)
  for (const number of files.numbers()) {
    const name = files.header(number)
    try {
      return decodeHeader(await readFile(name), name).reach + PLACE_STEP
    } catch {}
  }
  return 0
}

function syncFolder(path: string): void {
  // Windows can neither open a folder nor needs to.
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
