import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import { type Json, openDoor, type TestDoor } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['ann', 'bob', 'cat', 'dan', 'Ann'] })
})
afterEach(() => door[Symbol.asyncDispose]())

async function made(room: Record<string, unknown>): Promise<Json> {
  const { status, body, result } = await door.platform('POST', '/rooms', room)
  expect(body).toMatchObject({ RC: 0, RM: 'OK' })
  expect(status).toBe(200)
  return result
}

async function opened(id: string, room: Record<string, unknown>): Promise<Json> {
  const { body, result } = await door.as(id, 'POST', '/rooms/createAndJoin', room)
  expect(body).toMatchObject({ RC: 0 })
  return result
}

const get = (id: string, room: string) => door.as(id, 'GET', `/rooms/${room}`)
const say = (id: string, room: string, message: string) =>
  door.as(id, 'POST', `/rooms/${room}/message`, { messageType: 'text', message })

describe('POST /rooms', () => {
  test('makes a group with an id of the caller, and gives its members by id', async () => {
    const room = await made({
      _id: 'vip-lounge',
      name: 'VIP',
      cover: 'c.png',
      description: '{"a":1}',
      roomType: 'group',
      members: ['ann', 'bob', 'ann'],
      roomTags: ['vip'],
      extParams: 'a=b',
      owner: 'ann',
      unknownField: 1,
    })
    expect(room).toMatchObject({
      _id: 'vip-lounge',
      id: 'vip-lounge',
      name: 'VIP',
      cover: 'c.png',
      description: '{"a":1}',
      roomType: 'group',
      members: ['ann', 'bob'],
      roomTags: ['vip'],
      extParams: 'a=b',
      owner: 'ann',
      status: 1,
      opening: 1,
      encrypted: false,
      lastMessage: null,
      unread: 0,
      isMentioned: false,
      muted: false,
      pref: {},
    })
    expect(room).not.toHaveProperty('unknownField')
    expect(room).not.toHaveProperty('data')
    expect(room.createdTime).toBe(new Date(room.createdTimeMS).toISOString())
  })

  test('gives a room without an id a random one of 24 hex characters', async () => {
    const one = await made({ members: ['ann'] })
    const other = await made({ _id: '', members: ['ann'] })
    expect(one._id).toMatch(/^[0-9a-f]{24}$/)
    expect(other._id).toMatch(/^[0-9a-f]{24}$/)
    expect(one._id).not.toBe(other._id)
  })

  test('gives the room that has the id already', async () => {
    await made({ _id: 'r', name: 'first', members: ['ann'] })
    expect(await made({ _id: 'r', name: 'second', members: ['bob'] })).toMatchObject({
      name: 'first',
      members: ['ann'],
    })
    const { code } = await door.as('bob', 'POST', '/rooms', { _id: 'r', members: ['bob'] })
    expect(code).toBe('NOT_ROOM_MEMBER')
  })

  test('makes one room of two calls at once', async () => {
    const rooms = await Promise.all([1, 2, 3].map(() => made({ _id: 'r', members: ['ann'] })))
    expect(new Set(rooms.map(({ createdTimeMS }) => createdTimeMS)).size).toBe(1)
    expect((await door.platform('GET', '/rooms')).result.totalCount).toBe(1)
  })

  test('gives a pair the room with the derived id', async () => {
    const room = await made({ roomType: 'direct', members: ['bob', 'ann'] })
    expect(room).toMatchObject({ _id: directRoomId('ann', 'bob'), roomType: 'direct' })
    const { result } = await get('ann', room._id)
    expect(result.members.map(({ id }: Json) => id)).toEqual(['ann', 'bob'])
    expect(await made({ roomType: 'direct', members: ['ann', 'bob'] })).toMatchObject(room)
  })

  test('gives pairs whose derived ids are the same rooms of their own', async () => {
    const one = await made({ roomType: 'direct', members: ['ann', 'bob'] })
    const other = await made({ roomType: 'direct', members: ['Ann', 'bob'] })
    expect(other._id).not.toBe(one._id)
    expect((await get('Ann', other._id)).status).toBe(200)
    expect((await get('Ann', one._id)).code).toBe('NOT_ROOM_MEMBER')
  })

  test('gives them to those who come by the derived id, too', async () => {
    const one = await made({ roomType: 'direct', members: ['ann', 'bob'] })
    const derived = { _id: one._id, roomType: 'direct', name: 'Us' }
    const join = { ...derived, invitee: 'bob' }
    const { result: other } = await door.as('Ann', 'POST', '/rooms/createAndJoin', join)
    expect(other.members.map(({ id }: Json) => id).sort()).toEqual(['Ann', 'bob'])
    expect((await made({ ...derived, members: ['bob', 'Ann'] }))._id).toBe(other._id)
    expect((await made({ ...derived, members: ['bob', 'ann'] }))._id).toBe(one._id)
  })

  test('keeps the first id that a caller gave a pair', async () => {
    const room = { roomType: 'direct', members: ['ann', 'bob'] }
    expect(await made({ ...room, _id: 'ann-and-bob' })).toMatchObject({ _id: 'ann-and-bob' })
    expect(await made({ ...room, _id: 'another' })).toMatchObject({ _id: 'ann-and-bob' })
    expect(await made(room)).toMatchObject({ _id: 'ann-and-bob' })
    await say('ann', 'ann-and-bob', 'hi')
    const { result } = await door.as('bob', 'GET', '/rooms/ids')
    expect(result.data).toEqual(['ann-and-bob'])
  })

  test.each([
    [{ roomType: 'direct', members: ['ann'] }, 400, 'INVALID_REQUEST'],
    [{ roomType: 'direct', members: ['ann', 'ann'] }, 400, 'INVALID_REQUEST'],
    [{ roomType: 'direct', members: ['ann', 'bob', 'cat'] }, 400, 'INVALID_REQUEST'],
    [{ roomType: 'channel', members: ['ann'] }, 400, 'INVALID_REQUEST'],
    [{ members: ['nobody'] }, 404, 'CLIENT_NOT_FOUND'],
    [{ members: 'ann' }, 400, 'INVALID_REQUEST'],
    [{ owner: 'nobody' }, 404, 'CLIENT_NOT_FOUND'],
    [{ _id: 'x'.repeat(129) }, 400, 'INVALID_REQUEST'],
    [{ _id: 7 }, 400, 'INVALID_REQUEST'],
    [{ _id: 'tab\t' }, 400, 'INVALID_REQUEST'],
    [{ name: 7 }, 400, 'INVALID_REQUEST'],
    [{ roomTags: 'vip' }, 400, 'INVALID_ROOM_TAGS'],
    [{ opening: 2 }, 400, 'INVALID_REQUEST'],
    [{ status: 'frozen' }, 400, 'INVALID_REQUEST'],
    [{ invitationRequired: true }, 400, 'INVALID_REQUEST'],
    [{ description: 'x'.repeat(16_385) }, 400, 'INVALID_REQUEST'],
  ])('refuses %j', async (room, status, code) => {
    expect(await door.platform('POST', '/rooms', room)).toMatchObject({ status, code })
  })

  test('lets no client make the direct room of two others', async () => {
    const room = { roomType: 'direct', members: ['ann', 'bob'] }
    expect(await door.as('cat', 'POST', '/rooms', room)).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_PERMISSIONS',
    })
    expect((await door.as('ann', 'POST', '/rooms', room)).status).toBe(200)
  })
})

