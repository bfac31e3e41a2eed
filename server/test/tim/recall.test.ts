/** Section 7.4: taking a message back, copy by copy. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Call } from '../../src/pipeline/accept.ts'
import { type Answer, batch, openDoor, type TestDoor, text } from './door.ts'

const SECOND = 1_766_312_400
const OK = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' }

let door: TestDoor
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(SECOND * 1000 + 700)
  door = await openDoor({ accounts: ['ann', 'bob', 'cleo'], online: ['ann', 'bob'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await door[Symbol.asyncDispose]()
})

let random = 0
async function send(changes: Record<string, unknown> = {}): Promise<string> {
  random += 1
  const pair = { From_Account: 'bob', To_Account: ['ann'], MsgRandom: random }
  const answer = await door.call('openim/batchsendmsg', batch({ ...pair, ...changes }))
  expect(answer.ErrorCode).toBe(0)
  return answer.MsgKey
}

const recall = (MsgKey: unknown, changes: Record<string, unknown> = {}): Promise<Answer> =>
  door.call('openim/admin_msgwithdraw', {
    From_Account: 'bob',
    To_Account: 'ann',
    MsgKey,
    ...changes,
  })

async function history(first = 'ann', second = 'bob'): Promise<Answer[]> {
  const list: Answer[] = []
  let page: Answer = { LastMsgKey: '' }
  while (page.Complete !== 1) {
    page = await door.call('openim/admin_getroammsg', {
      Operator_Account: first,
      Peer_Account: second,
      MaxCnt: 100,
      MinTime: SECOND,
      MaxTime: SECOND + 1000,
      LastMsgKey: page.LastMsgKey,
    })
    expect(page.ErrorCode).toBe(0)
    list.unshift(...page.MsgList)
  }
  return list
}

const unread = async (To_Account: string) =>
  (await door.call('openim/get_c2c_unread_msg_num', { To_Account })).AllC2CUnreadMsgNum

describe('a recall', () => {
  test('leaves a stub in the history of both sides', async () => {
    await send({ MsgSeq: 6, MsgBody: [text('before')] })
    const MsgKey = await send({ MsgSeq: 7, CloudCustomData: 'c', IsNeedReadReceipt: 1 })
    const [, message] = await history()
    expect(await recall(MsgKey)).toEqual(OK)
    const { CloudCustomData, ...rest } = message!
    const stub = { ...rest, MsgFlagBits: 8, MsgBody: [] }
    expect((await history())[1]).toEqual(stub)
    expect((await history('bob', 'ann'))[1]).toEqual(stub)
    expect((await history())[0]).toMatchObject({ MsgFlagBits: 0, MsgBody: [text('before')] })
  })

  test('of an unread message lowers the counter, of a read one does not', async () => {
    const keys = [await send(), await send(), await send()]
    await door.call('openim/admin_set_msg_read', { Report_Account: 'ann', Peer_Account: 'bob' })
    keys.push(await send(), await send())
    expect(await unread('ann')).toBe(2)
    await recall(keys[4])
    expect(await unread('ann')).toBe(1)
    await recall(keys[0])
    expect(await unread('ann')).toBe(1)
    await recall(keys[3])
    expect(await unread('ann')).toBe(0)
  })

  test('is told to both sides', async () => {
    await recall(await send())
    await vi.waitFor(() => expect(door.told).toHaveLength(1))
    const [{ accounts, happening }] = door.told as [(typeof door.told)[0]]
    expect(new Set(accounts)).toEqual(new Set([door.number('ann'), door.number('bob')]))
    expect(happening).toMatchObject({ type: 'changed', change: 'recall' })
  })

  test('of a batch takes back the copy of one recipient', async () => {
    const MsgKey = await send({ To_Account: ['ann', 'cleo'] })
    expect(await recall(MsgKey, { To_Account: 'cleo' })).toEqual(OK)
    expect(await history('cleo')).toMatchObject([{ MsgFlagBits: 8 }])
    expect(await history('ann')).toMatchObject([{ MsgFlagBits: 0 }])
    expect([await unread('ann'), await unread('cleo')]).toEqual([1, 0])
  })

  test('reaches a copy that its sender does not see', async () => {
    const MsgKey = await send({ SyncOtherMachine: 2 })
    expect(await recall(MsgKey)).toEqual(OK)
    expect(await history()).toMatchObject([{ MsgFlagBits: 8 }])
  })

  test('reaches what the calling administrator sent', async () => {
    const MsgKey = await send({ From_Account: undefined })
    expect(await recall(MsgKey, { From_Account: 'administrator' })).toEqual(OK)
  })

  test('reaches what somebody sent to itself', async () => {
    const MsgKey = await send({ To_Account: ['bob'] })
    expect(await recall(MsgKey, { To_Account: 'bob' })).toEqual(OK)
    expect(await history('bob', 'bob')).toMatchObject([{ MsgFlagBits: 8 }])
  })

  test('knows no limit of time', async () => {
    const MsgKey = await send()
    vi.setSystemTime((SECOND + 400 * 86_400) * 1000)
    expect(await recall(MsgKey)).toEqual(OK)
  })

  test('acts on all copies of the pair that share the key', async () => {
    const same = { MsgSeq: 5, MsgRandom: 77 }
    const key = await send({ ...same, MsgBody: [text('one')] })
    expect(await send({ ...same, MsgBody: [text('two')] })).toBe(key)
    expect(await send({ ...same, From_Account: 'ann', To_Account: ['bob'] })).toBe(key)
    await send({ MsgSeq: 5, MsgRandom: 78 })
    expect(await recall(key)).toEqual(OK)
    // What the other one sent under the same key is another message.
    expect((await history()).map(({ MsgFlagBits }) => MsgFlagBits)).toEqual([8, 8, 0, 0])
    expect(await recall(key)).toMatchObject({ ErrorCode: 20023 })
    expect(await recall(key, { From_Account: 'ann', To_Account: 'bob' })).toEqual(OK)
  })

  test('finds its message among many of one second', async () => {
    const keys = []
    for (let i = 0; i < 150; i += 1) keys.push(await send({ MsgSeq: i % 7 }))
    expect(await recall(keys[3])).toEqual(OK)
    expect(await recall(keys[149])).toEqual(OK)
    const recalled = (await history()).filter(({ MsgFlagBits }) => MsgFlagBits === 8)
    expect(new Set(recalled.map(({ MsgKey }) => MsgKey))).toEqual(new Set([keys[3], keys[149]]))
  })

  test('reaches a message of IMKIT by the key that history tells', async () => {
    const call: Call = {
      sender: door.number('bob'),
      recipients: Int32Array.of(door.number('ann'), door.number('cleo'), door.number('ann')),
      failures: [],
      content: { format: 'imkit', json: '{"message":"$n$"}', text: '$n$' },
      variables: { fields: null, entries: [{ $n$: '0' }, { $n$: '1' }, { $n$: '2' }] },
      traits: 0,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: 0,
      push: null,
    }
    await door.pipeline.accept(call)
    const [, message] = await history()
    expect(await recall(message!.MsgKey)).toEqual(OK)
    expect(await history()).toMatchObject([{ MsgBody: [text('0')] }, { MsgBody: [] }])
    expect(await history('cleo')).toMatchObject([{ MsgBody: [text('1')] }])
  })

  test('that comes twice at once is a success for one', async () => {
    const MsgKey = await send()
    const answers = await Promise.all([recall(MsgKey), recall(MsgKey)])
    expect(answers.map(({ ErrorCode }) => ErrorCode).sort()).toEqual([0, 20023])
  })
})

describe('a recall of nothing', () => {
  test('that was said: 20022', async () => {
    const [seq, random, second] = (await send()).split('_').map(Number)
    const wrong = [
      `${seq! + 1}_${random}_${second}`,
      `${seq}_${random! + 1}_${second}`,
      `${seq}_${random}_${second! + 1}`,
      `${seq}_${random}_${second! - 1}`,
      '9999999999_9999999999_9999999999',
      '0_0_0',
    ]
    for (const MsgKey of wrong) {
      expect(await recall(MsgKey), MsgKey).toMatchObject({
        ActionStatus: 'FAIL',
        ErrorCode: 20022,
      })
    }
  })

  test('between these two: 20022', async () => {
    const MsgKey = await send()
    const others = [
      { To_Account: 'cleo' },
      { From_Account: 'cleo' },
      { From_Account: 'ann', To_Account: 'bob' },
    ]
    for (const pair of others)
      expect(await recall(MsgKey, pair)).toMatchObject({ ErrorCode: 20022 })
  })

  test('that is kept: 20022', async () => {
    expect(await recall(await send({ OnlineOnlyFlag: 1 }))).toMatchObject({ ErrorCode: 20022 })
  })

  test('that was not recalled before: 20023', async () => {
    const MsgKey = await send()
    await recall(MsgKey)
    expect(await recall(MsgKey)).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 20023 })
  })
})

describe.each(['admin_msgwithdraw', 'modify_c2c_msg'])('a wrong field of %s', (command) => {
  const unknownRecipient = command === 'modify_c2c_msg' ? 90012 : 90003

  test.each<[string, Record<string, unknown>, number]>([
    ['From_Account missing', { From_Account: undefined }, 90008],
    ['From_Account null', { From_Account: null }, 90008],
    ['From_Account a number', { From_Account: 5 }, 90008],
    ['From_Account empty', { From_Account: '' }, 90008],
    ['From_Account unknown', { From_Account: 'nobody' }, 90008],
    ['From_Account before To_Account', { From_Account: 5, To_Account: 5 }, 90008],
    ['To_Account missing', { To_Account: undefined }, 90003],
    ['To_Account an array', { To_Account: ['ann'] }, 90003],
    ['To_Account unknown', { To_Account: 'nobody' }, unknownRecipient],
    ['To_Account before MsgKey', { To_Account: 'nobody', MsgKey: 5 }, unknownRecipient],
    ['MsgKey missing', { MsgKey: undefined }, 90054],
    ['MsgKey null', { MsgKey: null }, 90054],
    ['MsgKey a number', { MsgKey: 5 }, 90054],
    ['MsgKey empty', { MsgKey: '' }, 90054],
    ['MsgKey of two numbers', { MsgKey: '1_2' }, 90054],
    ['MsgKey of four numbers', { MsgKey: '1_2_3_4' }, 90054],
    ['MsgKey of words', { MsgKey: 'a_b_c' }, 90054],
    ['MsgKey with a sign', { MsgKey: '-1_2_3' }, 90054],
    ['MsgKey with a space', { MsgKey: '1_2_3 ' }, 90054],
    ['MsgKey over 50 characters', { MsgKey: `1_2_${'3'.repeat(60)}` }, 90054],
  ])('%s', async (_, changes, code) => {
    const body = { From_Account: 'bob', To_Account: 'ann', MsgKey: '1_2_3', MsgBody: [text('x')] }
    const answer = await door.call(`openim/${command}`, { ...body, ...changes })
    expect(answer).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
    expect(answer.ErrorInfo).not.toBe('')
  })

  test('a body that is no object', async () => {
    expect(await door.call(`openim/${command}`, '[')).toMatchObject({ ErrorCode: 90001 })
    expect(await door.call(`openim/${command}`, '')).toMatchObject({ ErrorCode: 90001 })
  })
})
