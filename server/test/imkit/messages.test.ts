import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import { type Json, openDoor, type TestDoor } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['ann', 'bob', 'cat'] })
  await door.platform('POST', '/rooms', { _id: 'r', members: ['ann', 'bob'] })
})
afterEach(() => door[Symbol.asyncDispose]())

const post = (id: string, body: Record<string, unknown>, room = 'r') =>
  door.as(id, 'POST', `/rooms/${room}/message`, body)

async function sent(id: string, body: Record<string, unknown>): Promise<Json> {
  const { body: answer, result } = await post(id, body)
  expect(answer).toMatchObject({ RC: 0, RM: 'OK' })
  return result
}

async function newest(id = 'ann'): Promise<Json> {
  return (await door.as(id, 'GET', '/rooms/r/messages/v3?limit=1')).result.data[0]
}

const unread = async (id: string) => (await door.as(id, 'GET', '/me/badge')).result.badge

describe('a new message', () => {
  test('is answered with all that clients read', async () => {
    const message = await sent('ann', {
      messageType: 'image',
      message: 'look',
      originalUrl: 'o.png',
      width: 4,
      extra: { deep: [{ a: 1 }] },
      mentions: ['bob'],
      roomId: 'r',
      video: {},
      sender: 'bob',
    })
    expect(message).toMatchObject({
      id: message._id,
      room: 'r',
      sender: { _id: 'ann', id: 'ann', clientType: 'user', lastLoginTimeMS: 0 },
      messageType: 'image',
      message: 'look',
      originalUrl: 'o.png',
      width: 4,
      extra: { deep: [{ a: 1 }] },
      mentions: ['bob'],
      reactions: [],
      reactionCount: 0,
      isPined: false,
      pinned: false,
      editedAt: null,
    })
    expect(message._id).toMatch(/^[0-9a-f]{24}$/)
    for (const name of ['messageTime', 'createdAt', 'updatedAt']) {
      expect(message[name]).toBe(new Date(message[`${name}MS`]).toISOString())
    }
    for (const name of ['roomId', 'video', 'push', 'batchID', 'data', 'paras']) {
      expect(message).not.toHaveProperty(name)
    }
    expect(await newest()).toEqual(message)
  })

  test('is unread for the other members and read for the sender', async () => {
    await sent('ann', { message: 'one' })
    const { _id } = await sent('ann', { message: 'two' })
    expect(await unread('bob')).toBe(2)
    expect(await unread('ann')).toBe(0)
    const { result } = await door.as('ann', 'GET', '/rooms/r')
    expect(result.memberProperties[0]).toMatchObject({ client: 'ann', badge: 0, lastRead: _id })
    expect(door.heard.filter(({ what }) => what === 'echo')).toHaveLength(2)
  })

  test('keeps extra as a string when it came as one, and takes JSON of any kind as message', async () => {
    expect(await sent('ann', { message: 'x', extra: '{"a":1}' })).toMatchObject({
      extra: '{"a":1}',
    })
    const custom = await sent('ann', { messageType: 'poll', message: { options: [1, 2] } })
    expect(custom).toMatchObject({ messageType: 'poll', message: { options: [1, 2] } })
  })

  test('shows the message that it replies to, of the same room alone', async () => {
    const { _id: reply } = await sent('ann', { message: 'question' })
    const answer = await sent('bob', { message: 'answer', reply })
    expect(answer).toMatchObject({
      reply: { _id: reply, message: 'question', sender: { id: 'ann' } },
    })
    expect(await newest()).toEqual(answer)
    await door.platform('POST', '/rooms', { _id: 'secret', members: ['cat'] })
    const { result } = await post('cat', { message: 'hidden' }, 'secret')
    expect(await sent('ann', { message: 'peep', reply: result._id })).toMatchObject({
      reply: result._id,
    })
    for (const whole of [{ _id: reply }, { id: reply }]) {
      expect(await sent('bob', { message: 'again', reply: whole })).toMatchObject({
        reply: { message: 'question' },
      })
    }
    expect(await sent('bob', { message: 'x', reply: 'nonsense' })).toMatchObject({
      reply: 'nonsense',
    })
  })

  test('reaches a direct room by the id that clients derive', async () => {
    const room = directRoomId('ann', 'bob')
    expect((await post('ann', { message: 'x' }, room)).code).toBe('NOT_ROOM_MEMBER')
    await door.as('ann', 'POST', '/rooms/createAndJoin', { roomType: 'direct', invitee: 'bob' })
    const { result } = await post('ann', { message: 'x' }, room)
    expect(result).toMatchObject({ room, message: 'x' })
    expect(await unread('bob')).toBe(1)
  })

  test.each([
    [{}, 400, 'MISSING_PARAMETER'],
    [{ message: 7 }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', messageType: 7 }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', messageType: '' }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', messageType: 'recall' }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', width: '4' }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', mentions: [1] }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', images: ['a'] }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', extra: 7 }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', push: 'no' }, 400, 'INVALID_REQUEST'],
    [{ message: 'x', _id: 'nonsense' }, 404, 'MESSAGE_NOT_FOUND'],
    [{ message: 'x'.repeat(70_000) }, 413, 'MESSAGE_TOO_LARGE'],
  ])('is refused: %j', async (body, status, code) => {
    expect(await post('ann', body)).toMatchObject({ status, code })
  })

  test('is refused when it nests too deep', async () => {
    const deep = `{"message":"x","extra":{"a":${'['.repeat(3000)}${']'.repeat(3000)}}}`
    const answer = await door.platform('POST', '/rooms/r/message', deep)
    expect(answer).toMatchObject({ status: 400 })
  })

  test('is refused of strangers, as if the room were not there', async () => {
    for (const room of ['r', 'no-such-room']) {
      const answer = await post('cat', { message: 'x' }, room)
      expect(answer).toMatchObject({ status: 403, code: 'NOT_ROOM_MEMBER' })
    }
  })
})

