import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Json, openDoor, type TestDoor } from './door.ts'

let door: TestDoor
/** Of messages m0 to m9, by their number. */
let ids: string[]
let clock: number

beforeEach(async () => {
  clock = 1_800_000_000_000
  door = await openDoor({ accounts: ['ann', 'bob', 'cat'], now: () => clock })
  await door.platform('POST', '/rooms', { _id: 'r', members: ['ann', 'bob'] })
  ids = []
  for (let i = 0; i < 10; i += 1) {
    clock += 1000
    const { result } = await door.as('ann', 'POST', '/rooms/r/message', { message: `m${i}` })
    ids.push(result._id)
  }
})
afterEach(() => door[Symbol.asyncDispose]())

const read = (query: string) => door.as('bob', 'GET', `/rooms/r/messages${query}`)

async function texts(query: string): Promise<string> {
  const { result } = await read(query)
  return result.data.map(({ message }: Json) => message).join(' ')
}

describe('messages/v3', () => {
  test('gives the newest 20, the newest first, and says how many there are', async () => {
    const { result } = await read('/v3')
    expect(result).toMatchObject({ totalCount: 10, userDeletedIDs: [] })
    expect(result.data.map(({ id }: Json) => id)).toEqual(ids.toReversed())
    expect(result.inspect).toMatchObject({ query: { room: 'r' }, tookMS: expect.any(Number) })
  })

  test.each([
    ['limit=3', 'm9 m8 m7'],
    ['limit=3&sortOrder=asc', 'm0 m1 m2'],
    ['limit=3&beforeMessage=5', 'm5 m4 m3'],
    ['limit=3&beforeMessage=5&sortOrder=desc', 'm5 m4 m3'],
    ['limit=3&beforeMessage=5&sortOrder=asc', 'm0 m1 m2'],
    ['limit=3&afterMessage=5', 'm7 m6 m5'],
    ['limit=3&afterMessage=5&sortOrder=asc', 'm5 m6 m7'],
    ['limit=3&afterMessage=5&sortOrder=desc', 'm9 m8 m7'],
    ['limit=9&afterMessage=5&beforeMessage=7', 'm7 m6 m5'],
    ['limit=0&afterMessage=8', 'm9 m8'],
  ])('?%s gives %s', async (query, expected) => {
    const anchored = query.replace(/(Message=)(\d)/g, (_, name, i) => `${name}${ids[i]}`)
    expect(await texts(`/v3?${anchored}`)).toBe(expected)
  })

  test('pages back to the beginning without gap or repeat', async () => {
    const seen: string[] = []
    for (let last = ''; ; ) {
      const { data } = (await read(`/v3?limit=4${last && `&beforeMessage=${last}`}`)).result
      const fresh = data.slice(last === '' ? 0 : 1)
      if (fresh.length === 0) break
      seen.push(...fresh.map(({ message }: Json) => message))
      last = fresh.at(-1).id
    }
    expect(seen.toReversed()).toEqual(ids.map((_, i) => `m${i}`))
  })

  test('gives what was sent from a time on, by the field that is named', async () => {
    const seventh = 1_800_000_007_000
    const iso = encodeURIComponent(new Date(seventh).toISOString())
    expect(await texts(`/v3?afterTime=${seventh}`)).toBe('m9 m8 m7 m6')
    expect(await texts(`/v3?afterTime=${iso}&timeRangeField=createdAt`)).toBe('m9 m8 m7 m6')
    expect(await texts(`/v3?afterTime=${seventh}&limit=2&sortOrder=asc`)).toBe('m6 m7')
    clock += 60_000
    await door.as('ann', 'POST', '/rooms/r/message', { _id: ids[1], message: 'edited' })
    await door.as('ann', 'POST', '/rooms/r/message', { _id: ids[3], messageType: 'recall' })
    expect(await texts(`/v3?afterTime=${clock}`)).toBe(' edited')
    expect(await texts(`/v3?afterTime=${seventh}&timeRangeField=updatedAt`)).toBe(
      'm9 m8 m7 m6  edited',
    )
    expect(await texts(`/v3?afterTime=${clock}&timeRangeField=messageTime`)).toBe('')
  })

  test.each([
    'limit=many',
    'beforeMessage=nonsense',
    'afterMessage=ffffffffffffffffffffffff',
    'sortOrder=up',
    'timeRangeField=size',
    'afterTime=yesterday',
  ])('refuses ?%s', async (query) => {
    expect(await read(`/v3?${query}`)).toMatchObject({ status: 400, code: 'INVALID_QUERY' })
  })

  test('is for members', async () => {
    const stranger = await door.as('cat', 'GET', '/rooms/r/messages/v3')
    expect(stranger).toMatchObject({ status: 403, code: 'NOT_ROOM_MEMBER' })
    const nowhere = await door.as('cat', 'GET', '/rooms/no/messages/v3')
    expect(nowhere).toMatchObject({ status: 404, code: 'ROOM_NOT_FOUND' })
    expect((await door.platform('GET', '/rooms/r/messages/v3')).result.totalCount).toBe(10)
  })

  test('shows a late member what was said before it came', async () => {
    await door.as('cat', 'POST', '/rooms/r/join')
    const { result } = await door.as('cat', 'GET', '/rooms/r/messages/v3')
    expect(result.data).toHaveLength(10)
    expect((await door.as('cat', 'GET', '/me/badge')).result).toEqual({ badge: 0 })
  })
})

