import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Content } from '../../../domain/batch.ts'
import { PLACE_STEP, positionOf } from '../../../domain/place.ts'
import { batch, block, overlay, registered, tokens } from '../../conformance/subject.ts'
import { openDatabase } from './database.ts'
import { type DirectoryOptions, openDirectory } from './directory.ts'
import { sealOfId } from './seals.ts'
import type { Change } from './tables/tables.ts'
import { openView, type View } from './view.ts'

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

test('a view waits in memory while the disk is full, and writes everything when there is room', async () => {
  const room = { full: false }
  const view = openView(whoseDiskIs(room), {
    ...options,
    onFull: (isFull) => options.damages.push(`full: ${isFull}`),
  })
  apply(view, 112, [account(1, 'one')])
  view.flush()

  room.full = true
  apply(view, 152, [account(2, 'two'), { type: 'revoked', number: 1, second: 50 }, ...everyChange])
  expect(() => view.flush()).toThrow('the directory cannot be written')
  const profile = { nick: 'uno', avatarUrl: null, attributes: '{}' }
  apply(view, 192, [{ type: 'profile', number: 1, ...profile, time: 7 }])
  const before = answers(view)
  expect(() => view.flush()).toThrow('the directory cannot be written')
  expect(view.place).toBe(120)
  expect(answers(view)).toEqual(before)

  room.full = false
  view.flush()
  expect(view.place).toBe(200)
  expect(options.damages).toEqual(['full: true', 'full: false'])
  view.close()
  const again = openView(openDatabase(file()), options)
  expect(answers(again)).toEqual(before)
  expect(before).toMatchObject({
    one: { nick: 'uno', attributes: '{}', changedAt: 7, revokedAt: 50 },
    two: { nick: 'two', attributes: '', changedAt: 5, revokedAt: 0 },
    described: { id: 'room', conversation: [-1, 0] },
    isBlocked: true,
    token: { token: 'secret', expiresAt: null },
    overlaid: { change: 'edit', content: edited },
    keyed: 112,
    parts: [120],
    devices: [
      { id: 'a', account: 2 },
      { id: 'b', account: 2 },
    ],
    hasDevice: [false, true],
    deviceCount: 2,
    upTo: 57_344,
    outcomes: [152],
  })
  again.close()
})

test('a profile that was asked for is told as it changes, through a full disk and back', () => {
  const room = { full: false }
  const view = openView(whoseDiskIs(room), options)
  const profile = { type: 'profile', number: 1, avatarUrl: null, attributes: null } as const
  const told = () => view.ask(({ accounts }) => accounts.read(1))
  apply(view, 112, [account(1, 'one')])
  expect(told()).toBe(told())
  view.flush()

  room.full = true
  apply(view, 152, [{ ...profile, nick: 'two', time: 6 }])
  expect(told()).toMatchObject({ nick: 'two', changedAt: 6 })
  expect(() => view.flush()).toThrow('the directory cannot be written')
  expect(told()).toMatchObject({ nick: 'two', changedAt: 6 })
  apply(view, 192, [{ type: 'revoked', number: 1, second: 50 }])
  expect(told()).toMatchObject({ nick: 'two', revokedAt: 50 })

  room.full = false
  apply(view, 232, [{ ...profile, nick: 'three', time: 7 }])
  view.flush()
  const last = told()
  expect(last).toMatchObject({ nick: 'three', changedAt: 7, revokedAt: 50 })
  view.close()
  const again = openView(openDatabase(file()), options)
  expect(again.ask(({ accounts }) => accounts.read(1))).toEqual(last)
  again.close()
})

test('a view can be closed while the disk is full, and loses no more than a crash would', async () => {
  const room = { full: false }
  const view = openView(whoseDiskIs(room), options)
  apply(view, 112, [account(1, '')])
  view.flush()
  room.full = true
  apply(view, 152, [account(2, '')])
  view.close()

  const directory = await openDirectory(options)
  expect(directory.place).toBe(120)
  expect(directory.count).toBe(1)
  expect(options.damages).toEqual([])
  await directory.close()
})

function account(number: number, nick: string): Change {
  const id = Buffer.from(`user${number}`)
  const idSeal = sealOfId(number, id, 0, id.length)
  const said = { nick, avatarUrl: '', attributes: '', time: 5 }
  return { type: 'account', number, id: String(id), idSeal, ...said }
}

function apply(view: View, place: number, changes: Change[]): void {
  view.apply(changes)
  view.reached({ place: place + PLACE_STEP, next: 3, nextGroup: 2 })
}

const description = { id: 'room', owner: 1, isFrozen: false, attributes: '' }
const edited: Content = { format: 'imkit', json: '{}', text: 'ü' }

/** One of every kind beside those of accounts. */
const everyChange: Change[] = [
  { type: 'described', conversation: [-1, 0], description, time: 5 },
  { ...block(1, 2), time: 5 },
  { ...tokens(1, { secret: null }), time: 5 },
  { ...overlay({ place: 112, record: batch(1, [2]) }, [0], edited), at: 152, time: 5 },
  { type: 'keyed', key: 'once', place: 112, time: 5 },
  { type: 'part', head: 112, place: 120 },
  { ...registered(1, { id: 'a' }), time: 5 },
  { ...registered(2, { id: 'a' }), time: 6 },
  { ...registered(2, { id: 'b' }), time: 7 },
  { type: 'outcomes', way: 'apns', upTo: positionOf(112, 0), batches: [112], place: 152 },
]

function answers(view: View) {
  return view.ask(
    ({ accounts, conversations, blocks, tokens, overlays, batches, devices, outcomes }) => ({
      one: accounts.read(1),
      two: accounts.read(2),
      described: conversations.described([-1, 0]),
      isBlocked: blocks.has(1, 2),
      token: tokens.find('secret'),
      overlaid: overlays.find(positionOf(112, 0)),
      keyed: batches.keyed('once'),
      parts: batches.parts(112),
      devices: devices.of(2),
      hasDevice: [devices.has(1), devices.has(2)],
      deviceCount: devices.count,
      upTo: outcomes.upTo('apns'),
      outcomes: outcomes.of(112),
    }),
  )
}

/** A database whose commits fail as they do on a full disk: the transaction is gone. */
function whoseDiskIs(room: { full: boolean }): Database.Database {
  const database = openDatabase(file())
  const prepare = database.prepare.bind(database)
  const commit = {
    run() {
      if (!room.full) return prepare('commit').run()
      prepare('rollback').run()
      throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
    },
  }
  return Object.assign(database, {
    prepare: (sql: string) => (sql === 'commit' ? commit : prepare(sql)),
  }) as Database.Database
}
