import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Json, openDoor, type TestDoor } from './door.ts'

const START = 1_800_000_000_000
const at = (second: number) => START + second * 1000

let door: TestDoor
let clock: number
/** Of the messages in room r, the first at second 1, one a second. */
let ids: string[]
beforeEach(async () => {
  clock = START
  door = await openDoor({ accounts: ['ann', 'bob'], now: () => clock })
  await room('r', ['x', 'y'])
  await room('s', ['y'])
  await room('untagged', [])
  ids = []
  for (let i = 1; i <= 10; i += 1) {
    clock = at(i)
    ids.push(await say('r'))
    if (i % 2 === 0) await say('s')
    await say('untagged')
  }
})
afterEach(() => door[Symbol.asyncDispose]())

async function room(_id: string, roomTags: string[]): Promise<void> {
  await door.platform('POST', '/rooms', { _id, roomTags, members: ['ann', 'bob'] })
}

async function say(room: string, id = 'ann'): Promise<string> {
  const { result } = await door.as(id, 'POST', `/rooms/${room}/message`, { message: 'm' })
  return result._id
}

const ask = (body: unknown, id = 'bob') => door.as(id, 'POST', '/badges/byRoomTagsAndTime', body)
const badges = async (body: unknown, id?: string): Promise<Json> => (await ask(body, id)).result

describe('POST /badges/byRoomTagsAndTime', () => {
  test('without a time is what byRoomTags gives', async () => {
    expect(await badges({})).toEqual({ totalBadge: 15, data: { x: 10, y: 15 } })
    expect(await badges({ tags: ['x', 'none'], beforeTime: null })).toEqual({
      totalBadge: 10,
      data: { x: 10, none: 0 },
    })
  })

  test('counts what is older than the time alone', async () => {
    expect(await badges({ beforeTime: at(5) })).toEqual({ totalBadge: 6, data: { x: 4, y: 6 } })
    const iso = new Date(at(5) + 1).toISOString()
    expect(await badges({ beforeTime: iso, tags: ['x'] })).toEqual({
      totalBadge: 5,
      data: { x: 5 },
    })
    expect((await badges({ beforeTime: at(99) })).totalBadge).toBe(15)
    for (const beforeTime of [at(1), 0, '1960-01-01']) {
      expect(await badges({ beforeTime })).toEqual({ totalBadge: 0, data: { x: 0, y: 0 } })
    }
  })

  test('leaves out what was read, recalled, or sent by oneself', async () => {
    await door.as('bob', 'PUT', '/rooms/r/lastRead', { message: ids[2] })
    expect((await badges({ beforeTime: at(6), tags: ['x'] })).totalBadge).toBe(2)
    const recall = { _id: ids[3], messageType: 'recall' }
    await door.as('ann', 'POST', '/rooms/r/message', recall)
    expect((await badges({ beforeTime: at(6), tags: ['x'] })).totalBadge).toBe(1)
    expect((await badges({ beforeTime: at(99), tags: ['x'] }, 'ann')).totalBadge).toBe(0)
  })

  test('counts direct rooms that have a tag, and no frozen ones', async () => {
    const pair = { roomType: 'direct', invitee: 'bob', roomTags: ['z'] }
    const { result } = await door.as('ann', 'POST', '/rooms/createAndJoin', pair)
    clock = at(20)
    await say(result._id)
    clock = at(21)
    await say(result._id)
    expect((await badges({ beforeTime: at(21), tags: ['z'] })).data).toEqual({ z: 1 })
    await door.platform('PUT', '/rooms/r', { status: 0 })
    expect((await badges({ beforeTime: at(99), tags: ['y'] })).data).toEqual({ y: 5 })
  })

  test('is exact over many pages, and as byRoomTags counts them', async () => {
    await door.platform('POST', '/messages/batch', {
      sender: 'ann',
      message: 'many',
      paras: Array.from({ length: 1200 }, () => ({ room: 'r' })),
    })
    clock = at(50)
    await say('r')
    const older = await badges({ beforeTime: at(50), tags: ['x'] })
    expect(older.totalBadge).toBe(1210)
    expect((await badges({ tags: ['x'] })).totalBadge).toBe(1211)
  })

  test.each([
    [{ beforeTime: 'soon' }, 'INVALID_REQUEST'],
    [{ tags: 'x' }, 'INVALID_TAGS'],
  ])('refuses %j', async (body, expected) => {
    const { status, code } = await ask(body)
    expect([status, code]).toEqual([400, expected])
  })
})
