/** Sections 6.1, 6.2, 6.4, 6.5 and 6.6: accounts and who is online. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ADMIN, openDoor, pathOf, type TestDoor, userSig } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['ann', 'bob', 'cleo'], online: ['ann'], accountsMax: 200 })
})
afterEach(async () => {
  vi.useRealTimers()
  await door[Symbol.asyncDispose]()
})

const OK = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' }
const profile = (id: string) => door.engines.directory.profiles([door.number(id)])[0]

/** Values that are no UserID of this door. */
const noUserIds = [undefined, null, '', 5, true, {}, [], 'x'.repeat(33), '用'.repeat(11), 'a\nb']

describe('account_import', () => {
  const run = (body: unknown) => door.call('im_open_login_svc/account_import', body)

  test.each(['UserID', 'Identifier'])('imports by %s, with a profile', async (name) => {
    expect(await run({ [name]: 'dora', Nick: 'Dora ü', FaceUrl: 'http://x/d' })).toEqual(OK)
    expect(profile('dora')).toMatchObject({ id: 'dora', nick: 'Dora ü', avatarUrl: 'http://x/d' })
  })

  test('takes the newer name when both are there, and null for neither', async () => {
    await run({ UserID: 'new', Identifier: 'old' })
    await run({ UserID: null, Identifier: 'only' })
    expect([door.number('new') > 0, door.number('old'), door.number('only') > 0]).toEqual([
      true,
      0,
      true,
    ])
  })

  test('of a known account changes what is given and leaves the rest', async () => {
    await run({ UserID: 'ann', Nick: 'Ann', FaceUrl: 'http://x/a' })
    const number = door.number('ann')
    expect(await run({ UserID: 'ann', Nick: 'Anna' })).toEqual(OK)
    expect(await run({ UserID: 'ann', Nick: null })).toEqual(OK)
    expect(profile('ann')).toMatchObject({ id: 'ann', nick: 'Anna', avatarUrl: 'http://x/a' })
    expect(door.number('ann')).toBe(number)
  })

  test.each(noUserIds)('with the UserID %j: 70402', async (id) => {
    const answer = await run({ UserID: id })
    expect(answer).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 70402 })
    expect(answer.ErrorInfo).toContain('UserID: expected')
    expect(await run({ Identifier: id })).toMatchObject({ ErrorCode: 70402 })
  })

  test('takes a UserID of 32 bytes', async () => {
    expect(await run({ UserID: 'x'.repeat(32) })).toEqual(OK)
  })

  test.each(['Nick', 'FaceUrl'])('checks %s', async (name) => {
    expect(await run({ UserID: 'dora', [name]: 5 })).toMatchObject({ ErrorCode: 70402 })
    expect(await run({ UserID: 'dora', [name]: 'ü'.repeat(250) })).toEqual(OK)
    expect(await run({ UserID: 'dora', [name]: 'ü'.repeat(251) })).toMatchObject({
      ErrorCode: 40601,
    })
  })

  test('stops at the quota: 70398', async () => {
    for (let i = door.engines.directory.count; i < 200; i += 1) await door.import(`u${i}`)
    expect(await run({ UserID: 'dora' })).toMatchObject({ ErrorCode: 70398 })
    expect(await run({ UserID: 'ann', Nick: 'A' })).toEqual(OK)
  })
})