describe('POST /rooms/createAndJoin', () => {
  test('makes caller and invitees members', async () => {
    const room = await opened('ann', { name: 'Lunch', invitee: ['bob', 'cat'] })
    expect(room).toMatchObject({ name: 'Lunch', roomType: 'group' })
    expect(room.members).toMatchObject([
      { _id: 'ann', id: 'ann', clientType: 'user', nickname: '', avatarUrl: '', isRobot: false },
      { id: 'bob' },
      { id: 'cat' },
    ])
    expect(room.memberProperties).toMatchObject([
      { client: 'ann', badge: 0 },
      { client: 'bob', badge: 0 },
      { client: 'cat', badge: 0 },
    ])
  })

  test('joins a room that is there, with the invitees', async () => {
    await made({ _id: 'r', members: ['ann'] })
    const room = await opened('bob', { _id: 'r', invitee: 'cat' })
    expect(room.members.map(({ id }: Json) => id)).toEqual(['ann', 'bob', 'cat'])
  })

  test('opens the direct room of the caller and one invitee, again and again', async () => {
    const id = directRoomId('ann', 'bob')
    const direct = { roomType: 'direct', invitationRequired: true }
    expect(await opened('ann', { ...direct, invitee: 'bob', _id: id })).toMatchObject({ _id: id })
    expect(await opened('bob', { ...direct, invitee: 'ann' })).toMatchObject({ _id: id })
    const { code } = await door.as('cat', 'POST', '/rooms/createAndJoin', {
      ...direct,
      _id: id,
      invitee: 'ann',
    })
    expect(code).toBe('NOT_ROOM_MEMBER')
  })

  test('lets the platform join as its own client', async () => {
    const { result } = await door.platform('POST', '/rooms/createAndJoin', { invitee: 'ann' })
    expect(result.members.map(({ id }: Json) => id)).toEqual(['admin', 'ann'])
  })
})