describe('an edit', () => {
  test('changes what is sent and keeps the rest', async () => {
    const extra = { a: 1 }
    const before = await sent('ann', { messageType: 'custom', message: 'helo', extra })
    const after = await sent('ann', { _id: before._id, message: 'hello' })
    expect(after).toMatchObject({
      _id: before._id,
      messageType: 'custom',
      message: 'hello',
      extra,
      createdAtMS: before.createdAtMS,
    })
    expect(after.updatedAtMS).toBeGreaterThanOrEqual(before.updatedAtMS)
    expect(after.editedAt).toBe(after.updatedAt)
    expect(await newest('bob')).toEqual(after)
    expect(await unread('bob')).toBe(1)
  })

  test('keeps both of two at once', async () => {
    const { _id } = await sent('ann', { message: 'a' })
    await Promise.all([sent('ann', { _id, message: 'b' }), sent('ann', { _id, extra: { c: 1 } })])
    expect(await newest()).toMatchObject({ message: 'b', extra: { c: 1 } })
  })

  test('is for the sender, superusers and the platform', async () => {
    const { _id } = await sent('ann', { message: 'a' })
    expect(await post('bob', { _id, message: 'b' })).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_PERMISSIONS',
    })
    await door.platform('PUT', '/rooms/r', { managers: ['bob'] })
    expect((await post('bob', { _id, message: 'b' })).status).toBe(200)
    const platform = await door.platform('POST', '/rooms/r/message', { _id, message: 'c' })
    expect(platform.result).toMatchObject({ message: 'c', sender: { id: 'ann' } })
    expect((await post('cat', { _id, message: 'd' })).code).toBe('NOT_ROOM_MEMBER')
  })

  test('is refused of what another room said, was recalled, or the server made', async () => {
    await door.platform('POST', '/rooms', { _id: 's', members: ['ann'] })
    const { result } = await post('ann', { message: 'x' }, 's')
    const elsewhere = await post('ann', { _id: result._id, message: 'y' })
    expect(elsewhere.code).toBe('MESSAGE_NOT_FOUND')
    const { _id } = await sent('ann', { message: 'a' })
    await sent('ann', { _id, messageType: 'recall' })
    expect((await post('ann', { _id, message: 'b' })).code).toBe('INVALID_REQUEST')
    await door.as('cat', 'POST', '/rooms/r/join', { systemMessage: true })
    const made = await newest()
    const edit = await post('cat', { _id: made._id, message: 'I never came' })
    expect(edit.code).toBe('INSUFFICIENT_PERMISSIONS')
  })

  test('says nothing where nothing can be said', async () => {
    const { _id } = await sent('ann', { message: 'a' })
    await door.platform('PUT', '/rooms/r', { status: 0 })
    expect((await post('ann', { _id, message: 'b' })).code).toBe('ROOM_FROZEN')
    expect((await post('ann', { _id, messageType: 'recall' })).status).toBe(200)
  })
})

