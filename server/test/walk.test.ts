import { expect, test } from 'vitest'
import { startServer, userSig } from './lib/server.ts'
import { openTerminal } from './lib/terminal.ts'

test('a batch goes from one call to the screens, the history, the counters, and through kill -9', async () => {
  await using first = await startServer()

  // Three people; ann and bob have the app open, cleo's phone is off.
  await first.tim('im_open_login_svc/multiaccount_import', {
    Accounts: ['shop', 'ann', 'bob', 'cleo'],
  })
  using ann = await openTerminal(first, { account: 'ann', usersig: userSig('ann') })
  using bob = await openTerminal(first, { account: 'bob', usersig: userSig('bob') })

  // One call of the backend.
  const answer = await first.tim('openim/batchsendmsg', {
    From_Account: 'shop',
    To_Account: ['ann', 'bob', 'cleo', 'nobody'],
    MsgSeq: 7,
    MsgRandom: 3891774520,
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'Your parcel is on its way' } }],
  })
  expect(answer).toMatchObject({
    ActionStatus: 'SomeError',
    ErrorCode: 0,
    ErrorList: [{ To_Account: 'nobody', ErrorCode: 70107 }],
  })
  expect(answer.MsgKey).toMatch(/^7_3891774520_\d{10}$/)

  // It is on the screens that are open,
  const onScreen = await ann.next('message')
  expect(onScreen).toMatchObject({
    from: 'shop',
    with: 'shop',
    content: { text: 'Your parcel is on its way' },
  })
  expect(await bob.next('message')).toMatchObject({ from: 'shop', content: { format: 'tim' } })

  // in cleo's history and counter,
  const span = { MaxCnt: 10, MinTime: 0, MaxTime: 4_000_000_000 }
  const page = { Operator_Account: 'cleo', Peer_Account: 'shop', ...span }
  const history = await first.tim('openim/admin_getroammsg', page)
  expect(history).toMatchObject({
    Complete: 1,
    MsgCnt: 1,
    MsgList: [{ From_Account: 'shop', MsgKey: answer.MsgKey }],
  })
  const counters = { To_Account: 'cleo', Peer_Account: ['shop'] }
  expect(await first.tim('openim/get_c2c_unread_msg_num', counters)).toMatchObject({
    C2CUnreadMsgNumList: [{ Peer_Account: 'shop', C2CUnreadMsgNum: 1 }],
  })

  // and still exactly there when the plug is pulled.
  await first.kill('SIGKILL')
  await using second = await startServer({ folder: first.folder })
  expect(await second.tim('openim/admin_getroammsg', page)).toEqual(history)
  expect(await second.tim('openim/get_c2c_unread_msg_num', counters)).toMatchObject({
    C2CUnreadMsgNumList: [{ C2CUnreadMsgNum: 1 }],
  })

  // Cleo comes back, gets what she missed, reads it, and her counter is 0.
  using cleo = await openTerminal(second, {
    account: 'cleo',
    usersig: userSig('cleo'),
    cursor: `0001${'0'.repeat(20)}`,
  })
  const missed = await cleo.next('message')
  expect(missed.id.slice(0, 16)).toBe(onScreen.id.slice(0, 16))
  cleo.say({ type: 'read', with: 'shop', upTo: missed.id, ref: 1 })
  await cleo.next('done')
  expect(await second.tim('openim/get_c2c_unread_msg_num', { To_Account: 'cleo' })).toMatchObject({
    AllC2CUnreadMsgNum: 0,
  })
})