describe('the older list', () => {
  test('leaves its anchor out', async () => {
    expect(await texts(`?limit=2`)).toBe('m9 m8')
    expect(await texts(`?limit=2&beforeMessage=${ids[5]}`)).toBe('m4 m3')
    expect((await read('')).result.totalCount).toBe(10)
  })

  test('filters', async () => {
    const q = (filter: unknown) => `?q=${encodeURIComponent(JSON.stringify(filter))}`
    expect(await texts(q({ message: { $in: ['m1', 'm7'] } }))).toBe('m7 m1')
    expect(await texts(`${q({ message: { $regex: 'm[0-3]' } })}&limit=2`)).toBe('m3 m2')
    expect(await texts(q({ sender: 'bob' }))).toBe('')
    expect(await texts(q({ createdAtMS: { $gte: clock } }))).toBe('m9')
    expect((await read('?q=1')).code).toBe('INVALID_QUERY')
  })
})

test('a message is shown among its neighbours', async () => {
  expect(await texts(`/${ids[5]}?before=2&after=1`)).toBe('m6 m5 m4 m3')
  expect(await texts(`/${ids[9]}?before=0&after=5`)).toBe('m9')
  expect((await read('/000000000000000000000000')).code).toBe('MESSAGE_NOT_FOUND')
  expect((await read('/nonsense')).status).toBe(404)
})

test('messages are counted, all or after a time', async () => {
  const count = async (query: string) =>
    (await door.as('bob', 'GET', `/rooms/r/count${query}`)).result
  expect(await count('')).toEqual({ count: 10 })
  expect(await count('?timeInMS=1800000007000')).toEqual({ count: 3 })
  expect(await count('?timeInMS=0')).toEqual({ count: 10 })
  expect(await count(`?timeInMS=${clock}`)).toEqual({ count: 0 })
})

describe('lastRead', () => {
  const put = (message?: string, id = 'bob') =>
    door.as(id, 'PUT', '/rooms/r/lastRead', message === undefined ? {} : { message })

  test('moves forward and never back', async () => {
    const last = await put(ids[3])
    expect(last.result).toEqual({ client: 'bob', lastRead: ids[3], badge: 6 })
    expect((await put(ids[1])).result).toEqual({ client: 'bob', lastRead: ids[3], badge: 6 })
    expect((await put(ids[9])).result).toEqual({ client: 'bob', lastRead: ids[9], badge: 0 })
    const told = door.heard.filter((each) => each.what === 'told' && each.happening.type === 'read')
    expect(told.length).toBeGreaterThan(0)
  })

  test('changes nothing when nothing is named', async () => {
    expect((await put()).result).toMatchObject({ client: 'bob', badge: 10 })
    expect((await put('')).status).toBe(200)
  })

  test('names a message of the room, and a member', async () => {
    expect((await put('nonsense')).code).toBe('MESSAGE_NOT_FOUND')
    expect((await put('0001ffffffffff8000000000')).code).toBe('MESSAGE_NOT_FOUND')
    expect((await put(ids[0], 'cat')).code).toBe('NOT_ROOM_MEMBER')
  })
})

test('nothing is pinned, and members are told so', async () => {
  expect((await door.as('bob', 'GET', '/rooms/r/pined-messages')).result).toEqual({
    totalCount: 0,
    data: [],
  })
  expect((await door.as('cat', 'GET', '/rooms/r/pined-messages')).code).toBe('NOT_ROOM_MEMBER')
  expect((await door.as('cat', 'GET', '/rooms/no/pined-messages')).code).toBe('ROOM_NOT_FOUND')
})
