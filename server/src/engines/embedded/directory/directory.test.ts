import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PLACE_STEP } from '../../../domain/place.ts'
import { accounts, batch, revoked } from '../../conformance/subject.ts'
import { type FileState, readMeta, writeMeta } from './database.ts'
import { DIRECTORY_FILE, type DirectoryOptions, openDirectory } from './directory.ts'

let root: string
let options: DirectoryOptions & { damages: string[] }

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'carillon-directory-'))
  const damages: string[] = []
  const onFatal = (error: Error) => {
    throw error
  }
  options = { folder: root, damages, onDamage: (text) => damages.push(text), onFatal }
})
afterEach(() => rmSync(root, { recursive: true }))

const file = () => join(root, 'directory.sqlite')

/** The files as a killed process leaves them. */
function copyOf(folder: string): string {
  const copy = mkdtempSync(join(folder, 'killed-'))
  for (const name of readdirSync(folder)) {
    if (name.startsWith(DIRECTORY_FILE)) copyFileSync(join(folder, name), join(copy, name))
  }
  return copy
}

/** Leaves a directory with two accounts behind, closed in order. */
async function leaveTwo(): Promise<void> {
  const directory = await openDirectory(options)
  directory.apply({
    place: 112,
    time: 0,
    record: accounts({ number: 1 }, { number: 2, nick: 'Bob' }),
  })
  await directory.close()
}

/** Changes the closed file, as an accident might. */
function change(how: string | ((database: Database.Database) => void)): void {
  const database = new Database(file()).unsafeMode()
  if (typeof how === 'string') database.exec(how)
  else how(database)
  database.close()
}

describe('the embedded directory', () => {
  test('lets a crash lose the open transaction as a whole, with its place', async () => {
    const directory = await openDirectory(options)
    directory.apply({ place: 112, time: 0, record: accounts({ number: 1, nick: 'one' }) })
    directory.flush()
    directory.apply({ place: 200, time: 0, record: accounts({ number: 2 }) })
    directory.apply({ place: 240, time: 0, record: revoked(1, 50) })
    expect(directory.profiles([1, 2])).toHaveLength(2)
    expect(directory.place).toBe(112 + PLACE_STEP)

    const left = await openDirectory({ ...options, folder: copyOf(root) })
    expect(left.place).toBe(112 + PLACE_STEP)
    expect(left.count).toBe(1)
    expect(left.number('user2')).toBe(0)
    expect(left.revokedAt(1)).toBe(0)

    left.apply({ place: 112, time: 0, record: accounts({ number: 1, nick: 'one' }) })
    left.apply({ place: 200, time: 0, record: accounts({ number: 2 }) })
    left.apply({ place: 240, time: 0, record: revoked(1, 50) })
    expect(left.number('user2')).toBe(2)
    expect(left.revokedAt(1)).toBe(50)
    expect(options.damages).toEqual([])
    await left.close()
    await directory.close()
  })

  test('commits by itself, changes soon and very many at once', async () => {
    const directory = await openDirectory(options)
    directory.apply({ place: 112, time: 0, record: accounts({ number: 1 }) })
    await vi.waitUntil(() => directory.place === 112 + PLACE_STEP, { timeout: 10_000 })

    directory.apply({ place: 200, time: 0, record: batch(1, [1]) })
    await vi.waitUntil(() => directory.place === 200 + PLACE_STEP, { timeout: 10_000 })

    const many = Array.from({ length: 4096 }, (_, n) => ({ number: n + 2 }))
    directory.apply({ place: 240, time: 0, record: accounts(...many) })
    expect(directory.place).toBe(200 + PLACE_STEP)
    directory.apply({ place: 280, time: 0, record: accounts(...many) })
    expect(directory.place).toBe(280 + PLACE_STEP)
    await directory.close()
  })

  const damages: [string, () => void, RegExp][] = [
    ['no database', () => writeFileSync(file(), 'x'.repeat(8192)), /file is not a database/],
    ['cut off', () => writeFileSync(file(), readFileSync(file()).subarray(0, 4096)), /malformed/],
    ['of another program', () => change('drop table meta'), /tables are not those/],
    ['of another format', () => change('update meta set format = 99'), /format 99.*writes 3/],
    [
      'of the format before',
      () =>
        change(
          'drop table device; drop table pushed; drop table batch_outcome; update meta set format = 2',
        ),
      /format 2.*writes 3/,
    ],
    ['of another place', () => change('update meta set place = 4096'), /place, 4096.*its seal/],
    [
      'with a wrong id',
      () => change(`update account set id = 'user9' where id = 'user2'`),
      /2.*seal/,
    ],
    [
      'with a wrong number',
      () => change('update account set number = 9 where number = 2'),
      /9.*seal/,
    ],
    [
      'with a seal too many',
      () => change('alter table account drop column id_seal'),
      /no such column/,
    ],
  ]
  test.each(damages)('moves a file aside that is %s, and starts again', async (_, harm, says) => {
    await leaveTwo()
    harm()

    const directory = await openDirectory(options)
    expect(directory.place).toBe(0)
    expect(directory.count).toBe(0)
    expect(options.damages).toHaveLength(1)
    expect(options.damages[0]).toMatch(says)
    expect(readdirSync(root).filter((name) => name.startsWith('directory.damaged-'))).toHaveLength(
      1,
    )

    directory.apply({ place: 112, time: 0, record: accounts({ number: 1 }) })
    await directory.close()
    const again = await openDirectory(options)
    expect(again.number('user1')).toBe(1)
    expect(options.damages).toHaveLength(1)
    await again.close()
  })

  test('checks the whole file when it was not closed in order, and only then', async () => {
    await leaveTwo()
    // A row that the table's own rules refuse: nothing but a check of the whole file notices.
    const harm = (state: FileState) =>
      change((database) => {
        const meta = readMeta(database)
        database.exec(`
          pragma writable_schema = on;
          update sqlite_schema set sql = replace(sql, 'revoked_at   integer', 'revoked_at integer check (revoked_at = 9)');
          pragma writable_schema = off;
        `)
        writeMeta(database, { ...meta, state })
      })
    harm('closed')
    const trusting = await openDirectory(options)
    expect(options.damages).toEqual([])
    expect(trusting.count).toBe(2)
    await trusting.close()

    harm('open')
    const doubting = await openDirectory(options)
    expect(doubting.count).toBe(0)
    expect(options.damages[0]).toMatch(/the check of the file found: CHECK constraint failed/)
    await doubting.close()
  })

  test('does not believe a profile that is not what was written, and begins anew next time', async () => {
    await leaveTwo()
    change(`update account set nick = 'Rob' where number = 2`)

    const directory = await openDirectory(options)
    expect(() => directory.profiles([1, 2])).toThrow('the row of account 2 does not match its seal')
    expect(() => directory.revokedAt(2)).toThrow('the row of account 2 does not match its seal')
    expect(directory.profiles([1])).toHaveLength(1)
    expect(options.damages).toHaveLength(1)
    expect(options.damages[0]).toMatch(/account 2.*the next start makes it again/)
    expect(() =>
      directory.apply({ place: 200, time: 0, record: accounts({ number: 2, nick: 'Bobby' }) }),
    ).toThrow('the row of account 2')
    // The process may end here, without closing anything.
    const killed = await openDirectory({ ...options, folder: copyOf(root) })
    expect(killed.place).toBe(0)
    await killed.close()
    await directory.close()

    const again = await openDirectory(options)
    expect(again.place).toBe(0)
    expect(options.damages[2]).toMatch(/found damaged while it was used/)
    await again.close()
  })
})
