import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Json, openDoor, type TestDoor } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['bob', 'cat', 'dan'] })
  await door.platform('POST', '/admin/clients', { _id: 'ann', nickname: 'Ann' })
  await door.platform('POST', '/admin/clients', { _id: 'bob', nickname: 'Bob' })
  await make({ _id: 'r', members: ['ann', 'bob'] })
})
afterEach(() => door[Symbol.asyncDispose]())

const make = (room: Record<string, unknown>) => door.platform('POST', '/rooms', room)
const memberIds = (room: Json) => room.members.map(({ id }: Json) => id)

async function members(): Promise<string[]> {
  return memberIds((await door.platform('GET', '/rooms/r')).result)
}

/** The room's messages, oldest first. */
async function said(): Promise<Json[]> {
  return (await door.platform('GET', '/rooms/r/messages/v3?sortOrder=asc')).result.data
}

describe('coming in', () => {
  test('joins by itself', async () => {
    const { result } = await door.as('cat', 'POST', '/rooms/r/join')
    expect(memberIds(result)).toEqual(['ann', 'bob', 'cat'])
    expect((await door.as('cat', 'POST', '/rooms/r/join/')).status).toBe(200)
    expect(await said()).toEqual([])
  })

  test('tells of somebody who joins, once', async () => {
    const systemMessage = true
    await door.as('cat', 'POST', '/rooms/r/join', { systemMessage })
    await door.as('cat', 'POST', '/rooms/r/join', { systemMessage })
    expect(await said()).toMatchObject([
      { messageType: 'joinRoom', sender: { id: 'cat' }, member: { _id: 'cat', id: 'cat' } },
    ])
  })

  test('is added by a member, with a message about one or several', async () => {
    const { result } = await door.as('ann', 'POST', '/rooms/r/members', { invitees: ['cat'] })
    expect(memberIds(result)).toEqual(['ann', 'bob', 'cat'])
    const systemMessage = true
    await door.as('bob', 'POST', '/rooms/r/delete/members', { members: ['cat'] })
    await door.as('ann', 'POST', '/rooms/r/members', { invitees: ['cat', 'bob'], systemMessage })
    await door.as('ann', 'POST', '/rooms/r/delete/members', { members: ['cat', 'bob'] })
    await door.as('ann', 'POST', '/rooms/r/members', { invitees: ['cat', 'bob'], systemMessage })
    expect(await said()).toMatchObject([
      { messageType: 'addMember', message: 'cat', sender: { id: 'ann' }, member: { id: 'cat' } },
      {
        messageType: 'addMembers',
        message: 'cat, Bob',
        extra: { invitees: [{ id: 'cat' }, { id: 'bob', nickname: 'Bob', clientType: 'user' }] },
      },
    ])
  })

  test('is added by the older call, too, and by the platform', async () => {
    const { result } = await door.as('ann', 'POST', '/rooms/r/members/cat/', {
      systemMessage: true,
    })
    expect(memberIds(result)).toEqual(['ann', 'bob', 'cat'])
    const added = await door.platform('POST', '/rooms/r/members', {
      invitees: ['dan'],
      systemMessage: true,
    })
    expect(memberIds(added.result)).toEqual(['ann', 'bob', 'cat', 'dan'])
    expect(await said()).toMatchObject([{ sender: { id: 'ann' } }, { sender: { id: 'admin' } }])
  })

  test('is told with the room when it is made so', async () => {
    const room = { invitee: ['bob', 'cat'], systemMessage: true, _id: 'new' }
    await door.as('ann', 'POST', '/rooms/createAndJoin', room)
    const { result } = await door.as('bob', 'GET', '/rooms/new/messages/v3')
    expect(result.data).toMatchObject([{ messageType: 'addMembers' }, { messageType: 'joinRoom' }])
  })

  test('is not possible in a closed room, but for its superusers', async () => {
    await door.platform('PUT', '/rooms/r', { opening: 0, managers: ['bob'] })
    expect((await door.as('cat', 'POST', '/rooms/r/join')).status).toBe(403)
    const call = { invitees: ['cat'] }
    expect((await door.as('ann', 'POST', '/rooms/r/members', call)).status).toBe(403)
    expect((await door.as('bob', 'POST', '/rooms/r/members', call)).status).toBe(200)
    expect((await door.as('cat', 'POST', '/rooms/r/join')).status).toBe(200)
  })

  test('is for members to allow, and never by invitation', async () => {
    const call = { invitees: ['cat'] }
    expect((await door.as('cat', 'POST', '/rooms/r/members', call)).code).toBe('NOT_ROOM_MEMBER')
    expect((await door.as('ann', 'POST', '/rooms/no/members', call)).code).toBe('ROOM_NOT_FOUND')
    expect((await door.as('ann', 'POST', '/rooms/no/join')).code).toBe('ROOM_NOT_FOUND')
    expect(
      await door.as('ann', 'POST', '/rooms/r/members', { ...call, invitationRequired: true }),
    ).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect((await door.as('ann', 'POST', '/rooms/r/members', {})).code).toBe('MISSING_PARAMETER')
    const unknown = await door.as('ann', 'POST', '/rooms/r/members', { invitees: ['nobody'] })
    expect(unknown.code).toBe('CLIENT_NOT_FOUND')
    expect(await members()).toEqual(['ann', 'bob'])
  })

  test.each<[string, string]>([
    ['GET', '/rooms/invitations'],
    ['GET', '/rooms/r/invitations'],
    ['DELETE', '/rooms/r/invitations'],
    ['POST', '/rooms/r/delete/invitations'],
  ])('leaves no invitation behind, as %s %s says', async (method, path) => {
    const { status, result } = await door.as('ann', method, path)
    expect([status, result]).toEqual([200, { totalCount: 0, data: [] }])
  })

  test('never changes a direct room', async () => {
    await make({ _id: 'd', roomType: 'direct', members: ['ann', 'bob'] })
    const add = await door.as('ann', 'POST', '/rooms/d/members', { invitees: ['cat'] })
    expect(add).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    const leave = await door.as('ann', 'POST', '/rooms/d/delete/members', { members: ['ann'] })
    expect(leave.status).toBe(400)
    expect((await door.as('cat', 'POST', '/rooms/d/join')).code).toBe('NOT_ROOM_MEMBER')
    expect((await door.as('ann', 'POST', '/rooms/d/join')).status).toBe(200)
  })
})

