import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { ExitError } from '../../lib/exit-codes.ts'

/** Another process, or another part of this one, has the folder open. */
export class FolderInUse extends ExitError {
  readonly folder: string

  constructor(folder: string) {
    super('cannotCreate', `the data folder ${resolve(folder)} is in use by another server`)
    this.name = 'FolderInUse'
    this.folder = folder
  }
}

/** A database that nobody refers to is closed by the garbage collector, and its lock with it. */
const held = new Set<Database.Database>()

/**
 * Takes a folder for this process, until it is given back or the process ends,
 * however it ends. Node has no file locks; SQLite has them on every system,
 * so an empty database is held in a transaction that is never committed.
 *
 * The file itself means nothing and stays. Nobody else in this process may open and close it: on
 * POSIX systems that would give the lock back.
 */
export function lockFolder(folder: string): { release(): void } {
  const database = new Database(join(folder, 'lock'), { timeout: 0 })
  try {
    database.pragma('journal_mode = memory')
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    const isBusy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
    if (isBusy) throw new FolderInUse(folder)
    const why = `${resolve(folder, 'lock')} cannot be locked: ${(error as Error).message}`
    throw new ExitError('cannotCreate', why, error)
  }
  held.add(database)
  return {
    release() {
      held.delete(database)
      database.close()
    },
  }
}
