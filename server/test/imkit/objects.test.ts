import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import { callOfOne } from '../../src/api/imkit/messages/call-of-one.ts'
import { Trait } from '../../src/domain/batch.ts'
import { type Json, openDoor, type TestDoor } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['ann', 'bob'] })
})
afterEach(() => door[Symbol.asyncDispose]())

async function firstIn(id: string, room: string): Promise<Json> {
  return (await door.as(id, 'GET', `/rooms/${room}/messages/v3`)).result.data[0]
}

test('messages, rooms and blocks name the app', async () => {
  const appID = 'Carillon'
  const { result: block } = await door.as('ann', 'POST', '/blockStatus/my/bob')
  await door.platform('POST', '/rooms', { _id: 'r', members: ['ann', 'bob'] })
  await door.as('ann', 'POST', '/rooms/r/message', { message: 'hi' })
  const { result: room } = await door.as('bob', 'GET', '/rooms/r')
  expect([block, room]).toMatchObject([{ appID }, { appID, lastMessage: { appID } }])
})

describe('a message', () => {
  test('of a batch has its id; one that came alone has none', async () => {
    const paras = [{ receiver: 'bob' }]
    const { result } = await door.as('ann', 'POST', '/messages/batch', { message: 'hi', paras })
    const room = directRoomId('ann', 'bob')
    expect(await firstIn('bob', room)).toMatchObject({ batchID: result.batchID, room })
    await door.as('ann', 'POST', `/rooms/${room}/message`, { message: 'alone' })
    expect(await firstIn('bob', room)).not.toHaveProperty('batchID')
  })

  test('that came through the TIM door reads as one of this door', async () => {
    const MsgBody = [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'from TIM' } }]
    const content = { format: 'tim' as const, json: JSON.stringify({ MsgBody }), text: 'from TIM' }
    await door.door.pipeline.accept(
      callOfOne(door.number('ann'), door.number('bob'), content, Trait.recognised),
    )
    expect(await firstIn('bob', directRoomId('ann', 'bob'))).toMatchObject({
      messageType: 'text',
      message: 'from TIM',
      sender: { id: 'ann' },
      batchID: expect.stringMatching(/^[0-9a-f]{24}$/),
    })
  })

  test('about members has what clients read without looking, whoever sent it', async () => {
    await door.platform('POST', '/rooms', { _id: 'r', members: ['ann', 'bob'] })
    for (const messageType of [
      'joinRoom',
      'leaveRoom',
      'addMember',
      'addMembers',
      'deleteMember',
    ]) {
      await door.as('ann', 'POST', '/rooms/r/message', { messageType, message: 'x' })
      expect(await firstIn('bob', 'r')).toMatchObject({ messageType, member: { id: 'ann' } })
    }
    expect(await firstIn('bob', 'r')).toMatchObject({ extra: { members: [] } })
    const extra = { invitees: ['bob', { _id: 'x', id: 'x' }, 7] }
    await door.as('ann', 'POST', '/rooms/r/message', { messageType: 'addMembers', extra })
    expect(await firstIn('bob', 'r')).toMatchObject({
      member: { id: 'bob' },
      extra: { invitees: [{ id: 'bob', clientType: 'user' }, { id: 'x' }] },
    })
  })

  test('shows what it replies to in its own room alone, whatever other rooms of the page reply to', async () => {
    for (const _id of ['r', 's']) await door.platform('POST', '/rooms', { _id, members: ['ann'] })
    const question = { message: 'question' }
    const { result } = await door.as('ann', 'POST', '/rooms/r/message', question)
    const { _id: reply } = result
    const paras = [{ room: 's' }, { room: 'r' }, { room: 's' }]
    const body = { message: 'answer', reply, paras }
    const { batchID } = (await door.as('ann', 'POST', '/messages/batch', body)).result
    const batch = await door.platform('GET', `/messages/batch?batchID=${batchID}`)
    const replies = batch.result.data.map((each: Json) => each.reply)
    expect(replies).toEqual([reply, expect.objectContaining(question), reply])
  })

  test('has no field of an object’s own by a trick', async () => {
    await door.platform('POST', '/rooms', { _id: 'r', members: ['ann', 'bob'] })
    const body = '{"message":"x","extra":{"__proto__":{"a":1}},"__proto__":{"sender":"bob"}}'
    const { result } = await door.platform('POST', '/rooms/r/message', body)
    expect(result).toMatchObject({ sender: { id: 'admin' } })
    expect(JSON.stringify(result.extra)).toBe('{"__proto__":{"a":1}}')
  })
})

test('members and senders carry what is known of clients, and nothing of their tokens', async () => {
  const profile = {
    _id: 'ann',
    nickname: 'Ann',
    avatarUrl: 'a.png',
    description: 'd',
    isRobot: true,
  }
  await door.platform('POST', '/admin/clients', { ...profile, issueAccessToken: true })
  await door.platform('POST', '/rooms', { _id: 'r', members: ['ann'] })
  const { result } = await door.platform('GET', '/rooms/r')
  expect(result.members).toEqual([
    {
      ...profile,
      id: 'ann',
      clientType: 'user',
      lastLoginTimeMS: 0,
    },
  ])
})
