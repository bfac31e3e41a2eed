import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Batch, Trait } from '../../src/domain/batch.ts'
import { isBatch } from '../../src/domain/record.ts'
import { ADMIN, batch, openDoor, pathOf, type TestDoor, text, userSig } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['bonnie', 'rong', 'dave'], online: ['bonnie', 'dave'] })
})
afterEach(() => door[Symbol.asyncDispose]())

const send = (changes: Record<string, unknown> = {}) =>
  door.call('openim/batchsendmsg', batch(changes))

async function batches(): Promise<Batch[]> {
  const found: Batch[] = []
  for await (const group of door.engines.journal.replay(0)) {
    found.push(...group.filter(isBatch).map(({ record }) => record))
  }
  return found
}

describe('the answer', () => {
  test('all delivered: OK, with MsgKey and MsgId, without ErrorList', async () => {
    const answer = await send({ MsgSeq: 7, MsgRandom: 4294967295 })
    const second = String(answer.MsgKey).split('_')[2]
    expect(answer).toEqual({
      ActionStatus: 'OK',
      ErrorCode: 0,
      ErrorInfo: '',
      MsgKey: `7_4294967295_${second}`,
      MsgId: `${door.number(ADMIN)}-${second}-4294967295`,
    })
    expect(Math.abs(Number(second) - Date.now() / 1000)).toBeLessThan(5)
  })

  test('some delivered: SomeError with code 0 and the failed recipients', async () => {
    const answer = await send({ To_Account: ['nobody', 'bonnie', 'noone', 'nobody'] })
    expect(answer).toMatchObject({ ActionStatus: 'SomeError', ErrorCode: 0, ErrorInfo: '' })
    expect(answer.MsgKey).toMatch(/^\d+_19901224_\d+$/)
    expect(answer.MsgId).toMatch(/^\d+-\d+-19901224$/)
    expect(answer.ErrorList).toEqual([
      { To_Account: 'nobody', ErrorCode: 70107 },
      { To_Account: 'noone', ErrorCode: 70107 },
    ])
  })

  test('none delivered: FAIL 90012 and nothing more', async () => {
    expect(await send({ To_Account: ['nobody'] })).toEqual({
      ActionStatus: 'FAIL',
      ErrorCode: 90012,
      ErrorInfo: 'invalid To_Account',
    })
    expect(await batches()).toEqual([])
  })

  test('without MsgSeq, keys rise', async () => {
    const keys = []
    for (const MsgRandom of [1, 2, 3]) keys.push((await send({ MsgRandom })).MsgKey)
    const seqs = keys.map((key) => Number(String(key).split('_')[0]))
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    expect(new Set(seqs).size).toBe(3)
    expect(seqs.every((seq) => seq < 2 ** 31)).toBe(true)
  })
})