describe('multiaccount_import', () => {
  const run = (body: unknown) => door.call('im_open_login_svc/multiaccount_import', body)
  const many = (count: number) => Array.from({ length: count }, (_, i) => `u${i}`)

  test('imports the ids of older callers', async () => {
    expect(await run({ Accounts: ['dora', 'ann', 'dora'] })).toEqual({ ...OK, FailAccounts: [] })
    expect(door.number('dora')).toBeGreaterThan(0)
  })

  test('imports the objects of newer callers, with profiles', async () => {
    const AccountList = [
      { UserID: 'dora', Nick: 'Dora' },
      { UserID: 'eve', FaceUrl: 'http://x/e' },
    ]
    expect(await run({ AccountList, Accounts: null })).toEqual({ ...OK, FailAccounts: [] })
    expect(profile('dora')).toMatchObject({ nick: 'Dora' })
    expect(profile('eve')).toMatchObject({ avatarUrl: 'http://x/e' })
  })

  test('takes the list that is used, when the other one comes empty', async () => {
    expect(await run({ AccountList: [], Accounts: ['dora'] })).toMatchObject(OK)
    expect(await run({ AccountList: [{ UserID: 'eve' }], Accounts: [] })).toMatchObject(OK)
    expect(door.number('dora') > 0 && door.number('eve') > 0).toBe(true)
  })

  test('names those that cannot be imported, and imports the others', async () => {
    const long = 'x'.repeat(33)
    expect(await run({ Accounts: ['', long, 'dora'] })).toEqual({ ...OK, FailAccounts: ['', long] })
    const AccountList = [
      { UserID: 'eve' },
      { UserID: 'fay', Nick: 5 },
      { UserID: 'gil', FaceUrl: 'x'.repeat(501) },
    ]
    expect(await run({ AccountList })).toEqual({ ...OK, FailAccounts: ['fay', 'gil'] })
    expect(['dora', 'eve', 'fay', 'gil'].map((id) => door.number(id) > 0)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test.each<[string, unknown]>([
    ['neither list', {}],
    ['no array', { Accounts: 'dora' }],
    ['an empty array', { Accounts: [] }],
    ['an empty array of objects', { AccountList: [] }],
    ['more than 100', { Accounts: many(101) }],
    ['a number for an id', { Accounts: ['dora', 5] }],
    ['a string for an object', { AccountList: ['dora'] }],
    ['an object without UserID', { AccountList: [{ Nick: 'x' }] }],
    ['a number for a UserID', { AccountList: [{ UserID: 5 }] }],
  ])('with %s: 70402', async (_, body) => {
    expect(await run(body)).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 70402 })
    expect(door.number('dora')).toBe(0)
  })

  test('imports 100, and stops at the quota: 70398', async () => {
    expect(await run({ Accounts: many(100) })).toEqual({ ...OK, FailAccounts: [] })
    const more = many(100).map((id) => `v${id}`)
    expect(await run({ Accounts: more })).toMatchObject({ ErrorCode: 70398 })
    expect(door.number('vu0')).toBe(0)
  })
})

describe('account_check', () => {
  const run = (body: unknown) => door.call('im_open_login_svc/account_check', body)

  test('tells which accounts are imported', async () => {
    const long = 'x'.repeat(40)
    await door.import(long)
    const ids = ['ann', 'dora', '', long, 'ann']
    const item = (UserID: string, AccountStatus: string) => {
      return { UserID, ResultCode: 0, ResultInfo: '', AccountStatus }
    }
    expect(await run({ CheckItem: ids.map((UserID) => ({ UserID })) })).toEqual({
      ...OK,
      ResultItem: [
        item('ann', 'Imported'),
        item('dora', 'NotImported'),
        item('', 'NotImported'),
        item(long, 'NotImported'),
        item('ann', 'Imported'),
      ],
    })
  })

  test.each<[string, unknown]>([
    ['no list', {}],
    ['null', { CheckItem: null }],
    ['no array', { CheckItem: { UserID: 'ann' } }],
    ['an empty array', { CheckItem: [] }],
    ['more than 100', { CheckItem: Array(101).fill({ UserID: 'ann' }) }],
    ['a string for an object', { CheckItem: ['ann'] }],
    ['an object without UserID', { CheckItem: [{}] }],
    ['a number for a UserID', { CheckItem: [{ UserID: 5 }] }],
  ])('with %s: 70402', async (_, body) => {
    expect(await run(body)).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 70402 })
  })
})

describe('kick', () => {
  const run = (body: unknown) => door.call('im_open_login_svc/kick', body)

  test.each(['UserID', 'Identifier'])('by %s ends the terminals of the account', async (name) => {
    expect(await run({ [name]: 'ann' })).toEqual(OK)
    expect(door.delivered).toEqual([{ account: door.number('ann'), what: 'closed' }])
  })

  test.each(noUserIds)('with the UserID %j: 70402', async (id) => {
    expect(await run({ UserID: id })).toMatchObject({ ErrorCode: 70402 })
  })

  test('of an unknown account: 70107', async () => {
    expect(await run({ UserID: 'dora' })).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 70107 })
  })

  test('forgets the devices of the account, and no others', async () => {
    const device = { token: 'ab', keys: null, app: '', locale: '', timeZone: '' }
    const owners = { ann: ['fcm', 'apns', 'web'], bob: ['fcm'] } as const
    for (const [id, ways] of Object.entries(owners)) {
      for (const way of ways) {
        await door.pipeline.registerDevice(door.number(id), { ...device, id: `${id}'s`, way })
      }
    }
    expect(await run({ UserID: 'ann' })).toEqual(OK)
    const devicesOf = (id: string) => door.engines.directory.devices(door.number(id))
    expect([devicesOf('ann').length, devicesOf('bob').length]).toEqual([0, 1])
    await door.pipeline.registerDevice(door.number('ann'), { ...device, id: 'new', way: 'fcm' })
    expect(devicesOf('ann')).toHaveLength(1)
  })

  test('voids what was signed up to its second; what is signed in the next one works', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const second = 1_766_312_400
    vi.setSystemTime(second * 1000 + 500)
    await using two = await openDoor({ settings: { admins: [ADMIN, 'ops'] } })
    const asOps = (issuedAt: number) =>
      two.ask(
        pathOf('openim/query_online_status', {
          identifier: 'ops',
          usersig: userSig({ identifier: 'ops', issuedAt }),
        }),
        { To_Account: ['ops'] },
      )
    // Verified, and remembered.
    expect(await asOps(second)).toMatchObject({ ErrorCode: 0 })
    expect(await two.call('im_open_login_svc/kick', { UserID: 'ops' })).toEqual(OK)
    expect(await asOps(second)).toMatchObject({ ErrorCode: 70052 })
    expect(await asOps(second - 5)).toMatchObject({ ErrorCode: 70052 })
    expect(await asOps(second + 1)).toMatchObject({ ErrorCode: 0 })
  })
})