describe('GET /rooms/:id', () => {
  test('is for members and the platform', async () => {
    await made({ _id: 'r', members: ['ann'] })
    expect((await get('ann', 'r')).status).toBe(200)
    expect(await get('bob', 'r')).toMatchObject({ status: 403, code: 'NOT_ROOM_MEMBER' })
    expect(await get('bob', 'no')).toMatchObject({ status: 404, code: 'ROOM_NOT_FOUND' })
    expect((await door.platform('GET', '/rooms/r')).result).toMatchObject({ isSuperuser: true })
    expect((await door.platform('GET', `/rooms/${'x'.repeat(500)}`)).status).toBe(404)
  })

  test('says whether a room exists', async () => {
    await made({ _id: 'r', members: ['ann'] })
    expect((await door.as('bob', 'GET', '/rooms/r/exists')).result).toEqual({ exists: true })
    expect((await door.as('bob', 'GET', '/rooms/x/exists')).result).toEqual({ exists: false })
  })

  test('knows a pair that has spoken through another door', async () => {
    const paras = [{ receiver: 'bob' }]
    const batch = { messageType: 'text', message: 'hello', paras }
    expect((await door.as('ann', 'POST', '/messages/batch', batch)).status).toBe(200)
    const { result } = await get('bob', directRoomId('ann', 'bob'))
    expect(result).toMatchObject({
      roomType: 'direct',
      unread: 1,
      lastMessage: { message: 'hello', sender: { id: 'ann' } },
      memberProperties: [
        { client: 'ann', badge: 0 },
        { client: 'bob', badge: 1 },
      ],
      status: 1,
    })
    expect(result.memberProperties[0].lastRead).toBe(result.lastMessage._id)
    expect(result.memberProperties[1]).not.toHaveProperty('lastRead')
    expect(result.createdTimeMS).toBe(result.lastMessage.createdAtMS)
  })

  test('says when somebody is mentioned in what it has not read', async () => {
    await made({ _id: 'r', members: ['ann', 'bob'] })
    const message = { messageType: 'text', message: '@bob', mentions: ['bob'] }
    const { result } = await door.as('ann', 'POST', '/rooms/r/message', message)
    await say('ann', 'r', 'more')
    expect((await get('bob', 'r')).result).toMatchObject({ isMentioned: true, unread: 2 })
    expect((await get('ann', 'r')).result).toMatchObject({ isMentioned: false, unread: 0 })
    await door.as('bob', 'PUT', '/rooms/r/lastRead', { message: result._id })
    expect((await get('bob', 'r')).result).toMatchObject({ isMentioned: false, unread: 1 })
  })
})