describe('a wrong field', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `u${i}`)
  const content = (MsgContent: unknown) => [{ MsgType: 'TIMTextElem', MsgContent }]

  test.each<[string, Record<string, unknown>, number]>([
    ['To_Account missing', { To_Account: undefined }, 90003],
    ['To_Account null', { To_Account: null }, 90003],
    ['To_Account a string', { To_Account: 'bonnie' }, 90003],
    ['To_Account an object', { To_Account: { 0: 'bonnie' } }, 90003],
    ['To_Account with a number', { To_Account: ['bonnie', 7] }, 90003],
    ['To_Account with null', { To_Account: ['bonnie', null] }, 90003],
    ['To_Account nested', { To_Account: [['bonnie']] }, 90003],
    ['To_Account of 501 with a number', { To_Account: [...many(500), 7] }, 90003],
    ['To_Account empty', { To_Account: [] }, 90001],
    ['To_Account of 501', { To_Account: many(501) }, 90011],
    ['To_Account of 501 of one', { To_Account: Array(501).fill('bonnie') }, 90011],
    ['From_Account a number', { From_Account: 5 }, 90008],
    ['From_Account empty', { From_Account: '' }, 90008],
    ['From_Account unknown', { From_Account: 'nobody' }, 90008],
    ['From_Account too long', { From_Account: 'x'.repeat(33) }, 90008],
    ['MsgRandom missing', { MsgRandom: undefined }, 90005],
    ['MsgRandom null', { MsgRandom: null }, 90005],
    ['MsgRandom a string', { MsgRandom: '5' }, 90005],
    ['MsgRandom a fraction', { MsgRandom: 1.5 }, 90005],
    ['MsgRandom negative', { MsgRandom: -1 }, 90005],
    ['MsgRandom over uint32', { MsgRandom: 4294967296 }, 90005],
    ['SyncOtherMachine a string', { SyncOtherMachine: '1' }, 90031],
    ['SyncOtherMachine a boolean', { SyncOtherMachine: true }, 90031],
    ['SyncOtherMachine a fraction', { SyncOtherMachine: 1.5 }, 90031],
    ['MsgLifeTime a string', { MsgLifeTime: '60' }, 90044],
    ['MsgLifeTime a fraction', { MsgLifeTime: 0.5 }, 90044],
    ['MsgLifeTime negative', { MsgLifeTime: -1 }, 90026],
    ['MsgLifeTime over 7 days', { MsgLifeTime: 604801 }, 90026],
    ['MsgBody missing', { MsgBody: undefined }, 90002],
    ['MsgBody null', { MsgBody: null }, 90002],
    ['MsgBody empty', { MsgBody: [] }, 90002],
    ['MsgBody an object', { MsgBody: text('x') }, 90007],
    ['MsgBody a string', { MsgBody: 'hi' }, 90007],
    ['an entry that is no object', { MsgBody: ['hi'] }, 90002],
    ['an entry that is null', { MsgBody: [null] }, 90002],
    ['an entry that is an array', { MsgBody: [[]] }, 90002],
    ['MsgType missing', { MsgBody: [{ MsgContent: {} }] }, 90002],
    ['MsgType a number', { MsgBody: [{ MsgType: 1, MsgContent: {} }] }, 90002],
    ['MsgContent missing', { MsgBody: [{ MsgType: 'TIMTextElem' }] }, 90002],
    ['MsgContent null', { MsgBody: content(null) }, 90002],
    ['MsgContent an array', { MsgBody: content([]) }, 90002],
    ['a bad shape after bad content', { MsgBody: [...content({}), 'x'] }, 90002],
    ['MsgSeq a string', { MsgSeq: '7' }, 90010],
    ['MsgSeq over uint32', { MsgSeq: 4294967296 }, 90010],
    ['MsgSeq negative', { MsgSeq: -1 }, 90010],
    ['OnlineOnlyFlag a string', { OnlineOnlyFlag: '1' }, 90010],
    ['OnlineOnlyFlag a boolean', { OnlineOnlyFlag: true }, 90010],
    ['IsNeedReadReceipt a string', { IsNeedReadReceipt: '1' }, 90010],
    ['SupportMessageExtension a string', { SupportMessageExtension: '1' }, 90010],
    ['CloudCustomData an object', { CloudCustomData: {} }, 90010],
    ['SendMsgControl a string', { SendMsgControl: 'NoUnread' }, 90010],
    ['SendMsgControl with a number', { SendMsgControl: ['NoUnread', 1] }, 90010],
    ['OfflinePushInfo a boolean', { OfflinePushInfo: true }, 90043],
    ['a message that is too long', { MsgBody: [text('x'.repeat(8192))] }, 93000],
  ])('%s', async (_, changes, code) => {
    const answer = await send(changes)
    expect(answer).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
    expect(Object.keys(answer)).toEqual(['ActionStatus', 'ErrorCode', 'ErrorInfo'])
    expect(await batches()).toEqual([])
  })

  test('is named, with what was expected and what came', async () => {
    expect((await send({ MsgRandom: '12' })).ErrorInfo).toBe(
      'MsgRandom: expected an integer from 0 to 4294967295, but the string "12" came',
    )
    expect((await send({ To_Account: ['a', 'b', {}] })).ErrorInfo).toBe(
      'To_Account[2]: expected a UserID, which is a string, but an object came',
    )
  })

  /** Each call is wrong in all that is left; mending what was named leads to the next code. */
  test('is looked for in the documented order', async () => {
    const wrong: Record<string, unknown> = {
      To_Account: 5,
      From_Account: 5,
      MsgRandom: 'x',
      SyncOtherMachine: 'x',
      MsgLifeTime: 'x',
      MsgBody: {},
      MsgSeq: 'x',
      OnlineOnlyFlag: 'x',
      IsNeedReadReceipt: 'x',
      SupportMessageExtension: 'x',
      CloudCustomData: 5,
      SendMsgControl: 5,
      OfflinePushInfo: 5,
    }
    const steps: [Record<string, unknown>, number, string][] = [
      [{ To_Account: [] }, 90003, 'To_Account'],
      [{ To_Account: many(501) }, 90001, 'To_Account'],
      [{ To_Account: ['nobody'] }, 90011, 'To_Account'],
      [{ From_Account: 'noone' }, 90008, 'From_Account'],
      [{ MsgRandom: 1 }, 90005, 'MsgRandom'],
      [{ SyncOtherMachine: 1 }, 90031, 'SyncOtherMachine'],
      [{ MsgLifeTime: -1 }, 90044, 'MsgLifeTime'],
      [{ MsgLifeTime: 1 }, 90026, 'MsgLifeTime'],
      [{ MsgBody: [] }, 90007, 'MsgBody'],
      [{ MsgBody: [{ MsgType: 'x', MsgContent: {} }] }, 90002, 'MsgBody'],
      [{ MsgBody: [text('x'.repeat(9000))] }, 90010, 'MsgBody[0].MsgType'],
      [{ MsgSeq: 1 }, 90010, 'MsgSeq'],
      [{ OnlineOnlyFlag: 1 }, 90010, 'OnlineOnlyFlag'],
      [{ IsNeedReadReceipt: 1 }, 90010, 'IsNeedReadReceipt'],
      [{ SupportMessageExtension: 1 }, 90010, 'SupportMessageExtension'],
      [{ CloudCustomData: 'x' }, 90010, 'CloudCustomData'],
      [{ SendMsgControl: [] }, 90010, 'SendMsgControl'],
      [{ OfflinePushInfo: {} }, 90043, 'OfflinePushInfo'],
      [{ MsgBody: [text('x')] }, 93000, 'MsgBody and CloudCustomData'],
      [{ From_Account: 'dave' }, 90008, 'From_Account'],
      [{ To_Account: ['bonnie'] }, 90012, 'invalid To_Account'],
    ]
    const body = { ...wrong }
    for (const [mended, code, field] of steps) {
      const answer = await door.call('openim/batchsendmsg', body)
      expect(answer.ErrorCode, JSON.stringify(body).slice(0, 200)).toBe(code)
      expect(answer.ErrorInfo.split(':')[0]).toBe(field)
      Object.assign(body, mended)
    }
    expect(await door.call('openim/batchsendmsg', body)).toMatchObject({ ActionStatus: 'OK' })
  })

  test('a calling administrator who is not imported: 90048', async () => {
    await using bare = await openDoorWithoutAdmin()
    expect(await bare.call('openim/batchsendmsg', batch())).toMatchObject({ ErrorCode: 90048 })
    const from = batch({ From_Account: 'bonnie' })
    expect(await bare.call('openim/batchsendmsg', from)).toMatchObject({ ErrorCode: 0 })
  })
})

