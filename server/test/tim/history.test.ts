/** Section 7.3: history, from the viewpoint of the first account. */

import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Content, seqOf, Trait } from '../../src/domain/batch.ts'
import { messageId } from '../../src/domain/message-id.ts'
import { positionOf } from '../../src/domain/place.ts'
import type { Call } from '../../src/pipeline/accept.ts'
import { Random } from '../lib/random.ts'
import { ADMIN, type Answer, batch, openDoor, pathOf, type TestDoor, text } from './door.ts'

const SECOND = 1_766_312_400

let door: TestDoor
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(SECOND * 1000)
  door = await openDoor({ accounts: ['ann', 'bob', 'cleo'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await door[Symbol.asyncDispose]()
})

let random = 0

/** Sends a message at a second after the start. */
async function send(changes: Record<string, unknown>, second = 0): Promise<Answer> {
  vi.setSystemTime((SECOND + second) * 1000 + 250)
  random += 1
  const body = batch({ MsgRandom: random, From_Account: 'bob', To_Account: ['ann'], ...changes })
  const answer = await door.call('openim/batchsendmsg', body)
  expect(answer.ErrorCode).toBe(0)
  return answer
}

const range = { MaxCnt: 1000, MinTime: SECOND - 1000, MaxTime: SECOND + 100_000 }

function history(changes: Record<string, unknown> = {}): Promise<Answer> {
  const pair = { Operator_Account: 'ann', Peer_Account: 'bob' }
  return door.call('openim/admin_getroammsg', { ...pair, ...range, ...changes })
}

/** Every page, each put before the one that came first. */
async function pages(changes: Record<string, unknown>): Promise<Answer[][]> {
  const all: Answer[][] = []
  let next = {}
  for (let count = 0; count < 2000; count += 1) {
    const page = await history({ ...changes, ...next })
    expect(page.MsgCnt).toBe(page.MsgList.length)
    all.unshift(page.MsgList)
    if (page.Complete === 1) return all
    expect(page.LastMsgKey).toBe(page.MsgList[0].MsgKey)
    expect(page.LastMsgTime).toBe(page.MsgList[0].MsgTimeStamp)
    next = { MaxTime: page.LastMsgTime, LastMsgKey: page.LastMsgKey }
  }
  throw new Error('the pages have no end')
}

const textsOf = (list: Answer[]) => list.map(({ MsgBody }) => MsgBody[0].MsgContent.Text)

describe('a message in history', () => {
  test('has the fields of the documentation', async () => {
    await send({ MsgSeq: 7, MsgRandom: 4294967295, CloudCustomData: 'c', IsNeedReadReceipt: 1 })
    const { MsgList, ...envelope } = await history()
    expect(envelope).toEqual({
      ActionStatus: 'OK',
      ErrorCode: 0,
      ErrorInfo: '',
      Complete: 1,
      MsgCnt: 1,
      LastMsgTime: SECOND,
      LastMsgKey: `7_4294967295_${SECOND}`,
    })
    expect(MsgList).toEqual([
      {
        From_Account: 'bob',
        To_Account: 'ann',
        MsgSeq: 7,
        MsgRandom: 4294967295,
        MsgTimeStamp: SECOND,
        MsgClientTime: SECOND,
        MsgFlagBits: 0,
        IsPeerRead: 0,
        IsNeedReadReceipt: 1,
        MsgVersion: 0,
        MsgKey: `7_4294967295_${SECOND}`,
        MsgBody: [text('hi, beauty')],
        CloudCustomData: 'c',
      },
    ])
  })

  test('has the MsgKey that the sender was told, and its extension flag', async () => {
    const { MsgKey } = await send({ SupportMessageExtension: 1 })
    expect((await history()).MsgList).toMatchObject([{ MsgKey, SupportMessageExtension: 1 }])
  })

  test('is read once its recipient has read it', async () => {
    await send({}, 0)
    await send({}, 2)
    await send({ From_Account: 'ann', To_Account: ['bob'] }, 3)
    const read = { Report_Account: 'ann', Peer_Account: 'bob', MsgReadTime: SECOND + 1 }
    await door.call('openim/admin_set_msg_read', read)
    const flags = async () => {
      return (await history()).MsgList.map(({ IsPeerRead }: Answer) => IsPeerRead)
    }
    expect(await flags()).toEqual([1, 0, 0])
    await door.call('openim/admin_set_msg_read', { Report_Account: 'ann', Peer_Account: 'bob' })
    expect(await flags()).toEqual([1, 1, 0])
    await door.call('openim/admin_set_msg_read', { Report_Account: 'bob', Peer_Account: 'ann' })
    expect(await flags()).toEqual([1, 1, 1])
  })

  test('of another door is one text', async () => {
    const call: Call = {
      sender: door.number('bob'),
      recipients: Int32Array.of(door.number('ann')),
      failures: [],
      content: { format: 'native', json: '{"any":"thing"}', text: 'plain "words"' },
      traits: 0,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: 0,
      push: null,
    }
    const { place } = await door.pipeline.accept(call)
    const id = messageId(door.engines.journal.generation, positionOf(place, 0))
    const { MsgList } = await history()
    expect(MsgList).toMatchObject([{ MsgBody: [text('plain "words"')], MsgRandom: crc32(id) }])
    const { MsgSeq, MsgRandom, MsgTimeStamp, MsgKey } = MsgList[0]
    expect(MsgKey).toBe(`${MsgSeq}_${MsgRandom}_${MsgTimeStamp}`)
  })

  test('of IMKIT is in its elements, each rendered for its recipient', async () => {
    const json = '{"messageType":"text","message":"hi $n$","extra":{"order":"$o$"}}'
    const { place } = await door.pipeline.accept({
      sender: door.number('bob'),
      recipients: Int32Array.of(door.number('cleo'), door.number('ann'), door.number('ann')),
      failures: [],
      content: { format: 'imkit', json, text: 'hi $n$' },
      variables: { fields: null, entries: [{}, { $n$: 'Ann', $o$: '91' }, { $n$: 'A' }] },
      traits: Trait.batched,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: 0,
      push: null,
    })
    const idAt = (at: number) => messageId(door.engines.journal.generation, positionOf(place, at))
    const MsgSeq = seqOf({ seq: null }, place)
    const { MsgList } = await history()
    expect(MsgList).toMatchObject([
      {
        MsgBody: [text('hi Ann')],
        CloudCustomData: '{"order":"91"}',
        MsgSeq,
        MsgRandom: crc32(idAt(1)),
      },
      {
        MsgBody: [text('hi A')],
        CloudCustomData: '{"order":"$o$"}',
        MsgSeq,
        MsgRandom: crc32(idAt(2)),
      },
    ])
    expect(MsgList[0]).toMatchObject({ MsgFlagBits: 0, From_Account: 'bob', To_Account: 'ann' })
    const sticker = {
      format: 'imkit',
      json: '{"messageType":"sticker","sticker":"s"}',
      text: '[S]',
    }
    await door.pipeline.change({
      place,
      ordinals: [1],
      by: door.number('bob'),
      content: sticker as Content,
    })
    const custom = { MsgType: 'TIMCustomElem', MsgContent: { Data: sticker.json, Desc: '[S]' } }
    // The key is of the message, whatever it says by now.
    expect((await history()).MsgList[0]).toEqual({
      ...MsgList[0],
      MsgBody: [custom],
      CloudCustomData: undefined,
    })
  })

  test('that cannot be read any more is left out', async () => {
    await send({ MsgBody: [text('one')] }, 0)
    const second = await send({ MsgBody: [text('two')] }, 0)
    await send({ MsgBody: [text('three')] }, 1)
    const { journal } = door.engines
    const read = journal.read.bind(journal)
    journal.read = async (places) => {
      const found = await read(places)
      return found.map((stored) => {
        const isDamaged = stored?.record.type === 'batch' && stored.record.random === random - 1
        return isDamaged ? null : stored
      })
    }
    expect(textsOf((await history()).MsgList)).toEqual(['one', 'three'])
    // Nor is it in the way of a page that goes on below it.
    const below = { LastMsgKey: second.MsgKey, MaxTime: SECOND }
    expect(textsOf((await history(below)).MsgList)).toEqual(['one'])
  })
})

describe('the viewpoint', () => {
  test('of the sender does not show what was not synchronised to it', async () => {
    await send({ SyncOtherMachine: 2, MsgBody: [text('hidden')] })
    await send({ MsgBody: [text('shown')] })
    expect(textsOf((await history()).MsgList)).toEqual(['hidden', 'shown'])
    const turned = { Operator_Account: 'bob', Peer_Account: 'ann' }
    expect(textsOf((await history(turned)).MsgList)).toEqual(['shown'])
  })

  test('of an account that wrote to itself shows it, whatever SyncOtherMachine says', async () => {
    await send({ To_Account: ['bob'], SyncOtherMachine: 2, MsgBody: [text('note')] })
    const self = { Operator_Account: 'bob', Peer_Account: 'bob' }
    expect(textsOf((await history(self)).MsgList)).toEqual(['note'])
  })

  test('does not show messages for open terminals only', async () => {
    await send({ OnlineOnlyFlag: 1 })
    await send({ MsgLifeTime: 0 })
    await send({ MsgLifeTime: 1, MsgBody: [text('kept')] })
    expect(textsOf((await history()).MsgList)).toEqual(['kept'])
  })

  test('shows a conversation from both sides, and no other one', async () => {
    await send({ MsgBody: [text('to ann')] })
    await send({ From_Account: 'ann', To_Account: ['bob'], MsgBody: [text('to bob')] })
    await send({ To_Account: ['cleo'] })
    await send({ From_Account: 'cleo' })
    expect(textsOf((await history()).MsgList)).toEqual(['to ann', 'to bob'])
  })
})

describe('the span', () => {
  beforeEach(async () => {
    for (const second of [0, 10, 20, 30]) await send({ MsgBody: [text(`${second}`)] }, second)
  })

  test('includes both its bounds', async () => {
    const between = async (from: number, to: number) =>
      textsOf((await history({ MinTime: SECOND + from, MaxTime: SECOND + to })).MsgList)
    expect(await between(10, 20)).toEqual(['10', '20'])
    expect(await between(11, 19)).toEqual([])
    expect(await between(20, 20)).toEqual(['20'])
    expect(await between(20, 10)).toEqual([])
    expect(await between(-SECOND - 5, 9)).toEqual(['0'])
    expect(await between(0, 1e15)).toEqual(['0', '10', '20', '30'])
  })

  test('that is empty is complete', async () => {
    expect(await history({ MinTime: SECOND + 1, MaxTime: SECOND + 9 })).toEqual({
      ActionStatus: 'OK',
      ErrorCode: 0,
      ErrorInfo: '',
      Complete: 1,
      MsgCnt: 0,
      LastMsgTime: 0,
      LastMsgKey: '',
      MsgList: [],
    })
  })

  test('reaches back as far as the roaming window', async () => {
    const week = 7 * 86_400
    vi.setSystemTime((SECOND + 20 + week) * 1000)
    const all = { MinTime: 0, MaxTime: SECOND + 2 * week }
    expect(textsOf((await history(all)).MsgList)).toEqual(['20', '30'])
    await using endless = await openDoor({
      accounts: ['ann', 'bob'],
      settings: { timRoamingDays: 0 },
    })
    const old = { From_Account: 'bob', To_Account: ['ann'] }
    await endless.call('openim/batchsendmsg', batch(old))
    vi.setSystemTime((SECOND + 1000 * week) * 1000)
    const asked = { From_Account: 'ann', To_Account: 'bob', ...all, MaxCnt: 9 }
    expect(await endless.call('openim/admin_getroammsg', asked)).toMatchObject({ MsgCnt: 1 })
  })
})

describe('a page', () => {
  test('has at most MaxCnt messages: the newest, in ascending order', async () => {
    for (let i = 0; i < 25; i += 1) await send({ MsgBody: [text(`${i}`)] }, Math.floor(i / 3))
    const page = await history({ MaxCnt: 10 })
    expect(page).toMatchObject({ Complete: 0, MsgCnt: 10 })
    expect(textsOf(page.MsgList)).toEqual(Array.from({ length: 10 }, (_, i) => `${15 + i}`))
    const all = await pages({ MaxCnt: 10 })
    expect(all.map((each) => each.length)).toEqual([5, 10, 10])
    expect(textsOf(all.flat())).toEqual(Array.from({ length: 25 }, (_, i) => `${i}`))
  })

  test('is complete when it ends exactly at MaxCnt', async () => {
    for (let i = 0; i < 6; i += 1) await send({}, i)
    expect(await history({ MaxCnt: 6 })).toMatchObject({ Complete: 1, MsgCnt: 6 })
    expect((await pages({ MaxCnt: 3 })).map((each) => each.length)).toEqual([3, 3])
  })

  test('is cut at about 13 KB', async () => {
    for (let i = 0; i < 40; i += 1) await send({ MsgBody: [text(`${i} ${'用'.repeat(300)}`)] }, i)
    const asked = { Operator_Account: 'ann', Peer_Account: 'bob', ...range }
    const response = await door.fetch(pathOf('openim/admin_getroammsg'), asked)
    const bytes = (await response.arrayBuffer()).byteLength
    expect(bytes).toBeGreaterThan(11_000)
    expect(bytes).toBeLessThan(14_000)
    const all = (await pages({})).flat()
    expect(all).toHaveLength(40)
  })

  test('holds one message at least, however big', async () => {
    await using big = await openDoor({
      accounts: ['ann', 'bob'],
      settings: { timMessageBytes: 100_000 },
    })
    for (const n of [1, 2]) {
      const MsgBody = [text(`${n}`.repeat(50_000))]
      const body = batch({ From_Account: 'bob', To_Account: ['ann'], MsgBody, MsgRandom: n })
      await big.call('openim/batchsendmsg', body)
    }
    const asked = { Operator_Account: 'ann', Peer_Account: 'bob', ...range }
    expect(await big.call('openim/admin_getroammsg', asked)).toMatchObject({
      Complete: 0,
      MsgCnt: 1,
    })
  })

  test('sorts a second whole by MsgSeq, then by place', async () => {
    const order = [5, 1, 4294967295, 3, 1, 0, 5]
    for (const [i, MsgSeq] of order.entries())
      await send({ MsgSeq, MsgBody: [text(`${MsgSeq}.${i}`)] })
    await send({ MsgSeq: 2, MsgBody: [text('later')] }, 1)
    const sorted = ['0.5', '1.1', '1.4', '3.3', '5.0', '5.6', '4294967295.2', 'later']
    expect(textsOf((await history()).MsgList)).toEqual(sorted)
    expect(textsOf((await pages({ MaxCnt: 1 })).flat())).toEqual(sorted)
  })

  test('goes on below its oldest message though hundreds share a second', async () => {
    for (let i = 0; i < 300; i += 1) await send({ MsgBody: [text(`${i}`)] }, i < 290 ? 0 : 1)
    const all = await pages({ MaxCnt: 7 })
    expect(textsOf(all.flat())).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`))
  })

  test('never splits copies of one MsgKey', async () => {
    for (let i = 0; i < 30; i += 1) {
      const isTwin = i % 3 !== 0
      const MsgRandom = isTwin ? 77 : 1000 + i
      await send({ MsgSeq: 5, MsgRandom, MsgBody: [text(`${i}`)] })
    }
    await send({ MsgSeq: 6, MsgBody: [text('30')] })
    const all = await pages({ MaxCnt: 2 })
    const pagesOfKey = all.filter((page) => page.some(({ MsgRandom }) => MsgRandom === 77))
    expect(pagesOfKey).toHaveLength(1)
    expect(textsOf(all.flat())).toEqual(Array.from({ length: 31 }, (_, i) => `${i}`))
  })

  test('goes on from a key that MaxTime is not the second of', async () => {
    for (let i = 0; i < 6; i += 1) await send({ MsgBody: [text(`${i}`)] }, i)
    const { LastMsgKey } = await history({ MaxCnt: 2 })
    expect(textsOf((await history({ LastMsgKey })).MsgList)).toEqual(['0', '1', '2', '3'])
  })

  test('goes on from a key that nothing has any more', async () => {
    for (const MsgSeq of [1, 2, 4, 5]) await send({ MsgSeq, MsgBody: [text(`${MsgSeq}`)] })
    const LastMsgKey = `3_5_${SECOND}`
    expect(textsOf((await history({ LastMsgKey })).MsgList)).toEqual(['1', '2'])
  })

  test('that comes while messages come repeats none and leaves none out', async () => {
    for (let i = 0; i < 10; i += 1) await send({ MsgSeq: 100 + i, MsgBody: [text(`${i}`)] })
    const first = await history({ MaxCnt: 4 })
    await send({ MsgSeq: 200, MsgBody: [text('new')] })
    const { LastMsgTime, LastMsgKey } = first
    const second = await history({ MaxCnt: 100, MaxTime: LastMsgTime, LastMsgKey })
    expect(textsOf([...second.MsgList, ...first.MsgList])).toEqual(
      Array.from({ length: 10 }, (_, i) => `${i}`),
    )
  })

  test('after the clock was set back repeats none, and the rest is found by its time', async () => {
    for (let i = 0; i < 10; i += 1) await send({ MsgBody: [text(`a${i}`)] }, 100 + i)
    for (let i = 0; i < 10; i += 1) await send({ MsgBody: [text(`b${i}`)] }, 50 + i)
    vi.setSystemTime((SECOND + 200) * 1000)
    const named = (name: string) => Array.from({ length: 10 }, (_, i) => `${name}${i}`)
    for (const MaxCnt of [3, 1000]) {
      expect(textsOf((await pages({ MaxCnt })).flat())).toEqual(named('b'))
    }
    const span = { MinTime: SECOND + 100, MaxTime: SECOND + 110 }
    expect(textsOf((await pages({ MaxCnt: 3, ...span })).flat())).toEqual(named('a'))
  })
})

describe('a wrong field', () => {
  test.each<[string, Record<string, unknown>, number]>([
    ['no first account', { Operator_Account: undefined }, 90008],
    ['a first account that is a number', { Operator_Account: 5 }, 90008],
    ['an empty first account', { Operator_Account: '' }, 90008],
    ['an unknown first account', { Operator_Account: 'nobody' }, 90008],
    ['no second account', { Peer_Account: undefined }, 90003],
    ['a second account that is an array', { Peer_Account: ['bob'] }, 90003],
    ['an unknown second account', { Peer_Account: 'nobody' }, 90003],
    ['no MaxCnt', { MaxCnt: undefined }, 90001],
    ['MaxCnt null', { MaxCnt: null }, 90001],
    ['MaxCnt a string', { MaxCnt: '5' }, 90001],
    ['MaxCnt 0', { MaxCnt: 0 }, 90001],
    ['MaxCnt negative', { MaxCnt: -1 }, 90001],
    ['MaxCnt a fraction', { MaxCnt: 1.5 }, 90001],
    ['no MinTime', { MinTime: undefined }, 90001],
    ['MinTime a string', { MinTime: '0' }, 90001],
    ['no MaxTime', { MaxTime: undefined }, 90001],
    ['MaxTime a fraction', { MaxTime: 0.5 }, 90001],
    ['LastMsgKey a number', { LastMsgKey: 5 }, 90001],
    ['LastMsgKey of two numbers', { LastMsgKey: '1_2' }, 90001],
    ['LastMsgKey that is too long', { LastMsgKey: `1_2_${'3'.repeat(60)}` }, 90001],
  ])('%s', async (_, changes, code) => {
    expect(await history(changes)).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
  })

  test('an empty LastMsgKey is none', async () => {
    expect(await history({ LastMsgKey: '' })).toMatchObject({ ErrorCode: 0 })
    expect(await history({ LastMsgKey: null })).toMatchObject({ ErrorCode: 0 })
  })

  test('accounts are known by their older names too', async () => {
    await send({})
    const older = { From_Account: 'ann', To_Account: 'bob', ...range }
    expect(await door.call('openim/admin_getroammsg', older)).toMatchObject({ MsgCnt: 1 })
    const both = { ...older, Operator_Account: null, Peer_Account: ADMIN }
    expect(await door.call('openim/admin_getroammsg', both)).toMatchObject({ MsgCnt: 0 })
  })
})

/** HISTORY_SEED=… repeats a run. */
const seed = Number(process.env.HISTORY_SEED ?? Date.now() % 2 ** 32)

test(`pages of any size join to the whole, in order (HISTORY_SEED=${seed})`, async () => {
  const random = new Random(seed)
  const sent: { second: number; seq: number; at: number; text: string }[] = []
  let second = 0
  for (let at = 0; at < 250; at += 1) {
    if (random.below(6) === 0) second += 1 + random.below(3)
    const seq = random.below(4)
    const label = `${at} ${'x'.repeat(random.below(4) === 0 ? 3000 : 5)}`
    const isTurned = random.below(2) === 0
    const isHidden = random.below(5) === 0
    const call: Call = {
      sender: door.number(isTurned ? 'ann' : 'bob'),
      recipients: Int32Array.of(door.number(isTurned ? 'bob' : 'ann')),
      failures: [],
      content: { format: 'tim', json: JSON.stringify({ MsgBody: [text(label)] }), text: label },
      traits: isHidden ? Trait.hiddenFromSender : 0,
      lifetimeSeconds: null,
      seq,
      random: random.below(4),
      contentCrc: 0,
      push: null,
    }
    vi.setSystemTime((SECOND + second) * 1000 + random.below(1000))
    const { time } = await door.pipeline.accept(call)
    if (isTurned && isHidden) continue
    sent.push({ second: Math.floor(time / 1000), seq, at, text: label })
  }
  const expected = sent.sort((a, b) => a.second - b.second || a.seq - b.seq || a.at - b.at)
  for (const MaxCnt of [1, 1 + random.below(5), 20, 1000]) {
    const all = await pages({ MaxCnt })
    expect(textsOf(all.flat()), `MaxCnt ${MaxCnt}`).toEqual(expected.map(({ text }) => text))
    const pageOf = new Map<string, number>()
    for (const [page, list] of all.entries()) {
      for (const { MsgKey } of list) {
        expect(pageOf.get(MsgKey) ?? page, `MsgKey ${MsgKey} is split`).toBe(page)
        pageOf.set(MsgKey, page)
      }
    }
  }
})