describe('a recall', () => {
  test('leaves an empty message of the same id, no longer counted', async () => {
    const { _id, createdAtMS } = await sent('ann', { message: 'oops', extra: { a: 1 } })
    await sent('ann', { message: 'next' })
    const recalled = await sent('ann', { _id, messageType: 'recall', message: 'ignored' })
    expect(recalled).toMatchObject({
      _id,
      messageType: 'recall',
      message: '',
      createdAtMS,
      editedAt: null,
      mentions: [],
    })
    expect(recalled).not.toHaveProperty('extra')
    expect(await unread('bob')).toBe(1)
    const { data } = (await door.as('bob', 'GET', '/rooms/r/messages/v3')).result
    expect(data.map(({ messageType }: Json) => messageType)).toEqual(['text', 'recall'])
    expect(await sent('ann', { _id, messageType: 'recall' })).toEqual(recalled)
  })

  test('is for the sender, superusers and the platform', async () => {
    const { _id } = await sent('ann', { message: 'a' })
    const recall = { _id, messageType: 'recall' }
    expect((await post('bob', recall)).code).toBe('INSUFFICIENT_PERMISSIONS')
    expect((await door.platform('POST', '/rooms/r/message', recall)).status).toBe(200)
  })
})

describe('POST /messages', () => {
  const send = (changes: Record<string, unknown>) =>
    door.platform('POST', '/messages', {
      room: 'r',
      sender: 'cat',
      messageType: 'text',
      message: 'news',
      ...changes,
    })

  test('sends for a client, also where it is no member', async () => {
    const { result } = await send({})
    expect(result).toMatchObject({ room: 'r', sender: { id: 'cat' }, message: 'news' })
    expect(await newest()).toEqual(result)
    expect(await unread('ann')).toBe(1)
  })

  test.each([
    [{ room: 'no' }, 404, 'ROOM_NOT_FOUND'],
    [{ room: undefined }, 400, 'MISSING_PARAMETER'],
    [{ sender: 'nobody' }, 404, 'CLIENT_NOT_FOUND'],
    [{ sender: undefined }, 400, 'MISSING_PARAMETER'],
    [{ messageType: undefined }, 400, 'MISSING_PARAMETER'],
    [{ message: undefined }, 400, 'MISSING_PARAMETER'],
  ])('refuses %j', async (changes, status, code) => {
    expect(await send(changes)).toMatchObject({ status, code })
  })

  test('has no third side in a direct room', async () => {
    const room = { _id: 'd', roomType: 'direct', members: ['ann', 'bob'] }
    await door.platform('POST', '/rooms', room)
    expect(await send({ room: 'd' })).toMatchObject({ status: 403, code: 'NOT_ROOM_MEMBER' })
    expect((await send({ room: 'd', sender: 'ann' })).status).toBe(200)
  })

  test('is the platform’s', async () => {
    expect((await door.as('ann', 'POST', '/messages', {})).status).toBe(403)
  })
})
