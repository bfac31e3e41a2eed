import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Json, openDoor, type TestDoor } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor()
})
afterEach(() => door[Symbol.asyncDispose]())

const CLIENTS = '/admin/clients'

describe('POST /admin/clients', () => {
  test('makes a client known, and shows it without a token', async () => {
    const body = {
      _id: 'ann',
      nickname: 'Ann',
      avatarUrl: '/a.png',
      description: 'hi',
      isRobot: true,
    }
    const { status, result } = await door.platform('POST', CLIENTS, body)
    expect(status).toBe(200)
    expect(result).toMatchObject({ ...body, id: 'ann', clientType: 'user' })
    expect(result).not.toHaveProperty('token')
  })

  test('shows what the app is called, and what nobody has said yet', async () => {
    await using named = await openDoor({ env: { CARILLON_APP_NAME: 'Shop' } })
    const { result } = await named.platform('POST', CLIENTS, { _id: 'ann' })
    const unsaid = { mute: [], notificationEnabled: true, isSocketConnected: true }
    expect(result).toMatchObject({ appID: 'Shop', ...unsaid })
    const silent = { _id: 'ann', notificationEnabled: false }
    expect((await named.platform('POST', CLIENTS, silent)).result.notificationEnabled).toBe(false)
  })

  test('changes only what is sent', async () => {
    await door.platform('POST', CLIENTS, {
      _id: 'ann',
      nickname: 'Ann',
      email: 'a@x',
      country: 'TW',
    })
    await door.platform('POST', CLIENTS, { _id: 'ann', email: 'b@x', nickname: null })
    const { result } = await door.platform('POST', CLIENTS, { _id: 'ann', unknown: 1 })
    expect(result).toMatchObject({ nickname: 'Ann', email: 'b@x', country: 'TW' })
    expect(result).not.toHaveProperty('unknown')
  })

  test('answers with what was changed at once by several calls', async () => {
    await Promise.all([
      door.platform('POST', CLIENTS, { _id: 'ann', email: 'a@x' }),
      door.platform('POST', CLIENTS, { _id: 'ann', city: 'Taipei' }),
      door.platform('POST', CLIENTS, { _id: 'ann', nickname: 'Ann' }),
    ])
    const { result } = await door.platform('GET', `${CLIENTS}/ann`)
    expect(result).toMatchObject({ email: 'a@x', city: 'Taipei', nickname: 'Ann' })
  })

  test.each<[Record<string, unknown>, string, string]>([
    [{}, 'MISSING_PARAMETER', '_id: expected a string, but nothing came'],
    [{ _id: '' }, 'MISSING_PARAMETER', '_id: expected a string, but nothing came'],
    [{ _id: 7 }, 'INVALID_REQUEST', '_id: expected a string, but the number 7 came'],
    [
      { _id: 'a\nb' },
      'INVALID_USER_ID',
      '_id: expected an id of 1 to 128 bytes of UTF-8 without control characters, but the string "a\\nb" came',
    ],
    [
      { _id: 'x'.repeat(129) },
      'INVALID_USER_ID',
      `_id: expected an id of 1 to 128 bytes of UTF-8 without control characters, but the string "${'x'.repeat(40)}"… came`,
    ],
    [
      { _id: 'ann', nickname: 7 },
      'INVALID_REQUEST',
      'nickname: expected a string of at most 500 bytes of UTF-8, but the number 7 came',
    ],
    [
      { _id: 'ann', isRobot: 'yes' },
      'INVALID_REQUEST',
      'isRobot: expected true or false, but the string "yes" came',
    ],
    [
      { _id: 'ann', clientType: 'group' },
      'INVALID_REQUEST',
      'clientType: expected "user", but the string "group" came',
    ],
    [
      { _id: 'ann', issueAccessToken: 1 },
      'INVALID_REQUEST',
      'issueAccessToken: expected true or false, but the number 1 came',
    ],
  ])('%j is refused', async (body, code, message) => {
    const { status, body: answer } = await door.platform('POST', CLIENTS, body)
    expect(answer).toEqual({ RC: 400, RM: message, error: { code, message } })
    expect(status).toBe(400)
    expect(door.number('ann')).toBe(0)
  })

  test('is refused when there are as many as allowed', async () => {
    await using full = await openDoor({ env: { CARILLON_ACCOUNTS_MAX: '1' } })
    await full.platform('POST', CLIENTS, { _id: 'ann' })
    const { status, code } = await full.platform('POST', CLIENTS, { _id: 'bob' })
    expect([status, code]).toEqual([409, 'TOO_MANY_CLIENTS'])
  })
})

