/** Folders that cannot be used: refused with the status and the name that an operator needs. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openDatabase, readMeta, writeMeta } from '../../src/engines/embedded/directory/database.ts'
import { openView } from '../../src/engines/embedded/directory/view.ts'
import { newFolder, startServer } from '../lib/server.ts'

const unusable: Record<string, (folder: string) => void> = {
  journal: (folder) => writeFileSync(join(folder, 'journal'), 'a file'),
  index: (folder) => writeFileSync(join(folder, 'index'), 'a file'),
  'directory.sqlite': (folder) => mkdirSync(join(folder, 'directory.sqlite')),
  lock: (folder) => writeFileSync(join(folder, 'lock'), 'no database '.repeat(100)),
}

test.each(Object.keys(unusable))(
  '%s is not what it should be: 73, without a stack',
  async (what) => {
    const folder = newFolder()
    try {
      unusable[what]!(folder)
      const reason = await startServer({ folder }).catch((error: Error) => error.message)
      expect(reason).toMatch(/ended with 73/)
      expect(reason).toContain(`carillon: `)
      expect(reason).toContain(folder)
      expect(reason).not.toMatch(/^ {4}at /m)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('a directory with nothing to write is closed on a full disk, and says it was not', () => {
  const folder = newFolder()
  const file = join(folder, 'directory.sqlite')
  try {
    const database = openDatabase(file)
    const view = openView(fullFrom(database), { onDamage: fail, onFatal: fail })
    view.close()

    const again = new Database(file)
    expect(readMeta(again).state).toBe('open')
    writeMeta(again, { place: 0, next: 1, nextGroup: 1, state: 'closed' })
    again.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Every change of the row that holds the place finds the disk full. */
function fullFrom(database: Database.Database): Database.Database {
  const prepare = database.prepare.bind(database)
  const refuse = () => {
    throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
  }
  return Object.assign(database, {
    prepare: (sql: string) => (sql.startsWith('update meta') ? { run: refuse } : prepare(sql)),
  }) as Database.Database
}

function fail(what: unknown): never {
  throw new Error(String(what))
}