/** A server whose administrator has no account, which its start prevents. */
async function openDoorWithoutAdmin(): Promise<TestDoor> {
  const door = await openDoor({ accounts: ['bonnie'] })
  const { directory } = door.engines
  const number = directory.number.bind(directory)
  directory.number = (id) => (id === ADMIN ? 0 : number(id))
  return door
}

describe('an option', () => {
  const only = async (changes: Record<string, unknown>): Promise<Batch> => {
    expect(await send(changes)).toMatchObject({ ErrorCode: 0 })
    return (await batches()).at(-1)!
  }

  test.each<[string, Record<string, unknown>, number]>([
    ['nothing', {}, 0],
    ['null for every option', nulls(), 0],
    ['SyncOtherMachine 1', { SyncOtherMachine: 1 }, Trait.echoed],
    ['SyncOtherMachine 2', { SyncOtherMachine: 2 }, Trait.hiddenFromSender],
    ['SyncOtherMachine of another value', { SyncOtherMachine: 7 }, 0],
    ['OnlineOnlyFlag 1', { OnlineOnlyFlag: 1 }, Trait.onlineOnly],
    ['OnlineOnlyFlag 0', { OnlineOnlyFlag: 0 }, 0],
    ['MsgLifeTime 0', { MsgLifeTime: 0 }, Trait.onlineOnly],
    ['OnlineOnlyFlag over MsgLifeTime', { OnlineOnlyFlag: 1, MsgLifeTime: 9 }, Trait.onlineOnly],
    ['NoUnread', { SendMsgControl: ['NoUnread'] }, Trait.uncounted],
    ['NoLastMsg', { SendMsgControl: ['NoLastMsg'] }, Trait.unlisted],
    ['WithMuteNotifications', { SendMsgControl: ['WithMuteNotifications'] }, Trait.mutable],
    ['unknown controls', { SendMsgControl: ['NoMsgCheck', 'x', '__proto__'] }, 0],
    ['BadgeMode 1', { OfflinePushInfo: { ApnsInfo: { BadgeMode: 1 } } }, Trait.unbadged],
    ['BadgeMode 0', { OfflinePushInfo: { ApnsInfo: { BadgeMode: 0 } } }, 0],
    ['PushFlag 1', { OfflinePushInfo: { PushFlag: 1 } }, Trait.unpushed],
    ['IsNeedReadReceipt 1', { IsNeedReadReceipt: 1 }, Trait.receiptWanted],
  ])('%s', async (_, changes, traits) => {
    expect((await only(changes)).traits).toBe(traits | Trait.recognised)
  })

  function nulls(): Record<string, null> {
    const names = ['From_Account', 'SyncOtherMachine', 'OfflinePushInfo', 'MsgSeq', 'MsgLifeTime']
    names.push('CloudCustomData', 'SendMsgControl', 'OnlineOnlyFlag', 'IsNeedReadReceipt')
    return Object.fromEntries([...names, 'SupportMessageExtension'].map((name) => [name, null]))
  }

  test('MsgLifeTime limits the way to terminals that were away', async () => {
    expect((await only({ MsgLifeTime: 604800 })).lifetimeSeconds).toBe(604800)
    expect((await only({ MsgRandom: 2 })).lifetimeSeconds).toBe(null)
  })

  test('MsgSeq and MsgRandom are kept over the whole of uint32', async () => {
    const kept = await only({ MsgSeq: 4294967295, MsgRandom: 4294967295 })
    expect(kept).toMatchObject({ seq: 4294967295, random: 4294967295 })
    expect((await only({ MsgSeq: 0, MsgRandom: 0 })).seq).toBe(0)
    expect((await only({})).seq).toBe(null)
  })

  test('what history and terminals give back is kept as content', async () => {
    const { content } = await only({ CloudCustomData: '{"a":"ü"}', SupportMessageExtension: 1 })
    expect(content.format).toBe('tim')
    expect(content.text).toBe('hi, beauty')
    expect(JSON.parse(content.json)).toEqual({
      MsgBody: [text('hi, beauty')],
      CloudCustomData: '{"a":"ü"}',
      SupportMessageExtension: 1,
    })
  })

  test('unknown and foreign fields are ignored', async () => {
    const ignored = { MsgTimeStamp: 'x', ForbidCallbackControl: [], Whatever: { a: [1] } }
    await only({ ...ignored, '': 1 })
  })
})

