/** Section 13: what public clients really send and expect. A test for each note. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Trait } from '../../src/domain/batch.ts'
import { ADMIN, batch, openDoor, pathOf, SDK_APP_ID, type TestDoor, text, userSig } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['bonnie', 'rong'] })
})
afterEach(() => door[Symbol.asyncDispose]())

const send = (changes: Record<string, unknown>) => door.call('openim/batchsendmsg', batch(changes))

test('PHP and Go write null, or an empty array, for options that are not set', async () => {
  const unset = {
    ForbidCallbackControl: [],
    SendMsgControl: [],
    From_Account: null,
    SyncOtherMachine: null,
    MsgSeq: null,
    MsgLifeTime: null,
    CloudCustomData: null,
    OnlineOnlyFlag: null,
    IsNeedReadReceipt: null,
    SupportMessageExtension: null,
    OfflinePushInfo: { PushFlag: null, Title: null, AndroidInfo: null, ApnsInfo: null },
  }
  expect(await send(unset)).toMatchObject({ ActionStatus: 'OK' })
})

test('a PHP client sends true for OfflinePushInfo: refused, or ignored by a setting', async () => {
  expect(await send({ OfflinePushInfo: true })).toMatchObject({ ErrorCode: 90043 })
  await using lenient = await openDoor({
    accounts: ['bonnie', 'rong'],
    settings: { timLenientPushInfo: true },
  })
  const body = batch({ OfflinePushInfo: true })
  expect(await lenient.call('openim/batchsendmsg', body)).toMatchObject({ ActionStatus: 'OK' })
})

test('Go clients read ErrorList and MsgKey after SomeError with code 0', async () => {
  const answer = await send({ To_Account: ['bonnie', 'nobody'] })
  expect(answer.ErrorCode).toBe(0)
  expect(answer.ActionStatus).not.toBe('FAIL')
  expect(typeof answer.MsgKey).toBe('string')
  expect(answer.ErrorList).toEqual([{ To_Account: 'nobody', ErrorCode: 70107 }])
})

test('older clients use Identifier, Accounts, and From_Account/To_Account for history', async () => {
  const OK = { ActionStatus: 'OK' }
  const account = 'im_open_login_svc'
  expect(await door.call(`${account}/account_import`, { Identifier: 'a' })).toMatchObject(OK)
  expect(await door.call(`${account}/account_import`, { UserID: 'b' })).toMatchObject(OK)
  expect(await door.call(`${account}/multiaccount_import`, { Accounts: ['c'] })).toMatchObject(OK)
  const AccountList = [{ UserID: 'd' }]
  expect(await door.call(`${account}/multiaccount_import`, { AccountList })).toMatchObject(OK)
  expect(await door.call(`${account}/kick`, { Identifier: 'a' })).toMatchObject(OK)
  const span = { MaxCnt: 9, MinTime: 0, MaxTime: 4294967295 }
  for (const pair of [
    { From_Account: 'a', To_Account: 'b' },
    { Operator_Account: 'a', Peer_Account: 'b' },
  ]) {
    expect(await door.call('openim/admin_getroammsg', { ...pair, ...span })).toMatchObject(OK)
  }
})

test('a Python client sends files without UUID', async () => {
  const MsgContent = { Url: 'http://x/f', FileSize: 1, FileName: 'f', Download_Flag: 2 }
  expect(await send({ MsgBody: [{ MsgType: 'TIMFileElem', MsgContent }] })).toMatchObject({
    ActionStatus: 'OK',
  })
})

test('PushFlag is honoured as the number that it is: 1 means no push', async () => {
  const traits: number[] = []
  const { journal } = door.engines
  for (const [MsgRandom, PushFlag] of [0, 1].entries()) {
    await send({ MsgRandom, OfflinePushInfo: { PushFlag } })
  }
  for await (const group of journal.replay(0)) {
    for (const { record } of group) if (record.type === 'batch') traits.push(record.traits)
  }
  expect(traits.map((each) => (each & Trait.unpushed) !== 0)).toEqual([false, true])
})

test('the legacy Node client omits random and puts usersig first', async () => {
  const query = `usersig=${userSig()}&identifier=${ADMIN}&sdkappid=${SDK_APP_ID}&contenttype=json`
  const answer = await door.ask(`/v4/openim/batchsendmsg?${query}`, batch())
  expect(answer).toMatchObject({ ActionStatus: 'OK' })
})

test('clients that retry 408, 429 and 5xx never see one', async () => {
  await using limited = await openDoor({
    settings: { timCallsPerSecond: 1 },
    accounts: ['bonnie'],
    bodyTimeoutMs: 200,
  })
  const statuses = []
  for (const body of [batch(), batch(), '{', 'x'.repeat(300_000)]) {
    statuses.push((await limited.fetch(pathOf('openim/batchsendmsg'), body)).status)
  }
  expect(statuses).toEqual([200, 200, 200, 200])
})

test('MsgSeq, MsgRandom and random use the whole of uint32', async () => {
  const path = pathOf('openim/batchsendmsg', { random: '4294967295' })
  const body = batch({ MsgSeq: 4294967295, MsgRandom: 4294967295, MsgBody: [text('x')] })
  expect((await door.ask(path, body)).MsgKey).toMatch(/^4294967295_4294967295_\d+$/)
})

test('a request needs no Content-Type, or may have any', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json']) {
    const response = await fetch(`http://127.0.0.1:${door.port}${pathOf('openim/batchsendmsg')}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(batch()),
    })
    expect(await response.json()).toMatchObject({ ActionStatus: 'OK' })
  }
})