describe('going', () => {
  test('leaves, and says so before', async () => {
    const call = { members: ['bob'], systemMessage: true }
    const { result } = await door.as('bob', 'POST', '/rooms/r/delete/members', call)
    expect(memberIds(result)).toEqual(['ann'])
    expect(await said()).toMatchObject([
      { messageType: 'leaveRoom', sender: { id: 'bob' }, member: { id: 'bob' } },
    ])
    expect((await door.as('bob', 'GET', '/rooms/r')).code).toBe('NOT_ROOM_MEMBER')
    expect((await door.as('bob', 'GET', '/rooms')).result.data).toEqual([])
  })

  test('is removed by others, and says whom', async () => {
    await door.as('ann', 'POST', '/rooms/r/members', { invitees: ['cat'] })
    const call = { members: ['bob', 'cat', 'dan'], systemMessage: true }
    await door.as('ann', 'POST', '/rooms/r/delete/members', call)
    expect(await members()).toEqual(['ann'])
    expect(await said()).toMatchObject([
      {
        messageType: 'deleteMember',
        message: 'Bob, cat',
        member: { id: 'bob' },
        extra: { members: [{ id: 'bob' }, { id: 'cat' }] },
      },
    ])
  })

  test('is removed by the older call, too', async () => {
    const { result } = await door.as('ann', 'DELETE', '/rooms/r/members/bob')
    expect(memberIds(result)).toEqual(['ann'])
  })

  test('removes no owner, but by itself and the platform', async () => {
    await make({ _id: 'o', members: ['ann', 'bob'], owner: 'ann' })
    expect((await door.as('bob', 'DELETE', '/rooms/o/members/ann')).status).toBe(403)
    expect((await door.as('ann', 'DELETE', '/rooms/o/members/ann')).status).toBe(200)
    await make({ _id: 'p', members: ['ann', 'bob'], owner: 'ann' })
    expect((await door.platform('DELETE', '/rooms/p/members/ann')).status).toBe(200)
  })
})

