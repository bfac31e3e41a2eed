import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PLACE_STEP, positionOf } from '../../../../domain/place.ts'
import type { JournalRecord } from '../../../../domain/record.ts'
import {
  accounts,
  batch,
  block,
  conversation,
  outcomes,
  overlay,
  registered,
  tokens,
} from '../../../conformance/subject.ts'
import { type Directory, KEYED_FOR_MS } from '../../../directory.ts'
import { type DirectoryOptions, openDirectory } from '../directory.ts'

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

/** From place 112 on, one after the other. */
function apply(directory: Directory, records: readonly JournalRecord[]): void {
  for (const [n, record] of records.entries()) {
    directory.apply({ place: 112 + n * PLACE_STEP, time: 5, record })
  }
}

const rows: [string, string, (directory: Directory) => unknown][] = [
  ['conversation', `owner = 2`, (it) => it.described([-1, 0])],
  ['conversation', `attributes = '{}'`, (it) => it.conversation('room')],
  ['conversation', `created_at = 0`, (it) => it.describedPairs(1)],
  ['block', 'since = 1', (it) => it.isBlocked(1, 2)],
  ['block', 'blocked = 3', (it) => it.blockedBy(1)],
  ['token', 'account = 2', (it) => it.token('secret')],
  ['token', 'expires_at = 0', (it) => it.tokensOf(1)],
  ['overlay', `content_text = 'u'`, (it) => it.overlays([positionOf(112, 0)])],
  ['overlay', 'place = 1', (it) => it.overlays([positionOf(112, 0)])],
  ['overlaid', 'overlay = 0', (it) => it.overlays([positionOf(112, 0)])],
  ['batch_key', 'place = 120', (it) => it.keyed('once')],
  ['batch_part', 'place = 128', (it) => it.parts(104)],
  ['device', 'account = 1', (it) => it.devices(1)],
  ['device', `token = 'other'`, (it) => it.device('apns', 'phone')],
  ['pushed', 'up_to = 0', (it) => it.pushedUpTo('apns')],
  ['batch_outcome', 'place = 128', (it) => it.outcomesOf(112)],
]
test.each(rows)('does not believe a row of %s where %s', async (table, harm, ask) => {
  const left = await openDirectory(options)
  const record = batch(1, [2], 0, { key: 'once', series: { head: 104, first: 1, total: 2 } })
  const records = [
    record,
    conversation([-1, 0], { id: 'room' }),
    conversation([1, 2], { id: 'pair' }),
    block(1, 2),
    tokens(1, { secret: null }),
    overlay({ place: 112, record }, [0], { format: 'imkit', json: '{}', text: 'ü' }),
    registered(2, { id: 'phone' }),
    outcomes('apns', positionOf(112, 0), { position: positionOf(112, 0) }),
  ]
  apply(left, records)
  await left.close()
  const database = new Database(file())
  database.exec(`update ${table} set ${harm}`)
  database.close()

  const directory = await openDirectory(options)
  expect(() => ask(directory)).toThrow(/does not match its seal|is missing/)
  expect(options.damages[0]).toMatch(/the next start makes it again/)
  await directory.close()
  const again = await openDirectory(options)
  expect(again.place).toBe(0)
  await again.close()
})

test('keeps text that is not well-formed as the file keeps it, and takes it for no damage', async () => {
  const directory = await openDirectory(options)
  const text = 'a\ud800\0b'
  const record = batch(1, [2], 0, { key: text })
  const says = { format: 'tim', json: text, text } as const
  const records = [
    accounts({ number: 1, nick: text, attributes: text }),
    conversation([1, 2], { id: 'a\ufffd\0b', attributes: text }),
    conversation([-1, 0], { id: text }),
    tokens(1, { [text]: null }),
    record,
    overlay({ place: 144, record }, [0], says),
    registered(1, { id: text, token: text }),
  ]
  apply(directory, records)
  const kept = text.toWellFormed()
  expect(directory.profiles([1])[0]).toMatchObject({ nick: kept, attributes: kept })
  expect(directory.conversation(kept)).toEqual([1, 2])
  expect(directory.conversation(text)).toBeNull()
  expect(directory.described([-1, 0])).toBeNull()
  expect(directory.tokensOf(1)[0]?.token).toBe(kept)
  expect(directory.overlays([positionOf(144, 0)])[0]?.content?.text).toBe(kept)
  expect(directory.device('apns', text)).toBeNull()
  expect(directory.devices(1)).toMatchObject([{ id: kept, token: kept }])
  expect(options.damages).toEqual([])
  await directory.close()
})

test('forgets keys that are old, some at a time', async () => {
  const directory = await openDirectory(options)
  let place = 112
  const write = (key: string, time: number) => {
    directory.apply({ place, time, record: batch(1, [2], 0, { key }) })
    place += PLACE_STEP
  }
  for (let n = 0; n < 100; n += 1) write(`old ${n}`, n)
  for (let n = 0; n < 10; n += 1) write(`new ${n}`, 2 * KEYED_FOR_MS)
  await directory.close()
  const keys = new Database(file()).prepare('select count(*) from batch_key').pluck().get()
  expect(keys).toBe(10)
})