describe('PUT /rooms/:id', () => {
  const put = (id: string, changes: Record<string, unknown>) =>
    door.as(id, 'PUT', '/rooms/r', changes)

  test('changes what is sent and keeps the rest', async () => {
    await made({ _id: 'r', name: 'A', roomType: 'custom', roomTags: ['x'], members: ['ann'] })
    const { result } = await put('ann', { name: 'B', description: 'new', opening: 0 })
    const expected = {
      name: 'B',
      description: 'new',
      roomTags: ['x'],
      roomType: 'custom',
      opening: 0,
    }
    expect(result).toMatchObject(expected)
    expect((await get('ann', 'r')).result).toMatchObject(expected)
  })

  test('keeps both of two changes at once', async () => {
    await made({ _id: 'r', members: ['ann'] })
    await Promise.all([put('ann', { name: 'N' }), put('ann', { cover: 'C' })])
    expect((await get('ann', 'r')).result).toMatchObject({ name: 'N', cover: 'C' })
  })

  test('is for superusers where the room has an owner', async () => {
    await made({ _id: 'r', members: ['ann', 'bob', 'cat'], owner: 'ann' })
    expect(await put('bob', { name: 'B' })).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_PERMISSIONS',
    })
    expect((await put('ann', { managers: ['bob'] })).result).toMatchObject({ managers: ['bob'] })
    expect((await put('bob', { name: 'B' })).result).toMatchObject({ name: 'B', isSuperuser: true })
    expect((await put('ann', { owner: 'cat' })).result).toMatchObject({ owner: 'cat' })
    expect((await put('ann', { name: 'C' })).status).toBe(403)
  })

  test('hands a room on only for its owner and the platform, not for managers', async () => {
    await made({ _id: 'r', members: ['ann', 'bob', 'cat'], owner: 'ann', managers: ['bob'] })
    expect(await put('bob', { owner: 'bob' })).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_PERMISSIONS',
    })
    expect((await put('bob', { owner: 'ann', managers: ['bob', 'cat'] })).status).toBe(200)
    const { result } = await door.platform('PUT', '/rooms/r', { owner: 'bob' })
    expect(result).toMatchObject({ owner: 'bob', managers: ['bob', 'cat'] })
  })

  test('of its bot changes that alone', async () => {
    await made({ _id: 'r', members: ['ann'], name: 'N' })
    const body = { botState: 'asking', botMode: true, name: 'other' }
    const { result } = await door.as('ann', 'PUT', '/rooms/r/bot', body)
    expect(result).toMatchObject({ botState: 'asking', botMode: true, name: 'N' })
    const stranger = await door.as('bob', 'PUT', '/rooms/r/bot', body)
    expect([stranger.status, stranger.code]).toEqual([403, 'NOT_ROOM_MEMBER'])
  })

  test.each([{ owner: 'ann' }, { managers: ['ann'] }, { status: 0 }])(
    'is never for a plain member with %j',
    async (changes) => {
      await made({ _id: 'r', members: ['ann'] })
      expect((await put('ann', changes)).code).toBe('INSUFFICIENT_PERMISSIONS')
    },
  )

  test('freezes a room: nothing can be said, and it is in no list', async () => {
    await made({ _id: 'r', members: ['ann', 'bob'] })
    const { result } = await door.platform('PUT', '/rooms/r', { status: 0 })
    expect(result).toMatchObject({ status: 0 })
    expect(await say('ann', 'r', 'hi')).toMatchObject({ status: 403, code: 'ROOM_FROZEN' })
    expect((await door.as('ann', 'GET', '/rooms')).result.data).toEqual([])
    await door.platform('PUT', '/rooms/r', { status: 1 })
    expect((await say('ann', 'r', 'hi')).status).toBe(200)
  })

  test('describes a pair under the id that it has', async () => {
    await door.as('ann', 'POST', '/messages/batch', { message: 'x', paras: [{ receiver: 'bob' }] })
    const id = directRoomId('ann', 'bob')
    const { result } = await door.as('bob', 'PUT', `/rooms/${id}`, { roomTags: ['friends'] })
    expect(result).toMatchObject({ _id: id, roomTags: ['friends'], roomType: 'direct' })
  })

  test('refuses managers and owners whom nobody knows', async () => {
    await made({ _id: 'r', members: ['ann'] })
    for (const changes of [{ managers: ['nobody'] }, { owner: 'nobody' }]) {
      const { code } = await door.platform('PUT', '/rooms/r', changes)
      expect(code).toBe('CLIENT_NOT_FOUND')
    }
  })
})

