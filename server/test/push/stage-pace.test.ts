/** What becomes of notifications that a provider does not take, by a clock that the tests turn. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import { JOBS_WAITING_MAX } from '../../src/pipeline/push/jobs.ts'
import { refused } from '../../src/pushers/refused.ts'
import { call } from '../pipeline/stage.ts'
import { openPushing, Provider, type Pushing, pushed, quiet, told, until } from './pushing.ts'

const opened: Pushing[] = []

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ pipeline }) => pipeline.close()))
  vi.useRealTimers()
})

async function open(options: Parameters<typeof openPushing>[0] = {}): Promise<Pushing> {
  const pushing = await openPushing(options)
  opened.push(pushing)
  return pushing
}

async function settled(pushing: Pushing) {
  await pushing.pipeline.close()
  return pushing.results()
}

async function pass(ms: number): Promise<void> {
  await quiet()
  await vi.advanceTimersByTimeAsync(ms)
  await quiet()
}

const down = refused('ECONNREFUSED', { isRetryable: true, scope: 'provider' })
const busy = (retryAfterMs: number | null = null) =>
  refused('429', { isRetryable: true, retryAfterMs })

/** Some accounts with a device of each way, and somebody who writes to them. */
async function someone(stage: Pushing, count: number, ...ways: Provider[]) {
  const ids = Array.from({ length: count }, (_, i) => `account-${i}`)
  const [shop, ...accounts] = await stage.accounts('shop', ...ids)
  for (const account of accounts) for (const { way } of ways) await stage.device(way, account)
  return { shop: shop!, accounts }
}