describe('recipients', () => {
  const to = (...ids: unknown[]) => send({ To_Account: ids })
  const online = () => door.delivered.map(({ account }) => account)

  test('each gets a copy, at its ordinal; a repeated one gets one', async () => {
    await to('bonnie', 'nobody', 'rong', 'bonnie', 'rong')
    const [kept] = await batches()
    const [bonnie, rong] = [door.number('bonnie'), door.number('rong')]
    expect([...kept!.recipients]).toEqual([bonnie, 0, rong, 0, 0])
    expect(kept!.failures).toEqual([{ ordinal: 1, id: 'nobody', code: 'unknownAccount' }])
    expect(online()).toEqual([bonnie])
  })

  test.each([
    ['empty', ''],
    ['of more than 32 bytes', 'x'.repeat(33)],
    ['of more than 32 bytes in few characters', '用'.repeat(11)],
    ['with a control character', 'a\u0001b'],
    ['with a lone surrogate', '\ud800'],
    ['that every object has', '__proto__'],
  ])('a UserID %s is not imported: 70107', async (_, id) => {
    expect(await to('bonnie', id)).toMatchObject({
      ActionStatus: 'SomeError',
      ErrorList: [{ To_Account: id, ErrorCode: 70107 }],
    })
  })

  test('a UserID may be written with escapes, and need not be ASCII', async () => {
    await door.import('用户一', 'a/b"c')
    const raw = JSON.stringify(batch({ To_Account: ['用户一', 'a/b"c'] }))
    const escaped = raw.replace('用', '\\u7528').replace('a/b', 'a\\/b')
    expect(await door.call('openim/batchsendmsg', raw)).toMatchObject({ ActionStatus: 'OK' })
    expect(await door.call('openim/batchsendmsg', escaped)).toMatchObject({ ActionStatus: 'OK' })
  })

  test('an account of another door that has a longer id is nobody here', async () => {
    await door.import('x'.repeat(40))
    expect(await to('x'.repeat(40))).toMatchObject({ ErrorCode: 90012 })
  })

  test('500 are accepted', async () => {
    await door.import(...Array.from({ length: 500 }, (_, i) => `u${i}`))
    expect(await to(...Array.from({ length: 500 }, (_, i) => `u${i}`))).toMatchObject({
      ActionStatus: 'OK',
    })
  })

  test('the sender and the administrator may be among them', async () => {
    expect(await send({ From_Account: 'dave', To_Account: ['dave', ADMIN] })).toMatchObject({
      ActionStatus: 'OK',
    })
    const dave = door.number('dave')
    expect(door.views.unreadTotal(dave)).toBe(0)
    expect(door.views.unread(door.number(ADMIN), dave)).toBe(1)
  })

  test('with SyncOtherMachine 1 the sender hears of it once', async () => {
    await send({ From_Account: 'dave', SyncOtherMachine: 1 })
    const [dave, bonnie] = [door.number('dave'), door.number('bonnie')]
    expect(door.delivered).toEqual([
      { account: bonnie, what: 'copy' },
      { account: dave, what: 'echo' },
    ])
  })

  test('with SyncOtherMachine 1, of a message to itself the sender has one copy', async () => {
    const dave = door.number('dave')
    const fromDave = { From_Account: 'dave', SyncOtherMachine: 1 }
    await send({ ...fromDave, To_Account: ['dave', 'nobody'], MsgRandom: 1 })
    expect(door.delivered).toEqual([{ account: dave, what: 'copy' }])
    await send({ ...fromDave, To_Account: ['dave', 'rong'], MsgRandom: 2 })
    expect(door.delivered.slice(1)).toEqual([
      { account: dave, what: 'copy' },
      { account: dave, what: 'echo' },
    ])
  })
})

