/** Section 3.8: a copy is made once for each sender, recipient, MsgSeq, MsgRandom and content. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Fault } from '../../src/domain/errors.ts'
import { isBatch } from '../../src/domain/record.ts'
import { openDuplicates } from '../../src/pipeline/duplicates.ts'
import { Reached } from '../../src/pipeline/reached.ts'
import { Random } from '../lib/random.ts'
import { ADMIN, type Answer, batch, openDoor, pathOf, type TestDoor, text } from './door.ts'

const START = 1_766_312_400_000

let door: TestDoor
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(START)
  door = await openDoor({ accounts: ['ann', 'bob', 'cleo', 'ops'], online: ['ann', 'bob', 'cleo'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await door[Symbol.asyncDispose]()
})

const call = { MsgSeq: 7, MsgRandom: 9, To_Account: ['ann', 'bob'] }

async function send(changes: Record<string, unknown> = {}, at = 0): Promise<Answer> {
  vi.setSystemTime(START + at)
  return door.call('openim/batchsendmsg', batch({ ...call, ...changes }))
}

const unread = (id: string) => door.views.unreadTotal(door.number(id))

describe('a retry with MsgSeq', () => {
  test('is reported as a success with the MsgKey of the first call, and delivers nothing', async () => {
    const first = await send()
    expect(await send({}, 1000)).toEqual(first)
    expect(await send({}, 119_999)).toEqual(first)
    expect(first.MsgKey).toBe('7_9_1766312400')
    expect(unread('ann')).toBe(1)
    expect(door.delivered).toHaveLength(2)
  })

  test('is a new call after 120 s', async () => {
    await send()
    expect((await send({}, 120_000)).MsgKey).toBe('7_9_1766312520')
    expect(unread('ann')).toBe(2)
  })

  test('is still known after it was repeated, counted from the first call', async () => {
    await send()
    await send({}, 119_000)
    expect((await send({}, 121_000)).MsgKey).toBe('7_9_1766312521')
  })

  test.each<[string, Record<string, unknown>]>([
    ['another MsgSeq', { MsgSeq: 8 }],
    ['another MsgRandom', { MsgRandom: 10 }],
    ['another content', { MsgBody: [text('other')] }],
    ['another sender', { From_Account: 'ops' }],
  ])('with %s is a new call', async (_, changes) => {
    await send()
    await send(changes, 1000)
    expect(unread('ann')).toBe(2)
  })

  test.each<[string, Record<string, unknown>]>([
    ['other push information', { OfflinePushInfo: { Desc: 'x' } }],
    ['other custom data', { CloudCustomData: 'x' }],
    ['the administrator named', { From_Account: ADMIN }],
    ['its recipients in another order', { To_Account: ['bob', 'ann', 'bob'] }],
    ['fewer recipients', { To_Account: ['bob'] }],
  ])('with %s is none', async (_, changes) => {
    const first = await send()
    expect(await send(changes, 1000)).toEqual(first)
    expect(unread('ann')).toBe(1)
    expect(unread('bob')).toBe(1)
  })

  test('of the same JSON, written otherwise, is none', async () => {
    const first = await send()
    const spaced = JSON.stringify(batch(call), null, 2).replace('hi', '\\u0068i')
    expect(await door.call('openim/batchsendmsg', spaced)).toEqual(first)
  })

  test('does not depend on random in the URL', async () => {
    const first = await send()
    const path = pathOf('openim/batchsendmsg', { random: '1' })
    expect(await door.ask(path, batch(call))).toEqual(first)
  })

  test('that adds recipients is new for those, with a MsgKey of its own', async () => {
    await send()
    expect((await send({ To_Account: ['ann', 'cleo'] }, 2000)).MsgKey).toBe('7_9_1766312402')
    expect([unread('ann'), unread('bob'), unread('cleo')]).toEqual([1, 1, 1])
    // Everybody has been reached, by one call or the other: the first of them answers.
    const all = await send({ To_Account: ['cleo', 'bob'] }, 3000)
    expect(all.MsgKey).toBe('7_9_1766312400')
    expect((await send({ To_Account: ['cleo'] }, 3000)).MsgKey).toBe('7_9_1766312402')
  })

  test('after an unknown recipient was imported reaches that one', async () => {
    const to = { To_Account: ['ann', 'dora'] }
    expect(await send(to)).toMatchObject({
      ActionStatus: 'SomeError',
      ErrorList: [{ To_Account: 'dora', ErrorCode: 70107 }],
    })
    // Still unknown: the answer of the first call, and the same failure.
    expect(await send(to, 1000)).toMatchObject({
      ActionStatus: 'SomeError',
      MsgKey: '7_9_1766312400',
      ErrorList: [{ To_Account: 'dora', ErrorCode: 70107 }],
    })
    await door.import('dora')
    expect(await send(to, 2000)).toMatchObject({ ActionStatus: 'OK', MsgKey: '7_9_1766312402' })
    expect([unread('ann'), unread('dora')]).toEqual([1, 1])
    expect(await send(to, 3000)).toMatchObject({ ActionStatus: 'OK', MsgKey: '7_9_1766312400' })
  })

  test('of an online-only call is none', async () => {
    const first = await send({ OnlineOnlyFlag: 1 })
    expect(await send({ OnlineOnlyFlag: 1 }, 1000)).toEqual(first)
    expect(door.delivered).toHaveLength(2)
  })

  test('at the same time as the first call gets its answer', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send()))
    expect(new Set(answers.map(({ MsgKey, MsgId }) => MsgKey + MsgId)).size).toBe(1)
    expect(unread('ann')).toBe(1)
  })
})

describe('a call without MsgSeq', () => {
  const without = (at: number, changes = {}) => send({ MsgSeq: undefined, ...changes }, at)

  test('is a duplicate within the same second', async () => {
    const first = await without(0)
    expect(await without(999)).toEqual(first)
    expect(unread('ann')).toBe(1)
  })

  test('is new in the next second', async () => {
    const first = await without(999)
    const second = await without(1000)
    expect(second.MsgKey).not.toBe(first.MsgKey)
    expect(unread('ann')).toBe(2)
  })

  test('is no duplicate of one with MsgSeq', async () => {
    await send()
    await without(10)
    expect(unread('ann')).toBe(2)
  })

  test('with another MsgRandom or content is new', async () => {
    await without(0)
    await without(0, { MsgRandom: 1 })
    await without(0, { MsgBody: [text('other')] })
    expect(unread('ann')).toBe(3)
  })
})

test('the window is known again after a restart', async () => {
  await send()
  await send({ MsgSeq: undefined, MsgRandom: 5 }, 60_000)
  const records = []
  for await (const group of door.engines.journal.replay(0)) {
    records.push(...group.filter(isBatch).map(({ record }) => record))
  }
  const again = await openDuplicates(door.engines.journal)
  const [withSeq, withoutSeq] = records
  expect(await again.append(withSeq!)).toMatchObject({ repeated: true, time: START })
  expect(await again.append(withoutSeq!)).toMatchObject({ repeated: true, time: START + 60_000 })
  vi.setSystemTime(START + 120_000)
  const later = await openDuplicates(door.engines.journal)
  expect(await later.append(withSeq!)).toMatchObject({ repeated: false })
})

describe('calls that share their numbers', () => {
  test('of which the journal refuses one leave nothing of it behind', async () => {
    const { journal } = door.engines
    const append = journal.append.bind(journal)
    journal.append = () => Promise.reject(new Fault('diskFull'))
    expect(await send()).toMatchObject({ ErrorCode: 91000 })
    journal.append = append
    expect((await send({}, 1000)).MsgKey).toBe('7_9_1766312401')
    journal.append = () => Promise.reject(new Fault('diskFull'))
    expect(await send({ To_Account: ['cleo'] }, 2000)).toMatchObject({ ErrorCode: 91000 })
    journal.append = append
    expect((await send({ To_Account: ['cleo'] }, 3000)).MsgKey).toBe('7_9_1766312403')
    expect([unread('ann'), unread('cleo')]).toEqual([1, 1])
  })

  /** Lets the next call wait before the journal has it: until it is released, or refused. */
  function holdNext() {
    const { journal } = door.engines
    const append = journal.append.bind(journal)
    const released = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    journal.append = async (record) => {
      journal.append = append
      reached.resolve()
      await released.promise
      return append(record)
    }
    return { reached: reached.promise, release: released.resolve, refuse: released.reject }
  }

  test('wait only for those that have some of their recipients', async () => {
    await send({ To_Account: ['ann'] })
    await send({ To_Account: ['bob'] }, 1000)
    const { reached, release } = holdNext()
    const slow = send({ To_Account: ['cleo'] }, 2000)
    await reached
    const twin = send({ To_Account: ['cleo', 'bob'] }, 2000)
    const other = await send({ To_Account: ['ops'] }, 2000)
    expect(other.MsgKey).toBe('7_9_1766312402')
    expect(unread('cleo')).toBe(0)
    release()
    expect((await slow).MsgKey).toBe('7_9_1766312402')
    expect((await twin).MsgKey).toBe('7_9_1766312401')
    expect(['ann', 'bob', 'cleo', 'ops'].map(unread)).toEqual([1, 1, 1, 1])
  })

  test('that waited for one that was refused do its work', async () => {
    await send({ To_Account: ['ann'] })
    await send({ To_Account: ['bob'] }, 1000)
    const { reached, refuse } = holdNext()
    const refused = send({ To_Account: ['cleo'] }, 2000)
    await reached
    const twin = send({ To_Account: ['cleo', 'bob'] }, 2000)
    await send({ To_Account: ['ops'] }, 2000)
    refuse(new Fault('diskFull'))
    expect(await refused).toMatchObject({ ErrorCode: 91000 })
    expect(await twin).toMatchObject({ ActionStatus: 'OK', MsgKey: '7_9_1766312402' })
    expect(['bob', 'cleo'].map(unread)).toEqual([1, 1])
  })

  test('are compared without reading all that came before', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => `u${i}`)
    await door.import(...ids)
    const read = vi.spyOn(door.engines.journal, 'read')
    for (const id of ids) await send({ To_Account: [id] })
    expect(read.mock.calls.flatMap(([places]) => places)).toHaveLength(1)
    const first = await send({ To_Account: [ids[299]!, ids[0]!] })
    expect(first.MsgKey).toBe('7_9_1766312400')
    expect(ids.every((id) => unread(id) === 1)).toBe(true)
  })
})