describe('POST /admin/clients/list', () => {
  const post = (data: unknown) => door.platform('POST', `${CLIENTS}/list`, { data })

  test('makes many clients known', async () => {
    const { result } = await post([
      { _id: 'ann', nickname: 'Ann' },
      { _id: 'bob' },
      { _id: 'bob', email: 'b@x' },
      { _id: 'bob', city: 'C' },
    ])
    expect(result).toEqual({ count: 4 })
    const bob = await door.platform('GET', `${CLIENTS}/bob`)
    expect(bob.result).toMatchObject({ email: 'b@x', city: 'C' })
  })

  test('makes none known when one is wrong, and names it', async () => {
    for (const [item, message] of [
      [7, 'data[1]: expected an object, but the number 7 came'],
      [{}, 'data[1]._id: expected a string, but nothing came'],
      [
        { _id: 'b', email: 1 },
        'data[1].email: expected a string of at most 500 bytes of UTF-8, but the number 1 came',
      ],
    ]) {
      const { status, body } = await post([{ _id: 'ann' }, item])
      expect([status, body.RM]).toEqual([400, message])
    }
    expect((await post({})).status).toBe(400)
    expect(door.number('ann')).toBe(0)
  })
})

describe('GET /admin/clients', () => {
  const list = async (query: string) => (await door.platform('GET', `${CLIENTS}?${query}`)).result
  const ids = ({ data }: Json) => data.map(({ _id }: Json) => _id)

  beforeEach(async () => {
    const data = ['ann', 'bob', 'cat'].map((_id) => ({ _id, country: _id === 'bob' ? 'JP' : 'TW' }))
    await door.platform('POST', `${CLIENTS}/list`, { data })
  })

  test('pages through all of them', async () => {
    const all = await list('')
    expect(all.totalCount).toBe(3)
    expect(ids(all)).toEqual(['ann', 'bob', 'cat'])
    expect(ids(await list('skip=1&limit=1'))).toEqual(['bob'])
    expect(ids(await list('skip=9'))).toEqual([])
  })

  test('finds those that match a filter', async () => {
    const filter = (q: unknown) => list(`q=${encodeURIComponent(JSON.stringify(q))}`)
    expect(ids(await filter({ country: 'TW' }))).toEqual(['ann', 'cat'])
    expect(await filter({ _id: 'bob' })).toMatchObject({ totalCount: 1, data: [{ _id: 'bob' }] })
    expect(ids(await filter({ _id: 'bob', country: 'TW' }))).toEqual([])
    expect(ids(await filter({ _id: { $in: ['ann', 'zoe'] } }))).toEqual(['ann'])
    expect((await door.platform('GET', `${CLIENTS}?q=[`)).code).toBe('INVALID_QUERY')
  })
})

test('GET /admin/clients/:id shows a client that exists', async () => {
  const { status, code } = await door.platform('GET', `${CLIENTS}/zoe`)
  expect([status, code]).toEqual([404, 'CLIENT_NOT_FOUND'])
})

describe('/me', () => {
  test('shows the client itself', async () => {
    const { result } = await door.as('ann', 'GET', '/me')
    expect(result).toMatchObject({ _id: 'ann', id: 'ann', nickname: '', clientType: 'user' })
  })

  test('changes what a client may say of itself, and nothing else', async () => {
    const body = { _id: 'bob', nickname: 'Ann', publicKey: 'PEM', isRobot: true }
    const { result } = await door.as('ann', 'POST', '/me', body)
    expect(result).toMatchObject({ _id: 'ann', nickname: 'Ann', publicKey: 'PEM', isRobot: false })
  })

  test('takes a call without a body', async () => {
    expect((await door.as('ann', 'POST', '/me')).result._id).toBe('ann')
  })
})