describe('GET /rooms', () => {
  const list = async (id: string, query = '') =>
    (await door.as(id, 'GET', `/rooms${query}`)).result as Json
  const ids = ({ data }: Json) => data.map(({ id }: Json) => id)
  const q = (filter: unknown) => `?q=${encodeURIComponent(JSON.stringify(filter))}`

  beforeEach(async () => {
    await made({ _id: 'a', name: 'Alpha', members: ['ann', 'bob'], roomTags: ['vip', 'x'] })
    await made({ _id: 'b', name: 'Beta', members: ['ann', 'cat'], roomTags: ['vip'] })
    await made({ _id: 'c', name: 'Gamma', members: ['ann'] })
    await made({ _id: 'not-mine', members: ['dan'] })
    await made({ _id: 'd', roomType: 'direct', members: ['ann', 'dan'] })
    await say('bob', 'a', 'newest')
  })

  test('lists my rooms by their newest message, silent direct rooms last', async () => {
    const result = await list('ann')
    expect(ids(result)).toEqual(['a', 'c', 'b', 'd'])
    expect(result.totalCount).toBe(4)
    expect(result.data[0]).toMatchObject({ unread: 1, lastMessage: { message: 'newest' } })
    expect(result.data[0].members).toMatchObject([{ id: 'ann' }, { id: 'bob' }])
    expect((await door.as('ann', 'GET', '/rooms/ids')).result.data).toEqual(['a', 'c', 'b', 'd'])
    expect((await door.as('ann', 'GET', '/rooms/ids?skip=1&limit=2')).result.data).toEqual([
      'c',
      'b',
    ])
  })

  test('pages with skip and limit', async () => {
    expect(ids(await list('ann', '?skip=1&limit=2'))).toEqual(['c', 'b'])
    expect(await list('ann', '?skip=100')).toMatchObject({ totalCount: 4, data: [] })
    expect(ids(await list('ann', '?limit=0'))).toHaveLength(4)
  })

  test('sorts', async () => {
    expect(ids(await list('ann', '?sort=lastMessage'))).toEqual(['d', 'b', 'c', 'a'])
    expect(ids(await list('ann', '?sort=nothing-known'))).toHaveLength(4)
    await say('ann', 'c', 'newer, but mine')
    expect(ids(await list('ann'))).toEqual(['c', 'a', 'b', 'd'])
    expect(ids(await list('ann', '?sortUnreadFirst=1'))).toEqual(['a', 'c', 'b', 'd'])
    const times = (await list('ann', '?sort=-createdTime')).data.map((r: Json) => r.createdTimeMS)
    expect(times).toEqual(times.toSorted((x: number, y: number) => y - x))
  })

  test('filters, and never beyond my own rooms', async () => {
    expect(ids(await list('ann', q({})))).toHaveLength(4)
    expect(ids(await list('ann', q({ members: 'ann', roomTags: 'vip' })))).toEqual(['a', 'b'])
    expect(ids(await list('ann', q({ members: 'cat' })))).toEqual(['b'])
    expect(ids(await list('ann', q({ members: 'dan', roomType: 'group' })))).toEqual([])
    expect(ids(await list('ann', q({ roomTags: { $all: ['x', 'vip'] } })))).toEqual(['a'])
    expect(ids(await list('ann', q({ name: { $regex: '^b', $options: 'i' } })))).toEqual(['b'])
    expect(ids(await list('ann', q({ $or: [{ _id: 'c' }, { roomType: 'direct' }] })))).toEqual([
      'c',
      'd',
    ])
    expect(ids(await list('ann', q({ status: 0 })))).toEqual([])
  })

  test('lists for the platform all rooms, or those of one member', async () => {
    const all = (await door.platform('GET', '/rooms')).result
    expect(new Set(ids(all))).toEqual(
      new Set(['a', 'b', 'c', 'd', 'not-mine']).difference(new Set(['d'])),
    )
    const { result } = await door.platform('GET', `/rooms${q({ members: 'dan' })}`)
    expect(ids(result)).toEqual(['not-mine', 'd'])
    const none = await door.platform('GET', `/rooms${q({ members: 'nobody' })}`)
    expect(none.result).toEqual({ totalCount: 0, data: [] })
  })

  test('leaves out what was not updated after a time', async () => {
    expect(ids(await list('ann', '?updatedAfter=0'))).toHaveLength(4)
    expect(ids(await list('ann', `?updatedAfter=${Date.now() + 60_000}`))).toEqual([])
    const inAnHour = encodeURIComponent(new Date(Date.now() + 3_600_000).toISOString())
    expect(ids(await list('ann', `?updatedAfter=${inAnHour}`))).toEqual([])
  })

  test.each([
    'q=nonsense',
    'q=[]',
    `q=${encodeURIComponent('{"$where":"1"}')}`,
    `q=${encodeURIComponent('{"name":{"$regex":"(a+)+$"}}')}`,
    `q=${encodeURIComponent('{"$and":{}}')}`,
    'limit=x',
    'skip=-1',
    'updatedAfter=yesterday',
    'pref=1',
  ])('refuses ?%s', async (query) => {
    expect(await door.as('ann', 'GET', `/rooms?${query}`)).toMatchObject({
      status: 400,
      code: 'INVALID_QUERY',
    })
  })
})
