/**
 * A recount finds what is wrong. So something is made wrong: a bit of memory here and there.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NOBODY } from '../../../src/domain/account.ts'
import { positionOf } from '../../../src/domain/place.ts'
import type { JournalRecord } from '../../../src/domain/record.ts'
import { batch, conversation, overlay, read } from '../../../src/engines/conformance/subject.ts'
import { accountAt, TOTAL_BADGE } from '../../../src/engines/embedded/index/account-slots.ts'
import { applyBatch } from '../../../src/engines/embedded/index/apply-batch.ts'
import { applyRecord } from '../../../src/engines/embedded/index/apply-record.ts'
import { BlockFile } from '../../../src/engines/embedded/index/block-file.ts'
import {
  COUNT,
  UNBADGED,
  UNREAD,
  wordAt,
} from '../../../src/engines/embedded/index/conversation-slots.ts'
import { recount } from '../../../src/engines/embedded/index/recount.ts'
import { emptyState, type State, slotOf } from '../../../src/engines/embedded/index/state.ts'
import { newFolder } from './subject.ts'

const ALICE = 3
const BOB = 40_000
const GROUP = -6

/** Alice has 30 unread copies from Bob, and Bob 10 from Alice. */
function talked(): { state: State; words: Int32Array; at: number } {
  const state = emptyState(BlockFile.create(join(newFolder(), 'blocks'), 1, 4))
  for (let i = 1; i <= 10; i++) {
    applyBatch(state, 16 * i, batch(ALICE, [BOB]))
    applyBatch(state, 16 * i + 8, batch(BOB, [ALICE, ALICE, ALICE]))
  }
  const slot = slotOf(state, ALICE, BOB)
  return { state, words: state.conversations.wordsOf(slot), at: wordAt(slot) }
}

test('nothing, when nothing is wrong', async () => {
  const { state } = talked()
  expect(await Array.fromAsync(recount(state))).toEqual([])
  expect(state.auditor).toBeNull()
})

test('an unread counter', async () => {
  const { state, words, at } = talked()
  words[at + UNREAD]!++
  expect(await Array.fromAsync(recount(state))).toEqual([
    { account: ALICE, peer: BOB, counter: 'unread', kept: 31, counted: 30 },
    { account: ALICE, peer: BOB, counter: 'badge', kept: 31, counted: 30 },
  ])
})

test('a badge counter of the other side', async () => {
  const { state, words, at } = talked()
  words[at + UNBADGED + 1] = 4
  expect(await Array.fromAsync(recount(state))).toEqual([
    { account: BOB, peer: ALICE, counter: 'badge', kept: 6, counted: 10 },
  ])
})

test('an account total', async () => {
  const { state } = talked()
  state.accounts.words[BOB >>> 15]![accountAt(BOB) + TOTAL_BADGE] = 9
  expect(await Array.fromAsync(recount(state))).toEqual([
    { account: BOB, peer: null, counter: 'badge', kept: 9, counted: 10 },
  ])
})

/** Bob has not read 8 of the 10 copies of a group; one of those was recalled. */
function saidInGroup() {
  const { state } = talked()
  let place = 1000
  const apply = (record: JournalRecord) => {
    place += 8
    applyRecord(state, { place, time: 0, record })
    return place
  }
  apply(conversation([GROUP, 0], {}, [ALICE, BOB]))
  const said = batch(ALICE, [GROUP])
  const places = Array.from({ length: 10 }, () => apply(said))
  apply(read(BOB, GROUP, positionOf(places[1]!, 0)))
  apply(overlay({ place: places[4]!, record: said }, [0]))
  const group = slotOf(state, BOB, GROUP)
  return { state, group, bob: state.members.find(group, BOB) }
}

test("a member's counter", async () => {
  const { state, bob } = saidInGroup()
  expect(await Array.fromAsync(recount(state))).toEqual([])
  state.members.count(bob, { copies: 1, unbadged: 0 })
  expect(await Array.fromAsync(recount(state))).toEqual([
    { account: BOB, peer: GROUP, counter: 'unread', kept: 8, counted: 7 },
    { account: BOB, peer: GROUP, counter: 'badge', kept: 8, counted: 7 },
  ])
})

test('the counter of a group', async () => {
  const { state, group } = saidInGroup()
  state.conversations.wordsOf(group)[wordAt(group) + UNREAD]!--
  expect(await Array.fromAsync(recount(state))).toContainEqual({
    account: NOBODY,
    peer: GROUP,
    counter: 'unread',
    kept: 8,
    counted: 9,
  })
})

test('a recall of a copy that is not there', async () => {
  const { state } = talked()
  state.recalls.add(slotOf(state, ALICE, BOB), 1, 10 ** 6, false)
  expect(await Array.fromAsync(recount(state))).toEqual([
    { account: BOB, peer: ALICE, counter: 'unread', kept: 9, counted: 10 },
    { account: BOB, peer: ALICE, counter: 'badge', kept: 9, counted: 10 },
  ])
})

test('a count of copies does not fit its blocks', async () => {
  const { state, words, at } = talked()
  words[at + COUNT]! -= 8
  await expect(Array.fromAsync(recount(state))).rejects.toMatchObject({ kind: 'damaged' })
})

test('a later recount takes over', async () => {
  const { state } = talked()
  const first = recount(state)
  const words = state.accounts.words[0]!
  words[accountAt(ALICE) + TOTAL_BADGE] = 0
  expect((await first.next()).value).toMatchObject({ account: ALICE, peer: null })
  expect(await Array.fromAsync(recount(state))).toHaveLength(1)
  await expect(first.next()).rejects.toThrow('another recount has begun')
})
