import { describe, expect, test } from 'vitest'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import type { ConversationKey } from '../../src/domain/peer.ts'
import type { Index } from '../../src/engines/index.ts'
import { openConversationIds } from '../../src/views/conversation-ids.ts'
import { call, newGroup, openStage } from '../pipeline/stage.ts'

test('the derived id of a direct room is that of the other servers', () => {
  expect(directRoomId('aaa', 'ccc')).toBe('2bec603e94a210092439e83ff2d79ac1')
  expect(directRoomId('sss', 'iii')).toBe('05c28d0a2fbdc74986135d633ae129d8')
  expect(directRoomId('AAA', 'Ccc')).toBe('2bec603e94a210092439e83ff2d79ac1')
})

test('an id leads back to its pair once it has spoken', async () => {
  const { pipeline, ids, accounts } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const id = ids.of([ann!, bob!])
  expect(id).toBe(directRoomId('bob', 'ann'))
  expect(await ids.find(id)).toBe(null)
  await pipeline.accept(call(bob!, [ann!]))
  expect(await ids.find(id)).toEqual([ann, bob])
  expect(ids.of([ann!, bob!])).toBe(id)
  expect(await ids.find('nothing')).toBe(null)
})

test('one may have a conversation with oneself', async () => {
  const { pipeline, ids, accounts } = await openStage()
  const [ann] = await accounts('ann')
  await pipeline.accept(call(ann!, [ann!]))
  expect(await ids.find(directRoomId('ann', 'ann'))).toEqual([ann, ann])
})

describe('pairs that would have the same id', () => {
  test.each([
    { what: 'ids that differ in case', one: ['shop', 'Ann'], other: ['shop', 'ann'] },
    { what: 'ids that are joined alike', one: ['a_b', 'c'], other: ['a', 'b_c'] },
  ])('$what', async ({ one, other }) => {
    const { pipeline, ids, accounts } = await openStage()
    const first = (await accounts(...one)) as [number, number]
    const second = (await accounts(...other)) as [number, number]
    const keys = [first, second].map(([a, b]) => (a < b ? [a, b] : [b, a])) as ConversationKey[]
    await pipeline.accept(call(second[0], [second[1]]))
    await pipeline.accept(call(first[0], [first[1]]))

    const [later, earlier] = keys.map((key) => ids.of(key))
    expect(earlier).toBe(directRoomId(other[0]!, other[1]!))
    expect(later).toMatch(new RegExp(`^${earlier}-`))
    expect(await ids.find(earlier!)).toEqual(keys[1])
    expect(await ids.find(later!)).toEqual(keys[0])
  })
})

test('a described conversation keeps its id, and the pair with that derived one has another', async () => {
  const { pipeline, ids, accounts, group } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const derived = directRoomId('ann', 'bob')
  const team = await group(derived, ann!)
  await pipeline.accept(call(ann!, [bob!]))
  expect(await ids.find(derived)).toEqual([team, 0])
  expect(ids.of([team, 0])).toBe(derived)
  const spare = ids.of([ann!, bob!])
  expect(spare).not.toBe(derived)
  expect(await ids.find(spare)).toEqual([ann, bob])
})

test('a pair that is described later has the chosen id, and is found by both', async () => {
  const { pipeline, ids, accounts } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  await pipeline.accept(call(ann!, [bob!]))
  const pair = [ann!, bob!] as const
  const derived = ids.of(pair)
  await pipeline.conversations.create({ ...newGroup, id: 'chosen', pair, members: [] })
  expect(ids.of(pair)).toBe('chosen')
  expect(await ids.find('chosen')).toEqual(pair)
  expect(await ids.find(derived)).toEqual(pair)
})

test('what looks like a spare id leads nowhere', async () => {
  const { pipeline, ids, accounts } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  await pipeline.accept(call(ann!, [bob!]))
  const derived = ids.of([ann!, bob!])
  for (const tail of ['1-2', '2-1', '1-1', '9999999999-9999999999', '0-1', '-1-2']) {
    expect(await ids.find(`${derived}-${tail}`)).toBe(null)
  }
})

test('100,000 pairs are found by their ids, and the table is filled in slices', async () => {
  const accounts = 100_000
  const { ids, speak } = syntheticIds(accounts)
  speak(accounts - 1)
  let turns = 0
  let isDone = false
  const ready = ids.ready().then(() => (isDone = true))
  while (!isDone) {
    await new Promise(setImmediate)
    turns += 1
  }
  await ready
  expect(turns).toBeGreaterThan(50)
  for (let number = 2; number <= accounts; number += 97) {
    expect(await ids.find(directRoomId('1', `${number}`))).toEqual([1, number])
    expect(ids.of([1, number])).toBe(directRoomId('1', `${number}`))
  }
  expect(await ids.find(directRoomId('2', '3'))).toBe(null)
})

test('an answer that cannot wait looks at the few pairs that are missing first', async () => {
  const { ids, speak } = syntheticIds(6000, (number) => (number === 2900 ? 'X10' : `x${number}`))
  await ids.ready()
  speak(3000)
  expect(ids.of([1, 2900])).toBe(`${directRoomId('x1', 'x10')}-1-2900`)
  speak(2000)
  expect(await ids.find(directRoomId('x1', 'x5000'))).toEqual([1, 5000])
})

/** Account 1 speaks with 2, 3, 4 and so on. */
function syntheticIds(accountsMax: number, idOf = (number: number) => `${number}`) {
  let spoken = 0
  const pairs: Index['pairs'] = (from, limit) =>
    Array.from({ length: Math.min(limit, spoken - from) }, (_, i) => [1, from + i + 2] as const)
  const directory = {
    nextNumber: accountsMax + 1,
    id: idOf,
    described: () => null,
    conversation: () => null,
  }
  const index = { pairs, copies: () => 1 }
  type Parts = Parameters<typeof openConversationIds>[0]
  const ids = openConversationIds({ index, directory } as unknown as Parts, directRoomId)
  return { ids, speak: (count: number) => void (spoken += count) }
}