test('a UserSig that was good is refused in the second after it expires', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const second = 1_766_312_400
  vi.setSystemTime(second * 1000)
  const path = pathOf('openim/query_online_status', {
    usersig: userSig({ issuedAt: second, expire: 60 }),
  })
  await using door = await openDoor()
  const ask = () => door.ask(path, { To_Account: [ADMIN] })
  expect(await ask()).toMatchObject({ ErrorCode: 0 })
  vi.setSystemTime((second + 60) * 1000 + 999)
  expect(await ask()).toMatchObject({ ErrorCode: 0 })
  vi.setSystemTime((second + 61) * 1000)
  expect(await ask()).toMatchObject({ ErrorCode: 70001 })
  expect(await ask()).toMatchObject({ ErrorCode: 70001 })
})

describe.each([
  ['query_online_status', 'Status'],
  ['querystate', 'State'],
])('%s', (command, field) => {
  const run = (body: unknown) => door.call(`openim/${command}`, body)

  test(`tells the ${field} of each account, and who is unknown`, async () => {
    expect(await run({ To_Account: ['ann', 'dora', 'bob', 'x'.repeat(33)] })).toEqual({
      ...OK,
      QueryResult: [
        { To_Account: 'ann', [field]: 'Online' },
        { To_Account: 'bob', [field]: 'Offline' },
      ],
      ErrorList: [
        { To_Account: 'dora', ErrorCode: 70107 },
        { To_Account: 'x'.repeat(33), ErrorCode: 70107 },
      ],
    })
    expect(await run({ To_Account: ['ann'] })).not.toHaveProperty('ErrorList')
  })

  test('tells of a phone that can be notified, but not of a browser', async () => {
    await using away = await openDoor()
    await away.import('phil', 'wendy')
    const device = { id: 'd', token: 'ab', keys: null, app: '', locale: '', timeZone: '' }
    await away.pipeline.registerDevice(away.number('phil'), { ...device, way: 'fcm' })
    await away.pipeline.registerDevice(away.number('wendy'), { ...device, way: 'web' })
    expect(await away.call(`openim/${command}`, { To_Account: ['phil', 'wendy'] })).toMatchObject({
      QueryResult: [
        { To_Account: 'phil', [field]: 'PushOnline' },
        { To_Account: 'wendy', [field]: 'Offline' },
      ],
    })
  })

  test('tells in detail what terminals run on, and which phones can be notified', async () => {
    await using two = await openDoor({
      accounts: ['ann', 'bob', 'cleo', 'dora'],
      online: ['ann', 'bob'],
      platforms: { ann: ['web', 'iphone'] },
    })
    const device = { id: 'd', token: 'ab', keys: null, app: '', locale: '', timeZone: '' }
    const ways = { ann: ['fcm', 'apns', 'web'], cleo: ['apns-voip', 'web'], dora: ['web'] } as const
    for (const [id, each] of Object.entries(ways)) {
      for (const way of each) {
        await two.pipeline.registerDevice(two.number(id), { ...device, id: `${id} ${way}`, way })
      }
    }
    const body = { To_Account: ['ann', 'bob', 'cleo', 'dora'], IsNeedDetail: 1 }
    expect(await two.call(`openim/${command}`, body)).toEqual({
      ...OK,
      QueryResult: [
        {
          To_Account: 'ann',
          [field]: 'Online',
          Detail: [
            { Platform: 'iPhone', Status: 'Online' },
            { Platform: 'Android', Status: 'PushOnline' },
            { Platform: 'Web', Status: 'Online' },
          ],
        },
        { To_Account: 'bob', [field]: 'Online', Detail: [] },
        {
          To_Account: 'cleo',
          [field]: 'PushOnline',
          Detail: [{ Platform: 'iPhone', Status: 'PushOnline' }],
        },
        { To_Account: 'dora', [field]: 'Offline', Detail: [] },
      ],
    })
  })

  test('has no detail unless asked', async () => {
    const plain = { QueryResult: [{ To_Account: 'ann', [field]: 'Online' }] }
    expect(await run({ To_Account: ['ann'], IsNeedDetail: 0 })).toEqual({ ...OK, ...plain })
    expect(await run({ To_Account: ['ann'], IsNeedDetail: null })).toEqual({ ...OK, ...plain })
  })

  test.each<[string, unknown, number]>([
    ['no To_Account', {}, 90003],
    ['null', { To_Account: null }, 90003],
    ['a string', { To_Account: 'ann' }, 90003],
    ['a number in it', { To_Account: ['ann', 5] }, 90003],
    ['an empty array', { To_Account: [] }, 90001],
    ['more than 500', { To_Account: Array(501).fill('ann') }, 90011],
    ['a mistyped IsNeedDetail', { To_Account: ['ann'], IsNeedDetail: 'x' }, 90001],
    ['nobody who exists', { To_Account: ['dora', ''] }, 70107],
  ])('with %s', async (_, body, code) => {
    expect(await run(body)).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
  })

  test('takes 500', async () => {
    const { QueryResult } = await run({ To_Account: Array(500).fill('ann') })
    expect(QueryResult).toHaveLength(500)
  })
})