test('each message about members raises the badge of every other member by one', async () => {
  const badges = async () =>
    Object.fromEntries(
      (await door.platform('GET', '/rooms/r')).result.memberProperties.map((each: Json) => [
        each.client,
        each.badge,
      ]),
    )
  await door.as('ann', 'POST', '/rooms/r/members', { invitees: ['cat'], systemMessage: true })
  expect(await badges()).toEqual({ ann: 0, bob: 1, cat: 1 })
})

describe('blocks', () => {
  test('make the direct room, are listed, and end', async () => {
    const made = await door.as('ann', 'POST', '/blockStatus/my/bob')
    expect(made.result).toMatchObject({ blocker: 'ann', blockee: { id: 'bob' } })
    const { room } = made.result
    expect((await door.as('ann', 'GET', '/blockStatus/my')).result).toMatchObject({
      totalCount: 1,
      data: [{ blockee: { id: 'bob' }, room }],
    })
    const mine = (await door.as('ann', 'GET', `/rooms/${room}`)).result
    expect(mine).toMatchObject({ didBlockAtMS: made.result.createdAtMS, wasBlockedAtMS: null })
    const theirs = (await door.as('bob', 'GET', `/rooms/${room}`)).result
    expect(theirs).toMatchObject({ didBlockAt: null, wasBlockedAtMS: made.result.createdAtMS })
    for (const id of ['ann', 'bob']) {
      const sent = await door.as(id, 'POST', `/rooms/${room}/message`, { message: 'hi' })
      expect(sent).toMatchObject({ status: 403, code: 'BLOCKED' })
    }
    expect((await door.as('ann', 'DELETE', '/blockStatus/my/bob')).status).toBe(200)
    expect((await door.as('ann', 'GET', '/blockStatus/my')).result.data).toEqual([])
    const sent = await door.as('bob', 'POST', `/rooms/${room}/message`, { message: 'hi' })
    expect(sent.status).toBe(200)
  })

  test.each([
    ['POST', 'ann', 400, 'SELF_BLOCK_FORBIDDEN'],
    ['POST', 'nobody', 404, 'CLIENT_NOT_FOUND'],
    ['DELETE', 'bob', 404, 'BLOCK_NOT_FOUND'],
    ['POST', 'cat', 409, 'USER_ALREADY_BLOCKED'],
  ])('refuse %s of %s', async (method, blockee, status, code) => {
    await door.as('ann', 'POST', '/blockStatus/my/cat')
    const answer = await door.as('ann', method, `/blockStatus/my/${blockee}`)
    expect(answer).toMatchObject({ status, code })
  })
})

test('somebody who types is told to the others', async () => {
  const { result } = await door.as('ann', 'POST', '/rooms/r/typing', { message: 'Hel' })
  expect(result).toEqual({ message: 'Hel', room: 'r', sender: 'ann' })
  const told = door.heard.findLast(({ what }) => what === 'told')
  expect(told).toMatchObject({
    accounts: [door.number('bob')],
    happening: { type: 'typing', account: door.number('ann'), text: 'Hel' },
  })
  expect((await door.as('cat', 'POST', '/rooms/r/typing', {})).code).toBe('NOT_ROOM_MEMBER')
})
