/** Section 7.7: letting a message say something else. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Answer, batch, openDoor, type TestDoor, text } from './door.ts'

const SECOND = 1_766_312_400
const DONE = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: 'succeed' }

let door: TestDoor
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(SECOND * 1000)
  door = await openDoor({
    accounts: ['ann', 'bob', 'cleo'],
    online: ['ann', 'bob'],
    settings: { timMessageBytes: 200 },
  })
})
afterEach(async () => {
  vi.useRealTimers()
  await door[Symbol.asyncDispose]()
})

async function send(changes: Record<string, unknown> = {}): Promise<string> {
  const pair = { From_Account: 'bob', To_Account: ['ann'], CloudCustomData: 'old' }
  const answer = await door.call('openim/batchsendmsg', batch({ ...pair, ...changes }))
  expect(answer.ErrorCode).toBe(0)
  return answer.MsgKey
}

const modify = (MsgKey: string, changes: Record<string, unknown>): Promise<Answer> =>
  door.call('openim/modify_c2c_msg', { From_Account: 'bob', To_Account: 'ann', MsgKey, ...changes })

async function history(first = 'ann', second = 'bob'): Promise<Answer[]> {
  const answer = await door.call('openim/admin_getroammsg', {
    Operator_Account: first,
    Peer_Account: second,
    MaxCnt: 100,
    MinTime: SECOND,
    MaxTime: SECOND + 1000,
  })
  return answer.MsgList
}

describe('a change', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'of both parts',
      { MsgBody: [text('new')], CloudCustomData: 'new' },
      { MsgBody: [text('new')], CloudCustomData: 'new' },
    ],
    ['of the body', { MsgBody: [text('new')] }, { MsgBody: [text('new')], CloudCustomData: 'old' }],
    [
      'of the data beside it',
      { CloudCustomData: '', MsgBody: null },
      { MsgBody: [text('hi, beauty')], CloudCustomData: '' },
    ],
  ])('%s is seen by both sides, and changes nothing else', async (_, changes, says) => {
    const MsgKey = await send({ SupportMessageExtension: 1 })
    const [before] = await history()
    expect(await modify(MsgKey, changes)).toEqual(DONE)
    expect(await history()).toEqual([{ ...before, ...says }])
    expect(await history('bob', 'ann')).toEqual([{ ...before, ...says }])
    const counted = await door.call('openim/get_c2c_unread_msg_num', { To_Account: 'ann' })
    expect(counted.AllC2CUnreadMsgNum).toBe(1)
  })

  test('is told to both sides, in plain words too', async () => {
    await modify(await send(), {
      MsgBody: [text('new'), { MsgType: 'TIMFaceElem', MsgContent: { Index: 1 } }],
    })
    await vi.waitFor(() => expect(door.told).toHaveLength(1))
    const [{ accounts, happening }] = door.told as [(typeof door.told)[0]]
    expect(new Set(accounts)).toEqual(new Set([door.number('ann'), door.number('bob')]))
    expect(happening).toMatchObject({
      type: 'changed',
      change: 'edit',
      message: { content: { format: 'tim', text: 'new[Face]' } },
    })
  })

  test('of a batch changes the copy of one recipient', async () => {
    const MsgKey = await send({ To_Account: ['ann', 'cleo'] })
    expect(await modify(MsgKey, { MsgBody: [text('new')] })).toEqual(DONE)
    expect(await history('ann')).toMatchObject([{ MsgBody: [text('new')] }])
    expect(await history('cleo')).toMatchObject([{ MsgBody: [text('hi, beauty')] }])
  })

  test('may come again, and fills what the door fills', async () => {
    const MsgKey = await send()
    await modify(MsgKey, { MsgBody: [text('new')] })
    const sound = { MsgType: 'TIMSoundElem', MsgContent: { Url: 'u', Download_Flag: 2 } }
    expect(await modify(MsgKey, { MsgBody: [sound] })).toEqual(DONE)
    expect((await history())[0]!.MsgBody[0].MsgContent.UUID).toMatch(/^[0-9a-f]{32}$/)
  })

  test('of one part keeps the other, which changes at the same time', async () => {
    const MsgKey = await send()
    for (let i = 0; i < 20; i += 1) {
      const changes = [{ MsgBody: [text(`body ${i}`)] }, { CloudCustomData: `data ${i}` }]
      const answers = await Promise.all(changes.map((change) => modify(MsgKey, change)))
      expect(answers).toEqual([DONE, DONE])
      expect(await history()).toMatchObject([
        { MsgBody: [text(`body ${i}`)], CloudCustomData: `data ${i}` },
      ])
    }
  })

  test('of a message of IMKIT keeps the part that is not given', async () => {
    await door.pipeline.accept({
      sender: door.number('bob'),
      recipients: Int32Array.of(door.number('ann')),
      failures: [],
      content: { format: 'imkit', json: '{"message":"hi","extra":{"a":1}}', text: 'hi' },
      traits: 0,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: 0,
      push: null,
    })
    const [before] = await history()
    expect(await modify(before!.MsgKey, { CloudCustomData: 'new' })).toEqual(DONE)
    expect(await history()).toEqual([{ ...before, CloudCustomData: 'new' }])
    expect(await modify(before!.MsgKey, { MsgBody: [text('new')] })).toEqual(DONE)
    expect(await history()).toEqual([{ ...before, MsgBody: [text('new')], CloudCustomData: 'new' }])
  })
})

describe('a change that is refused', () => {
  test.each<[string, Record<string, unknown>, number]>([
    ['neither part', {}, 90010],
    ['both parts null', { MsgBody: null, CloudCustomData: null }, 90010],
    ['MsgBody an object', { MsgBody: {} }, 90007],
    ['MsgBody empty', { MsgBody: [] }, 90002],
    ['MsgBody with a wrong entry', { MsgBody: ['x'] }, 90002],
    ['MsgBody of an unknown type', { MsgBody: [{ MsgType: 'X', MsgContent: {} }] }, 90010],
    ['CloudCustomData a number', { CloudCustomData: 5 }, 90010],
    ['MsgBody too long', { MsgBody: [text('x'.repeat(200))] }, 93000],
    [
      'CloudCustomData too long beside the body that stays',
      { CloudCustomData: 'x'.repeat(190) },
      93000,
    ],
  ])('%s', async (_, changes, code) => {
    const MsgKey = await send()
    const before = await history()
    expect(await modify(MsgKey, changes)).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
    expect(await history()).toEqual(before)
  })

  test('of a message that is not there, or was recalled: 20022', async () => {
    const changes = { MsgBody: [text('new')] }
    expect(await modify(`1_2_${SECOND}`, changes)).toMatchObject({ ErrorCode: 20022 })
    const MsgKey = await send()
    const named = { From_Account: 'bob', To_Account: 'ann', MsgKey }
    await door.call('openim/admin_msgwithdraw', named)
    expect(await modify(MsgKey, changes)).toMatchObject({ ErrorCode: 20022 })
    expect(await history()).toMatchObject([{ MsgFlagBits: 8, MsgBody: [] }])
  })
})
