/** Sections 7.5, 7.6 and 11.2: marking read, and unread counters with the caps of TIM. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { unreadTotalOf } from '../../src/api/tim/unread.ts'
import { END } from '../../src/domain/place.ts'
import { type Answer, batch, openDoor, type TestDoor } from './door.ts'

const SECOND = 1_766_312_400
const OK = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' }

let door: TestDoor
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(SECOND * 1000)
  door = await openDoor({
    accounts: ['ann', 'bob', 'cleo', 'dora'],
    settings: { timUnreadMax: 0, timConversationsMax: 0 },
  })
})
afterEach(async () => {
  vi.useRealTimers()
  await door[Symbol.asyncDispose]()
})

let random = 0
async function send(from: string, to: string, changes = {}, where = door): Promise<void> {
  random += 1
  const body = batch({ From_Account: from, To_Account: [to], MsgRandom: random, ...changes })
  expect((await where.call('openim/batchsendmsg', body)).ErrorCode).toBe(0)
}

const read = (body: unknown) => door.call('openim/admin_set_msg_read', body)
const unread = (body: unknown, where = door): Promise<Answer> =>
  where.call('openim/get_c2c_unread_msg_num', body)
const total = async (id: string, where = door) =>
  (await unread({ To_Account: id }, where)).AllC2CUnreadMsgNum

describe('admin_set_msg_read', () => {
  const pair = { Report_Account: 'ann', Peer_Account: 'bob' }

  test('marks one conversation read, all of it', async () => {
    await send('bob', 'ann')
    await send('cleo', 'ann')
    expect(await read(pair)).toEqual(OK)
    expect(await total('ann')).toBe(1)
  })

  test('marks up to a message, and nothing where there is none', async () => {
    const { index, directory } = door.engines
    const [ann, bob] = [directory.number('ann'), directory.number('bob')]
    const { place } = index
    expect(await read(pair)).toEqual(OK)
    expect(index.place).toBe(place)
    await send('bob', 'ann')
    const newest = { after: -1, before: END, limit: 1, order: 'newest' } as const
    const [{ position } = {}] = await index.timeline(ann, bob, newest)
    await read(pair)
    expect(index.mark(ann, bob)).toBe(position)
  })

  test.each([
    ['a string', String],
    ['an integer', Number],
  ])('marks read up to a second, which comes as %s', async (_, as) => {
    for (const second of [0, 10, 20]) {
      vi.setSystemTime((SECOND + second) * 1000 + 999)
      await send('bob', 'ann')
    }
    vi.setSystemTime((SECOND + 30) * 1000)
    const upTo = async (second: number) => {
      expect(await read({ ...pair, MsgReadTime: as(SECOND + second) })).toEqual(OK)
      return total('ann')
    }
    expect(await upTo(-1)).toBe(3)
    expect(await upTo(10)).toBe(1)
    // Never back.
    expect(await upTo(0)).toBe(1)
    expect(await upTo(19)).toBe(1)
    expect(await upTo(1000)).toBe(0)
  })

  test('without messages is a success', async () => {
    expect(await read(pair)).toEqual(OK)
    expect(await read({ ...pair, MsgReadTime: SECOND - 5 })).toEqual(OK)
    expect(await read({ ...pair, MsgReadTime: null })).toEqual(OK)
  })

  test.each([[4_102_444_800_000], ['4102444800000']])(
    'of the far future, %j, is of now',
    async (MsgReadTime) => {
      await send('bob', 'ann')
      expect(await read({ ...pair, MsgReadTime })).toEqual(OK)
      expect(await total('ann')).toBe(0)
    },
  )

  test.each<[string, Record<string, unknown>, number]>([
    ['no Report_Account', { Report_Account: undefined }, 90008],
    ['Report_Account a number', { Report_Account: 5 }, 90008],
    ['Report_Account unknown', { Report_Account: 'nobody' }, 90008],
    ['no Peer_Account', { Peer_Account: undefined }, 90003],
    ['Peer_Account null', { Peer_Account: null }, 90003],
    ['Peer_Account unknown', { Peer_Account: 'nobody' }, 90003],
    ['MsgReadTime of words', { MsgReadTime: 'now' }, 90001],
    ['MsgReadTime empty', { MsgReadTime: '' }, 90001],
    ['MsgReadTime a fraction', { MsgReadTime: 1.5 }, 90001],
    ['MsgReadTime negative', { MsgReadTime: -1 }, 90001],
    ['MsgReadTime an object', { MsgReadTime: {} }, 90001],
  ])('%s', async (_, changes, code) => {
    expect(await read({ ...pair, ...changes })).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorCode: code,
    })
  })
})

describe('get_c2c_unread_msg_num', () => {
  test('counts over all conversations', async () => {
    await send('bob', 'ann')
    await send('cleo', 'ann')
    await send('cleo', 'ann', { SendMsgControl: ['NoUnread'] })
    await send('cleo', 'ann', { OnlineOnlyFlag: 1 })
    await send('cleo', 'ann', { SendMsgControl: ['NoLastMsg'] })
    await send('ann', 'ann')
    await send('ann', 'bob')
    expect(await unread({ To_Account: 'ann' })).toEqual({ ...OK, AllC2CUnreadMsgNum: 3 })
  })

  test('does not count what was said in groups', async () => {
    const members = ['ann', 'bob'].map((id) => door.number(id))
    const { described } = await door.pipeline.conversations.create({
      id: 'lounge',
      pair: null,
      owner: members[1]!,
      isFrozen: false,
      attributes: '',
      members,
    })
    await door.pipeline.accept({
      sender: members[1]!,
      recipients: Int32Array.of(members[0]!, described.conversation[0]),
      failures: [],
      content: { format: 'imkit', json: '{"message":"hi"}', text: 'hi' },
      traits: 0,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: 0,
      push: null,
    })
    expect(door.views.unreadTotal(members[0]!)).toBe(2)
    expect(await total('ann')).toBe(1)
    const limits = { timUnreadMax: 1, timConversationsMax: 1 }
    const views = { ...door.views, directUnreadTotal: () => 2 }
    expect(await unreadTotalOf(members[0]!, views, limits)).toBe(1)
  })

  test('counts in some conversations, and tells who is unknown', async () => {
    await send('bob', 'ann')
    const Peer_Account = ['bob', 'nobody', 'dora', 'bob']
    expect(await unread({ To_Account: 'ann', Peer_Account })).toEqual({
      ...OK,
      C2CUnreadMsgNumList: [
        { Peer_Account: 'bob', C2CUnreadMsgNum: 1 },
        { Peer_Account: 'dora', C2CUnreadMsgNum: 0 },
        { Peer_Account: 'bob', C2CUnreadMsgNum: 1 },
      ],
      ErrorList: [{ Peer_Account: 'nobody', ErrorCode: 70107 }],
    })
    const known = await unread({ To_Account: 'ann', Peer_Account: ['bob'] })
    expect(known).not.toHaveProperty('ErrorList')
  })

  test.each([[null], [[]]])('with Peer_Account %j counts over all', async (Peer_Account) => {
    expect(await unread({ To_Account: 'ann', Peer_Account })).toEqual({
      ...OK,
      AllC2CUnreadMsgNum: 0,
    })
  })

  test.each<[string, Record<string, unknown>, number]>([
    ['no To_Account', { To_Account: undefined }, 90003],
    ['To_Account an array', { To_Account: ['ann'] }, 90003],
    ['To_Account unknown', { To_Account: 'nobody' }, 90003],
    ['Peer_Account a string', { Peer_Account: 'bob' }, 90008],
    ['Peer_Account with a number', { Peer_Account: ['bob', 5] }, 90008],
    ['Peer_Account of 11', { Peer_Account: Array(11).fill('bob') }, 90011],
  ])('%s', async (_, changes, code) => {
    expect(await unread({ To_Account: 'ann', ...changes })).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorCode: code,
    })
  })
})

describe('the caps', () => {
  const peers = Array.from({ length: 8 }, (_, i) => `p${i}`)
  const capped = (timUnreadMax: number, timConversationsMax: number) =>
    openDoor({ accounts: ['ann', ...peers], settings: { timUnreadMax, timConversationsMax } })

  test('show so many messages of a conversation', async () => {
    await using few = await capped(3, 0)
    for (let i = 0; i < 5; i += 1) await send('p0', 'ann', {}, few)
    await send('p1', 'ann', {}, few)
    expect(await total('ann', few)).toBe(4)
    const some = await unread({ To_Account: 'ann', Peer_Account: ['p0', 'p1'] }, few)
    expect(some.C2CUnreadMsgNumList.map((each: Answer) => each.C2CUnreadMsgNum)).toEqual([3, 1])
  })

  test('show so many conversations that have any', async () => {
    await using few = await capped(0, 3)
    for (const peer of peers) await send(peer, 'ann', {}, few)
    await send('p0', 'ann', {}, few)
    // The newest three: p0 with two, p7 and p6.
    expect(await total('ann', few)).toBe(4)
    await few.call('openim/admin_set_msg_read', { Report_Account: 'ann', Peer_Account: 'p0' })
    expect(await total('ann', few)).toBe(3)
  })

  test('show conversations that are in no list, as far as there is room', async () => {
    await using few = await capped(2, 3)
    const unlisted = { SendMsgControl: ['NoLastMsg'] }
    for (let i = 0; i < 3; i += 1) await send('p0', 'ann', {}, few)
    for (let i = 0; i < 9; i += 1) await send('p1', 'ann', unlisted, few)
    // Two of p0, and at most two for each of two more.
    expect(await total('ann', few)).toBe(6)
  })

  test('are off with 0, and far off by default', async () => {
    for (let i = 0; i < 5; i += 1) await send('bob', 'ann')
    expect(await total('ann')).toBe(5)
    await using usual = await openDoor({ accounts: ['ann', 'bob'] })
    for (let i = 0; i < 101; i += 1) await send('bob', 'ann', {}, usual)
    expect(await total('ann', usual)).toBe(100)
  })

  test('cost nothing while nothing is over them', async () => {
    await send('bob', 'ann')
    const { views } = door
    const limits = { timUnreadMax: 100, timConversationsMax: 100 }
    const listed = vi.spyOn(views, 'listed')
    expect(await unreadTotalOf(door.number('ann'), views, limits)).toBe(1)
    expect(listed).not.toHaveBeenCalled()
  })

  test('are found without reading any message', async () => {
    for (let i = 0; i < 5; i += 1) await send('bob', 'ann')
    const read = vi.spyOn(door.engines.journal, 'read')
    const limits = { timUnreadMax: 3, timConversationsMax: 3 }
    expect(await unreadTotalOf(door.number('ann'), door.views, limits)).toBe(3)
    expect(read).not.toHaveBeenCalled()
  })

  test('look at no more than 1,000 conversations', async () => {
    const { views } = door
    const page = Array.from({ length: 100 }, (_, i) => ({ peer: i, unread: 0, newest: 1 }))
    const listed = vi.spyOn(views, 'listed').mockResolvedValue(page)
    vi.spyOn(views, 'directUnreadTotal').mockReturnValue(5000)
    const limits = { timUnreadMax: 100, timConversationsMax: 0 }
    expect(await unreadTotalOf(1, views, limits)).toBe(5000)
    expect(listed).toHaveBeenCalledTimes(10)
  })
})