test('a table of whom calls have reached says what a Map would', () => {
  const random = new Random(1)
  const table = new Reached()
  const model = new Map<number, number>()
  for (let step = 0; step < 50_000; step += 1) {
    const recipient = 1 + random.below(random.pick([10, 20_000, 2 ** 31 - 1]))
    if (random.below(2) === 0) {
      table.set(recipient, step + 1)
      model.set(recipient, step + 1)
    }
    expect(table.get(recipient)).toBe(model.get(recipient) ?? 0)
  }
})

/** DUPLICATES_SEED=… repeats a run. */
const seed = Number(process.env.DUPLICATES_SEED ?? Date.now() % 2 ** 32)

/** Any calls, one after the other or at once, against the rule as it is written. */
test(`each copy is made once (DUPLICATES_SEED=${seed})`, async () => {
  const random = new Random(seed)
  const ids = ['ann', 'bob', 'cleo', 'ops']
  /** When each copy was last made, by its key. */
  const made = new Map<string, number>()
  const expected = new Map<string, number>(ids.map((id) => [id, 0]))
  let at = 0
  for (let round = 0; round < 150; round += 1) {
    at += random.pick([0, 100, 400, 1000, 30_000, 119_000])
    const calls = Array.from({ length: 1 + random.below(3) }, () => ({
      MsgSeq: random.pick([undefined, 1, 2]),
      MsgRandom: random.pick([1, 2]),
      MsgBody: [text(random.pick(['a', 'b']))],
      To_Account: random.some(ids, 1 + random.below(3)),
    }))
    for (const { MsgSeq, MsgRandom, MsgBody, To_Account } of calls) {
      for (const id of To_Account) {
        const key = JSON.stringify([id, MsgSeq ?? null, MsgRandom, MsgBody])
        const last = made.get(key)
        const now = START + at
        const isDuplicate =
          last !== undefined &&
          (MsgSeq === undefined
            ? Math.floor(last / 1000) === Math.floor(now / 1000)
            : now - last < 120_000)
        if (isDuplicate) continue
        made.set(key, now)
        expected.set(id, expected.get(id)! + 1)
      }
    }
    const answers = await Promise.all(calls.map((each) => send(each, at)))
    for (const answer of answers) expect(answer).toMatchObject({ ActionStatus: 'OK', ErrorCode: 0 })
    const counted = ids.map((id) => [id, unread(id)])
    expect(Object.fromEntries(counted), `round ${round}`).toEqual(Object.fromEntries(expected))
  }
})