describe('the sender', () => {
  test('is From_Account, or else the administrator who calls', async () => {
    await send({ From_Account: 'dave' })
    await send()
    const senders = (await batches()).map(({ sender }) => sender)
    expect(senders).toEqual([door.number('dave'), door.number(ADMIN)])
  })

  test('is the one of several administrators whose UserSig it is', async () => {
    await using two = await openDoor({ settings: { admins: [ADMIN, 'ops'] }, accounts: ['bonnie'] })
    const path = pathOf('openim/batchsendmsg', {
      identifier: 'ops',
      usersig: userSig({ identifier: 'ops' }),
    })
    const answer = await two.ask(path, batch())
    expect(answer.MsgId.split('-')[0]).toBe(String(two.number('ops')))
  })
})

describe('the size of a message', () => {
  /** `{"MsgBody":…}` of exactly this many bytes, a third of them in characters of three. */
  const bodyOf = (bytes: number) => {
    const frame = Buffer.byteLength(JSON.stringify([text('')]))
    const wide = Math.floor((bytes - frame) / 9)
    return [text('用'.repeat(wide) + 'x'.repeat(bytes - frame - wide * 3))]
  }

  test('is that of compact MsgBody and CloudCustomData together', async () => {
    expect(await send({ MsgBody: bodyOf(8192) })).toMatchObject({ ErrorCode: 0 })
    expect(await send({ MsgBody: bodyOf(8193) })).toMatchObject({ ErrorCode: 93000 })
    const custom = { CloudCustomData: 'x'.repeat(4096) }
    expect(await send({ MsgBody: bodyOf(4096), ...custom })).toMatchObject({ ErrorCode: 0 })
    expect(await send({ MsgBody: bodyOf(4097), ...custom })).toMatchObject({ ErrorCode: 93000 })
  })

  test('does not count spaces, recipients and push information', async () => {
    const body = batch({
      MsgBody: bodyOf(8192),
      To_Account: ['bonnie', ...Array.from({ length: 499 }, (_, i) => `nobody${i}`)],
      OfflinePushInfo: { Desc: 'x'.repeat(3000) },
    })
    const spaced = JSON.stringify(body, null, 4)
    expect(await door.call('openim/batchsendmsg', spaced)).toMatchObject({ ErrorCode: 0 })
  })

  test('is that of what came: a UUID that is filled in does not count', async () => {
    const sound = (Url: string) => [
      { MsgType: 'TIMSoundElem', MsgContent: { Url, Download_Flag: 2 } },
    ]
    const frame = JSON.stringify(sound('')).length
    expect(await send({ MsgBody: sound('x'.repeat(8192 - frame)) })).toMatchObject({ ErrorCode: 0 })
  })

  test('is a setting', async () => {
    await using wide = await openDoor({
      settings: { timMessageBytes: 12288 },
      accounts: ['bonnie'],
    })
    const call = (bytes: number) =>
      wide.call('openim/batchsendmsg', batch({ MsgBody: bodyOf(bytes) }))
    expect(await call(12288)).toMatchObject({ ErrorCode: 0 })
    expect(await call(12289)).toMatchObject({ ErrorCode: 93000 })
  })
})
