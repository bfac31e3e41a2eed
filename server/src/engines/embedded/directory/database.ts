/**
 * Opens and checks the directory's SQLite file. Its tables are described in
 * docs/formats/directory.md.
 *
 * better-sqlite3 ends the process when it is loaded by a Node older than
 * 22.18, so only files of the embedded engine may import it.
 */
import { existsSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { Fault } from '../../../domain/errors.ts'
import type { Place } from '../../../domain/place.ts'
import { schema, tableNames } from './schema.ts'
import { sealOf } from './seals.ts'

/** Rises when the tables change. A file of another format is rebuilt from the journal. */
const DIRECTORY_FORMAT = 3

/** Written `open` while a server has the file; any other word than `closed` asks for a check. */
export type FileState = 'open' | 'closed' | 'damaged'

export interface Meta {
  /** Every record before this place is in the file. */
  place: Place
  /** The number of the next new account, and of the next new group. */
  next: number
  nextGroup: number
  state: FileState
}

/** What the file says is not what was written to it. */
export class DirectoryDamage extends Fault {
  override readonly name = 'DirectoryDamage'

  constructor(message: string) {
    super('damaged', message)
  }
}

/** What is thrown for a row that is not what was written. */
export function brokenRow(of: string): DirectoryDamage {
  return new DirectoryDamage(`the row of ${of} does not match its seal`)
}

/** A full disk does not stop a start: what is there already is read, and written when there is room. */
export function openDatabase(file: string): Database.Database {
  try {
    return openWith(file, 'normal')
  } catch (error) {
    if (!hasNoRoomForShared(error)) throw error
    // Nobody else can look into the file then, so what its readers share is kept in memory.
    return openWith(file, 'exclusive')
  }
}

function openWith(file: string, locking: 'normal' | 'exclusive'): Database.Database {
  const database = new Database(file)
  try {
    database.pragma(`locking_mode = ${locking}`)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    // SQLite copies its log into the file inside a commit: often and little, so that none takes long.
    database.pragma('wal_autocheckpoint = 200')
    // A transaction stays in memory until it is committed, so that only a commit can find the disk full.
    database.pragma('cache_spill = off')
    database.pragma('temp_store = memory')
    const isNew = database.prepare('select count(*) from sqlite_schema').pluck().get() === 0
    const meta: Meta = isNew ? { place: 0, next: 1, nextGroup: 1, state: 'open' } : check(database)
    const begin = database.transaction(() => {
      if (isNew) database.exec(`${schema} insert into meta values (0, 0, 0, 0, '', 0)`)
      writeMeta(database, { ...meta, state: 'open' })
    })
    try {
      begin()
    } catch (error) {
      // Until something can be committed the file stays as it was closed; that commit says `open`.
      if (isNew || !isDiskFull(error)) throw error
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

export function readMeta(database: Database.Database): Meta {
  type Row = Omit<Meta, 'nextGroup'> & { format: number; next_group: number; seal: number }
  const row = database.prepare('select * from meta').get() as Row | undefined
  if (typeof row?.state !== 'string') throw new DirectoryDamage('it does not say how far it goes')
  const { format, place, next, next_group: nextGroup, state, seal } = row
  if (format !== DIRECTORY_FORMAT) {
    throw new DirectoryDamage(`it has format ${format}; this server writes ${DIRECTORY_FORMAT}`)
  }
  if (seal !== sealOf(format, place, next, nextGroup, state)) {
    throw new DirectoryDamage(`its place, ${place}, does not match its seal`)
  }
  return { place, next, nextGroup, state }
}

export function writeMeta(database: Database.Database, meta: Meta): void {
  const { place, next, nextGroup, state } = meta
  const seal = sealOf(DIRECTORY_FORMAT, place, next, nextGroup, state)
  database
    .prepare('update meta set format = ?, place = ?, next = ?, next_group = ?, state = ?, seal = ?')
    .run(DIRECTORY_FORMAT, place, next, nextGroup, state, seal)
}

/** Checks what is cheap always, and how the whole file is built when it was not closed in order. */
function check(database: Database.Database): Meta {
  if (!hasTables(database, ['meta'])) throw new DirectoryDamage(notADirectory)
  const meta = readMeta(database)
  if (!hasTables(database, tableNames)) throw new DirectoryDamage(notADirectory)
  if (meta.state === 'damaged') throw new DirectoryDamage('it was found damaged while it was used')
  if (meta.state === 'closed') return meta
  const found = database.pragma('quick_check(1)', { simple: true })
  if (found !== 'ok') throw new DirectoryDamage(`the check of the file found: ${found}`)
  return meta
}

const notADirectory = 'its tables are not those of a directory'

function hasTables(database: Database.Database, names: readonly string[]): boolean {
  const marks = names.map(() => '?').join(', ')
  const known = `select count(*) from sqlite_schema where type = 'table' and name in (${marks})`
  return (
    database
      .prepare(known)
      .pluck()
      .get(...names) === names.length
  )
}

/** What SQLite says when the machine is at fault and not the file. */
const CIRCUMSTANCES = /^SQLITE_(BUSY|CANTOPEN|FULL|IOERR|LOCKED|NOMEM|PERM|READONLY)/

export function isDamage(error: unknown): error is Error {
  if (error instanceof DirectoryDamage) return true
  return error instanceof Database.SqliteError && !CIRCUMSTANCES.test(error.code)
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_FULL'
}

/** The companion file that readers share could not be made as long as it has to be. */
function hasNoRoomForShared(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_IOERR_SHM/.test(error.code)
}

/** Gives the file and its companions another name, under which SQLite could still read them. */
export function moveAside(file: string): string {
  const time = new Date().toISOString().replaceAll(':', '-')
  const movedTo = join(dirname(file), `directory.damaged-${time}`)
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, movedTo + suffix)
  }
  return movedTo
}
