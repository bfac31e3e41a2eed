import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDoor, secrets, type TestDoor } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['ann', 'bob'] })
  await room('a', ['x', 'y'], 2)
  await room('b', ['y'], 3)
  await room('c', [], 5)
  const paras = [{ receiver: 'bob' }, { receiver: 'bob' }]
  await door.as('ann', 'POST', '/messages/batch', { message: 'direct', paras })
})
afterEach(() => door[Symbol.asyncDispose]())

async function room(_id: string, roomTags: string[], messages: number): Promise<void> {
  await door.platform('POST', '/rooms', { _id, roomTags, members: ['ann', 'bob'] })
  for (let i = 0; i < messages; i += 1) {
    await door.as('ann', 'POST', `/rooms/${_id}/message`, { message: 'm' })
  }
}

describe('GET /me/badge', () => {
  const badge = async (query = '') =>
    (await door.as('bob', 'GET', `/me/badge${query}`)).result.badge

  test('adds up all rooms, or those with any of the tags, each once', async () => {
    expect(await badge()).toBe(12)
    expect(await badge('?roomTags=x')).toBe(2)
    expect(await badge('?roomTags=x&roomTags=y')).toBe(5)
    expect(await badge('?roomTags=none')).toBe(0)
  })

  test('leaves frozen rooms out', async () => {
    await door.platform('PUT', '/rooms/c', { status: 0 })
    expect(await badge()).toBe(7)
    await door.platform('PUT', '/rooms/a', { status: 0 })
    expect(await badge('?roomTags=y')).toBe(3)
  })
})

describe('POST /badges/byRoomTags', () => {
  const badges = async (body: unknown) =>
    (await door.as('bob', 'POST', '/badges/byRoomTags', body)).result

  test('gives each tag, and a total that counts each room once', async () => {
    expect(await badges({})).toEqual({ totalBadge: 5, data: { x: 2, y: 5 } })
    expect(await badges({ tags: [] })).toEqual({ totalBadge: 5, data: { x: 2, y: 5 } })
    expect(await badges({ tags: ['x', 'none'] })).toEqual({
      totalBadge: 2,
      data: { x: 2, none: 0 },
    })
  })

  test('refuses tags that are none', async () => {
    const { status, code } = await door.as('bob', 'POST', '/badges/byRoomTags', { tags: 'x' })
    expect([status, code]).toEqual([400, 'INVALID_TAGS'])
  })

  test.each(['/badges/byRoomTags', '/badges/byRoomTagsAndTime'])(
    'by %s are those of a client, whom the platform has to name',
    async (path) => {
      const { status, code } = await door.platform('POST', path, {})
      expect([status, code]).toEqual([400, 'MISSING_PARAMETER'])
      const headers = { 'IM-API-KEY': secrets.apiKey, 'IM-CLIENT-ID': 'bob' }
      const { result } = await door.call('POST', path, headers, { tags: ['x'] })
      expect(result).toEqual({ totalBadge: 2, data: { x: 2 } })
    },
  )
})

describe('POST /badges/', () => {
  const ask = (body: unknown) =>
    door.call('POST', '/badges/', { CLIENT_KEY: secrets.clientKey }, body)

  test('gives the badges of whose tokens come, and leaves others out', async () => {
    const tokens = [
      await door.token('bob'),
      await door.token('bob'),
      await door.token('ann'),
      'bad',
    ]
    expect((await ask({ tokens })).result).toEqual({
      data: [
        { client: 'bob', badge: 12 },
        { client: 'ann', badge: 0 },
      ],
      totalBadge: 12,
    })
  })

  test('refuses too many, and none', async () => {
    expect((await ask({ tokens: Array(101).fill('t') })).status).toBe(400)
    expect((await ask({})).code).toBe('MISSING_PARAMETER')
  })
})
