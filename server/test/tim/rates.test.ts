/** Section 10: rates. Time is set by the tests. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { commands } from '../../src/api/tim/commands.ts'
import { openCredentials } from '../../src/api/tim/credentials.ts'
import { openFailedSignatures } from '../../src/api/tim/failed-signatures.ts'
import { openRate } from '../../src/api/tim/rates.ts'
import { openBucket } from '../../src/lib/bucket.ts'
import {
  ADMIN,
  type Answer,
  batch,
  openDoor,
  pathOf,
  SDK_APP_ID,
  SECRET_KEY,
  type TestDoor,
  userSig,
} from './door.ts'

const START = 1_766_312_400_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(START)
})
afterEach(() => {
  vi.useRealTimers()
})

const ask = (door: TestDoor) => door.call('openim/query_online_status', { To_Account: [ADMIN] })
const codes = async (calls: Promise<Answer>[]) =>
  (await Promise.all(calls)).map(({ ErrorCode }) => ErrorCode)

describe('a bucket', () => {
  let time = 0
  const now = () => time
  beforeEach(() => {
    time = START
  })

  test('holds one fill, and fills with time', () => {
    const take = openBucket(10, 1000, now)
    const taken = () => Array.from({ length: 20 }, () => take()).filter(Boolean).length
    expect(taken()).toBe(10)
    time += 100
    expect(taken()).toBe(1)
    time += 550
    expect(taken()).toBe(5)
    time += 1_000_000
    expect(taken()).toBe(10)
  })

  test('of size 0 is no limit', () => {
    const take = openBucket(0, 1000, now)
    expect(Array.from({ length: 1000 }, () => take()).every(Boolean)).toBe(true)
  })

  test('refuses what does not fit, and takes nothing for it', () => {
    const take = openBucket(10, 1000, now)
    expect([take(8), take(3), take(2), take(1)]).toEqual([true, false, true, false])
  })

  test('bears a clock that is set back', () => {
    const take = openBucket(2, 1000, now)
    take(2)
    time -= 3_600_000
    expect(take()).toBe(false)
    time += 500
    expect(take()).toBe(true)
  })

  test('of a command scales with the rate of batchsendmsg', () => {
    const rate = (documented: number, setting: number) => {
      const take = openRate(documented, setting, now)
      let count = 0
      while (count < 5000 && take()) count += 1
      return count
    }
    expect(rate(200, 200)).toBe(200)
    expect(rate(100, 200)).toBe(100)
    expect(rate(100, 1000)).toBe(500)
    expect(rate(200, 0)).toBe(5000)
    // Less than one a second still lets one through, and the next one later.
    const slow = openRate(100, 1, now)
    expect([slow(), slow()]).toEqual([true, false])
    time += 1999
    expect(slow()).toBe(false)
    time += 1
    expect(slow()).toBe(true)
  })
})

test('every command has its documented rate', () => {
  expect(Object.fromEntries(commands.map((each) => [each.name, each.callsPerSecond]))).toEqual({
    batchsendmsg: 200,
    admin_getroammsg: 200,
    admin_msgwithdraw: 200,
    modify_c2c_msg: 200,
    admin_set_msg_read: 200,
    get_c2c_unread_msg_num: 200,
    query_online_status: 200,
    querystate: 100,
    account_import: 200,
    multiaccount_import: 100,
    account_check: 100,
    kick: 200,
  })
})

test('calls over the rate are refused until time has passed: 60007', async () => {
  await using door = await openDoor({ settings: { timCallsPerSecond: 4 } })
  const answers = await codes(Array.from({ length: 6 }, () => ask(door)))
  expect(answers.sort()).toEqual([0, 0, 0, 0, 60007, 60007])
  // Each command has a rate of its own.
  const check = { CheckItem: [{ UserID: 'x' }] }
  const others = Array.from({ length: 3 }, () =>
    door.call('im_open_login_svc/account_check', check),
  )
  expect((await codes(others)).sort()).toEqual([0, 0, 60007])
  vi.setSystemTime(START + 250)
  expect((await codes([ask(door), ask(door)])).sort()).toEqual([0, 60007])
})

test('a refused call is not parsed, and a malformed one counts', async () => {
  await using door = await openDoor({ settings: { timCallsPerSecond: 1 } })
  expect(await door.call('openim/query_online_status', '{')).toMatchObject({ ErrorCode: 90001 })
  expect(await door.call('openim/query_online_status', '{')).toMatchObject({ ErrorCode: 60007 })
})

test('all calls of the app may have a rate: 60011', async () => {
  await using door = await openDoor({ settings: { timAppCallsPerSecond: 3 } })
  const check = { CheckItem: [{ UserID: 'x' }] }
  const calls = [
    ask(door),
    ask(door),
    door.call('im_open_login_svc/account_check', check),
    ask(door),
  ]
  expect((await codes(calls)).sort()).toEqual([0, 0, 0, 60011])
})

test('recipients of a minute may have a limit, which counts raw entries: 60007', async () => {
  await using door = await openDoor({
    settings: { timRecipientsPerMinute: 10 },
    accounts: ['bonnie'],
  })
  let random = 0
  const send = async (count: number, changes = {}) => {
    random += 1
    const body = batch({ To_Account: Array(count).fill('bonnie'), MsgRandom: random, ...changes })
    return (await door.call('openim/batchsendmsg', body)).ErrorCode
  }
  expect(await send(6)).toBe(0)
  expect(await send(5)).toBe(60007)
  // What is refused for another reason takes nothing.
  expect(await send(4, { MsgBody: [] })).toBe(90002)
  expect(await send(4)).toBe(0)
  vi.setSystemTime(START + 30_000)
  expect([await send(6), await send(5)]).toEqual([60007, 0])
})

describe('failed signatures', () => {
  const wrong = (door: TestDoor) =>
    door.ask(pathOf('openim/query_online_status', { usersig: 'x' }), {})

  test('make an address wait for a minute: 70050', async () => {
    await using door = await openDoor({ settings: { timFailedSignaturesPerMinute: 2 } })
    const answer = async (call: Promise<Answer>) => (await call).ErrorCode
    expect([await answer(wrong(door)), await answer(ask(door))]).toEqual([70003, 0])
    expect([await answer(wrong(door)), await answer(ask(door))]).toEqual([70003, 70050])
    vi.setSystemTime(START + 59_999)
    expect(await answer(ask(door))).toBe(70050)
    vi.setSystemTime(START + 60_000)
    expect([await answer(ask(door)), await answer(wrong(door))]).toEqual([0, 70003])
  })

  test('do not matter by default', async () => {
    await using door = await openDoor()
    for (let i = 0; i < 5; i += 1) await wrong(door)
    expect(await ask(door)).toMatchObject({ ErrorCode: 0 })
  })

  test('are remembered of 10,000 addresses at most', () => {
    const failed = openFailedSignatures(1, () => START)
    for (let i = 0; i <= 10_000; i += 1) failed.count(`10.0.${i >> 8}.${i & 255}`)
    expect(() => failed.check('10.0.0.0')).not.toThrow()
    expect(() => failed.check('10.0.0.1')).toThrow(expect.objectContaining({ code: 70050 }))
  })
})

test('good UserSigs are remembered 1,000 at a time, and the others verified again', async () => {
  await using door = await openDoor()
  const secrets = { sdkAppId: SDK_APP_ID, secretKey: SECRET_KEY }
  const verify = openCredentials(secrets, door.engines.directory, Date.now)
  const lines = Array.from({ length: 1001 }, (_, i) => ({
    path: '',
    sdkappid: '',
    identifier: ADMIN,
    usersig: userSig({ expire: 1000 + i }),
  }))
  for (let round = 0; round < 2; round += 1) {
    for (const line of lines) expect(() => verify(line)).not.toThrow()
  }
})
