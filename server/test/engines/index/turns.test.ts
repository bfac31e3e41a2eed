/**
 * A sender with very many conversations makes nobody wait: long walks let the event loop turn.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { END, positionOf } from '../../../src/domain/place.ts'
import { batch, conversation } from '../../../src/engines/conformance/subject.ts'
import { type EmbeddedIndex, openIndex } from '../../../src/engines/embedded/index/open-index.ts'
import { Records } from './subject.ts'

const SENDER = 1
const PEERS = 60_000
const folder = mkdtempSync(join(tmpdir(), 'carillon-index-'))
const records = new Records()
let index: EmbeddedIndex

beforeAll(async () => {
  index = await openIndex({ folder, checkpointEntries: 1e9, onDamage: refuse, extentBlocks: 64 })
  for (let first = 2; first <= PEERS + 1; first += 4000) {
    const peers = Array.from({ length: Math.min(4000, PEERS + 2 - first) }, (_, i) => first + i)
    index.apply(records.add(batch(SENDER, peers)))
  }
})

afterAll(async () => {
  await index.close()
  rmSync(folder, { recursive: true })
})

function refuse(fault: Error): never {
  throw fault
}

/** How often others had a turn meanwhile. */
async function turnsDuring(task: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let going = true
  const turn = () => {
    turns++
    if (going) setImmediate(turn)
  }
  setImmediate(turn)
  await task()
  going = false
  return turns
}

const slices = Math.floor(PEERS / 10_000)

test('the conversation list', async () => {
  const ask = () => index.conversations(SENDER, { before: END, limit: 10 })
  expect(await turnsDuring(ask)).toBeGreaterThanOrEqual(slices)
  const last = records.all.at(-1)!
  expect((await ask()).map(({ newest }) => newest)).toEqual(
    Array.from({ length: 10 }, (_, i) => positionOf(last.place, 3999 - i)),
  )
})

test('what was missed: one reply among all of them, found without a look at any block', async () => {
  expect(await index.missed(SENDER, 0, 10)).toEqual([])
  for (let i = 0; i < 40; i++) index.apply(records.add(batch(SENDER, [500, 501, 502])))
  const reply = records.add(batch(500, [SENDER]))
  const before = index.place * 512
  index.apply(reply)
  const { blockReads } = index.work
  const ask = () => index.missed(SENDER, before - 4096, 10)
  expect(await turnsDuring(ask)).toBeGreaterThanOrEqual(slices)
  expect(await ask()).toEqual([{ position: positionOf(reply.place, 0), peer: 500 }])
  expect(index.work.blockReads).toBe(blockReads)
})

test('a copy that comes during the walk is in no answer that lacks an older one', async () => {
  const after = index.place * 512
  const asked = index.missed(SENDER, 0, 1000)
  // The walk has begun at the conversation that was created last.
  index.apply(records.add(batch(PEERS, [SENDER])))
  index.apply(records.add(batch(2, [SENDER])))
  expect((await asked).filter(({ position }) => position >= after)).toEqual([])
  expect(await index.missed(SENDER, after - 1, 10)).toHaveLength(2)
})

test('what was missed: replies of very many', async () => {
  const repliers = 5000
  const after = index.place * 512 - 1
  for (let i = 0; i < repliers; i++) index.apply(records.add(batch(2 + 11 * i, [SENDER])))
  const ask = async () => {
    expect(await index.missed(SENDER, after, 10_000)).toHaveLength(repliers)
  }
  expect(await turnsDuring(ask)).toBeGreaterThanOrEqual(slices + repliers / 1000)
  const first = await index.missed(SENDER, after, 3)
  expect(first.map(({ peer }) => peer)).toEqual([2, 13, 24])
})

test('a recount', async () => {
  const walk = async () => {
    expect(await Array.fromAsync(index.recount())).toEqual([])
  }
  expect(await turnsDuring(walk)).toBeGreaterThanOrEqual(PEERS / 1000)
})

test('a recount while records are applied', async () => {
  let turns = 200
  const apply = () => {
    if (turns-- === 0) return
    const peers = Array.from({ length: 200 }, (_, i) => 2 + (((turns + i) * 7919) % (PEERS + 3000)))
    index.apply(records.add(batch(SENDER, peers)))
    index.apply(records.add({ type: 'read', reader: peers[3]!, peer: SENDER, upTo: null }))
    setImmediate(apply)
  }
  setImmediate(apply)
  expect(await Array.fromAsync(index.recount())).toEqual([])
  expect(turns).toBeLessThan(150)
})

test('a group costs what a pair does, whatever it has of members', async () => {
  const all = Array.from({ length: 40_000 }, (_, i) => 2 + i)
  for (let first = 0; first < all.length; first += 4000) {
    index.apply(records.add(conversation([-1, 0], {}, all.slice(first, first + 4000))))
  }
  const start = performance.now()
  for (let i = 0; i < 2000; i++) index.apply(records.add(batch(SENDER, [-1])))
  // With any work for each member this would be 80 million steps.
  expect(performance.now() - start).toBeLessThan(500)
  expect(all.filter((account) => index.unread(account, -1) !== 2000)).toEqual([])
  expect(index.members(-1).length).toBe(all.length)
  expect(await Array.fromAsync(index.recount())).toEqual([])
})