describe('a notification that is refused', () => {
  test('for a while is tried again, later and later', async () => {
    const fcm = new Provider('fcm')
    const at: number[] = []
    fcm.answer = () => {
      at.push(Date.now())
      return at.length < 5 ? busy() : pushed
    }
    const stage = await open({ providers: [fcm] })
    const { shop, accounts } = await someone(stage, 1, fcm)
    await stage.pipeline.accept(call(shop, accounts))
    for (let seconds = 0; seconds < 40; seconds += 1) await pass(1000)
    expect(at).toHaveLength(5)
    const pauses = at.slice(1).map((time, i) => time - at[i]!)
    for (const [i, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(500 * 2 ** i)
      expect(pause).toBeLessThanOrEqual(1000 * 2 ** i + 1000)
    }
    expect(told(await settled(stage))).toEqual([`${accounts[0]} pushed provider-id`])
  })

  test('is not tried before the time that the provider asks for', async () => {
    const fcm = new Provider('fcm')
    fcm.answer = () => (fcm.asked.length === 1 ? busy(90_000) : pushed)
    const stage = await open({ providers: [fcm] })
    const { shop, accounts } = await someone(stage, 1, fcm)
    await stage.pipeline.accept(call(shop, accounts))
    await pass(89_000)
    expect(fcm.asked).toHaveLength(1)
    await pass(2000)
    expect(fcm.asked).toHaveLength(2)
    expect(fcm.asked[1]!.collapseId).toBe(fcm.asked[0]!.collapseId)
  })

  test('until it is no longer worth showing, is told with the reason', async () => {
    const fcm = new Provider('fcm')
    fcm.answer = () => busy()
    const stage = await open({ providers: [fcm] })
    const { shop, accounts } = await someone(stage, 1, fcm)
    await stage.pipeline.accept(call(shop, accounts, { lifetimeSeconds: 60 }))
    for (let seconds = 0; seconds < 70; seconds += 1) await pass(1000)
    expect(await settled(stage)).toMatchObject([
      { state: 'refused', detail: '429', isRetryable: true },
    ])
    expect(fcm.asked.length).toBeGreaterThan(3)
  })

  test('for good is not tried again', async () => {
    const fcm = new Provider('fcm')
    fcm.answer = () => refused('PayloadTooLarge')
    const stage = await open({ providers: [fcm] })
    const { shop, accounts } = await someone(stage, 1, fcm)
    await stage.pipeline.accept(call(shop, accounts))
    await pass(600_000)
    expect(fcm.asked).toHaveLength(1)
    expect(told(await settled(stage))).toEqual([`${accounts[0]} refused PayloadTooLarge`])
  })

  test('because its device is gone takes the device away', async () => {
    const fcm = new Provider('fcm')
    const gone: string[] = []
    fcm.answer = () => refused('UNREGISTERED', { isDeviceGone: true })
    const stage = await open({ providers: [fcm], onDeviceGone: (way) => gone.push(way) })
    const { shop, accounts } = await someone(stage, 1, fcm)
    await stage.pipeline.accept(call(shop, accounts))
    await until(() => gone.length === 1)
    expect(stage.engines.directory.hasDevice(accounts[0]!)).toBe(false)
    await stage.pipeline.accept(call(shop, accounts))
    expect(told(await settled(stage))).toEqual([`${accounts[0]} refused UNREGISTERED`])
  })
})

describe('meanwhile', () => {
  async function waiting(stage: Pushing, fcm: Provider) {
    const { shop, accounts } = await someone(stage, 1, fcm)
    fcm.answer = () => (fcm.asked.length === 1 ? busy(30_000) : pushed)
    const accepted = await stage.pipeline.accept(call(shop, accounts))
    await until(() => fcm.asked.length === 1)
    return { shop, bob: accounts[0]!, ...accepted }
  }

  test('a message that was recalled is not pushed any more', async () => {
    const fcm = new Provider('fcm')
    const stage = await open({ providers: [fcm] })
    const { place, bob } = await waiting(stage, fcm)
    await stage.pipeline.change({ place, ordinals: [0], by: 0, content: null })
    await pass(31_000)
    expect(told(await settled(stage))).toEqual([`${bob} skipped recalled`])
  })

  test('nor one that was read', async () => {
    const fcm = new Provider('fcm')
    const stage = await open({ providers: [fcm] })
    const { shop, bob } = await waiting(stage, fcm)
    await stage.pipeline.markRead(bob, shop, null)
    await pass(31_000)
    expect(told(await settled(stage))).toEqual([`${bob} skipped read`])
  })

  test('nor one whose device belongs to somebody else now', async () => {
    const fcm = new Provider('fcm')
    const stage = await open({ providers: [fcm] })
    const { bob } = await waiting(stage, fcm)
    const [eve] = await stage.accounts('eve')
    await stage.device('fcm', eve!, `fcm of ${bob}`)
    await pass(31_000)
    expect(fcm.asked).toHaveLength(1)
    expect(told(await settled(stage))).toEqual([`${bob} skipped no-device`])
  })
})

test('a provider that answers in heaps leaves turns to others', async () => {
  const fcm = new Provider('fcm')
  fcm.concurrencyMax = 500
  const held: (() => void)[] = []
  fcm.answer = () => new Promise((resolve) => held.push(() => resolve(pushed)))
  const stage = await open({ providers: [fcm] })
  const { shop, accounts } = await someone(stage, 1000, fcm)
  await stage.pipeline.accept(call(shop, accounts))
  const lane = () => stage.pipeline.lanes()[0]!
  await until(() => lane().jobs === 1000)
  for (let before = 1000; before > 0; ) {
    await new Promise(setImmediate)
    const { jobs } = lane()
    expect(before - jobs).toBeLessThanOrEqual(32)
    before = jobs
    if (held.length >= Math.min(64, jobs)) for (const answer of held.splice(0)) answer()
  }
  expect(fcm.asked).toHaveLength(1000)
  expect(new Set(told(await settled(stage))).size).toBe(1000)
})

describe('a provider that takes nothing', () => {
  test('is left alone but for one try at a time, and holds up no other', async () => {
    const fcm = new Provider('fcm')
    const apns = new Provider('apns')
    let isUp = false
    fcm.answer = () => (isUp ? pushed : down)
    const stage = await open({ providers: [fcm, apns] })
    const { shop, accounts } = await someone(stage, 200, fcm, apns)
    await stage.pipeline.accept(call(shop, accounts))
    await until(() => stage.pipeline.lanes()[1]!.jobs === 0 && apns.asked.length === 200)
    const atOnce = fcm.asked.length
    expect(atOnce).toBeLessThanOrEqual(100)
    expect(stage.pipeline.lanes()).toMatchObject([
      { way: 'fcm', jobs: 200, breaker: 'open' },
      { way: 'apns', jobs: 0, breaker: 'closed' },
    ])
    for (let seconds = 0; seconds < 600; seconds += 1) await pass(1000)
    // Pauses of half a minute to a minute, after some shorter ones.
    expect(fcm.asked.length - atOnce).toBeGreaterThan(9)
    expect(fcm.asked.length - atOnce).toBeLessThan(30)

    isUp = true
    const before = fcm.asked.length
    for (let seconds = 0; seconds < 60; seconds += 1) await pass(1000)
    expect(new Set(fcm.asked.slice(before).map(({ device }) => device.id)).size).toBe(200)
    expect(fcm.asked.length - before).toBe(200)
    expect(told(await settled(stage))).toHaveLength(400)
  })

  test('for longer than the lifetime: what has expired is told so', async () => {
    const fcm = new Provider('fcm')
    fcm.answer = () => down
    const stage = await open({ providers: [fcm], lifetimeMs: 3_600_000 })
    const { shop, accounts } = await someone(stage, 3, fcm)
    await stage.pipeline.accept(call(shop, accounts))
    await pass(3_700_000)
    expect(told(await settled(stage))).toEqual(accounts.map((each) => `${each} skipped expired`))
  })

  test('but asks to wait gets its time', async () => {
    const fcm = new Provider('fcm')
    fcm.answer = () =>
      fcm.asked.length === 1
        ? refused('TooManyRequests', {
            isRetryable: true,
            scope: 'provider',
            retryAfterMs: 120_000,
          })
        : pushed
    fcm.concurrencyMax = 1
    const stage = await open({ providers: [fcm] })
    const { shop, accounts } = await someone(stage, 5, fcm)
    await stage.pipeline.accept(call(shop, accounts))
    await pass(119_000)
    expect(fcm.asked).toHaveLength(1)
    await pass(2000)
    expect(fcm.asked).toHaveLength(6)
  })
})

test('no more are under way at once than the provider takes, nor more in a second than is set', async () => {
  const fcm = new Provider('fcm')
  const web = new Provider('web')
  fcm.concurrencyMax = 7
  web.perSecond = 10
  fcm.answer = () => new Promise((resolve) => setTimeout(() => resolve(pushed), 100))
  const stage = await open({ providers: [fcm, web] })
  const { shop, accounts } = await someone(stage, 50, fcm, web)
  await stage.pipeline.accept(call(shop, accounts))
  await pass(0)
  expect(web.asked).toHaveLength(10)
  for (let tenths = 0; tenths < 10; tenths += 1) await pass(100)
  expect(web.asked.length).toBeGreaterThanOrEqual(18)
  expect(web.asked.length).toBeLessThanOrEqual(21)
  expect(fcm.underWayMax).toBe(7)
  expect(fcm.asked).toHaveLength(50)
})

test('a copy that cannot be put into words is nobody else’s trouble', async () => {
  const fcm = new Provider('fcm')
  const stage = await open({
    providers: [fcm],
    wanted(text) {
      if (text === 'broken') throw new Error('cannot be read')
      return true
    },
  })
  const { shop, accounts } = await someone(stage, 1, fcm)
  await stage.pipeline.accept(
    call(shop, accounts, { content: { format: 'native', json: '{}', text: 'broken' } }),
  )
  await stage.pipeline.accept(call(shop, accounts))
  await until(() => fcm.asked.length === 1)
  expect(told(await settled(stage))).toEqual([
    `${accounts[0]} refused InternalError`,
    `${accounts[0]} pushed provider-id`,
  ])
})

test('while the disk is full nothing is pushed, and nothing is lost', async () => {
  const fcm = new Provider('fcm')
  const memory = await openMemoryEngines()
  let bytesFree = 1
  const stage = await open({ providers: [fcm], engines: { ...memory, bytesFree: () => bytesFree } })
  const { shop, accounts } = await someone(stage, 3, fcm)
  const accepting = stage.pipeline.accept(call(shop, accounts))
  bytesFree = -1
  await accepting
  await pass(10_000)
  expect(fcm.asked).toEqual([])
  bytesFree = 1
  await pass(2000)
  expect(fcm.asked).toHaveLength(3)
})

test('outcomes that the journal refuses wait, and pushing with them', async () => {
  const fcm = new Provider('fcm')
  const memory = await openMemoryEngines()
  let isFull = false
  const journal: typeof memory.journal = {
    ...memory.journal,
    get end() {
      return memory.journal.end
    },
    append: (record) =>
      isFull && record.type === 'outcomes'
        ? Promise.reject(new Error('full'))
        : memory.journal.append(record),
  }
  const stage = await open({ providers: [fcm], engines: { ...memory, journal } })
  const { shop, accounts } = await someone(stage, 2, fcm)
  isFull = true
  await stage.pipeline.accept(call(shop, accounts.slice(0, 1)))
  await pass(2000)
  await stage.pipeline.accept(call(shop, accounts.slice(1)))
  await pass(5000)
  expect(fcm.asked).toHaveLength(1)
  isFull = false
  await pass(2000)
  expect(fcm.asked).toHaveLength(2)
  expect(told(await settled(stage))).toEqual(
    accounts.map((account) => `${account} pushed provider-id`),
  )
})

test('those that wait to be tried again do not keep others from going, and are found again', async () => {
  const fcm = new Provider('fcm')
  fcm.concurrencyMax = 1000
  const busyOnes = JOBS_WAITING_MAX + 500
  fcm.answer = () => (fcm.asked.length <= busyOnes ? busy(86_000) : pushed)
  const stage = await open({ providers: [fcm] })
  const { shop, accounts } = await someone(stage, 100, fcm)
  for (let calls = 0; calls < busyOnes / 100 + 1; calls += 1) {
    await stage.pipeline.accept(call(shop, accounts))
  }
  await until(() => fcm.asked.length === busyOnes + 100)
  await pass(2000)
  expect(stage.pipeline.lanes()[0]!.jobs).toBe(JOBS_WAITING_MAX)
  for (let seconds = 0; seconds < 400; seconds += 5) await pass(5000)
  await until(() => stage.pipeline.lanes()[0]!.jobs === 0)
  const results = await settled(stage)
  expect(results).toHaveLength(busyOnes + 100)
  expect(new Set(results.map(({ position }) => position)).size).toBe(busyOnes + 100)
  expect(results.every(({ state }) => state === 'pushed')).toBe(true)
}, 30_000)
