/** What a stop, a crash and a first start mean for notifications, and that memory stays bounded. */
import { rmSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { positionOf } from '../../src/domain/place.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import { JOBS_MAX } from '../../src/pipeline/push/jobs.ts'
import { refused } from '../../src/pushers/refused.ts'
import { call } from '../pipeline/stage.ts'
import {
  newFolder,
  openFolder,
  openPushing,
  Provider,
  type Pushing,
  pushed,
  quiet,
  told,
  until,
} from './pushing.ts'

const folders: string[] = []
const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** The same folder may be opened again and again. `closingMs`: what is under way has so long to end. */
function folder(closingMs = 10) {
  const path = newFolder()
  folders.push(path)
  return async (...providers: Provider[]): Promise<Pushing> => {
    const engines = await openFolder(path)
    opened.push(engines)
    const stage = await openPushing({ engines, providers, closingMs })
    opened.push(stage.pipeline)
    return stage
  }
}

/** Nothing that was going to be written is: the engines are gone under the stage. */
async function crash({ engines, pipeline }: Pushing): Promise<void> {
  await engines.close()
  await pipeline.close()
}

function hasWritten(stage: Pushing, before: readonly unknown[]) {
  return async () => expect((await stage.results()).length).toBeGreaterThan(before.length)
}

async function accountsWithDevices(stage: Pushing, count: number, ...ways: Provider['way'][]) {
  const ids = Array.from({ length: count }, (_, i) => `account-${i}`)
  const [shop, ...accounts] = await stage.accounts('shop', ...ids)
  await Promise.all(accounts.flatMap((account) => ways.map((way) => stage.device(way, account))))
  return { shop: shop!, accounts }
}

describe('after a crash', () => {
  test('what has no outcome is pushed, and what has one is not pushed again', async () => {
    const open = folder()
    const fcm = new Provider('fcm')
    const stage = await open(fcm)
    const { shop, accounts } = await accountsWithDevices(stage, 3, 'fcm')
    // The first one keeps its turn for ever; the others have their outcome.
    fcm.answer = ({ device }) =>
      device.id === `fcm of ${accounts[0]}` ? new Promise(() => {}) : pushed
    await stage.pipeline.accept(call(shop, accounts))
    await vi.waitFor(async () => expect(await stage.results()).toHaveLength(2), 3000)
    await stage.pipeline.accept(call(shop, accounts.slice(1)))
    await crash(stage)

    const after = new Provider('fcm')
    const again = await open(after)
    await until(() => after.asked.length >= 3)
    await quiet()
    const ids = after.asked.map(({ device }) => device.id).sort()
    expect(ids).toEqual([0, 1, 2].map((i) => `fcm of ${accounts[i]}`))
    expect(after.asked.find(({ device }) => device.id === ids[0])!.collapseId).toBe(
      fcm.asked[0]!.collapseId,
    )
    await again.pipeline.close()
    expect(await again.results()).toHaveLength(5)
    await again.engines.close()

    const third = new Provider('fcm')
    const last = await open(third)
    await last.pipeline.accept(call(shop, accounts.slice(0, 1)))
    await until(() => third.asked.length === 1)
    await quiet()
    expect(third.asked).toHaveLength(1)
  }, 20_000)

  test('each way goes on where it was, and those who were online are told so once', async () => {
    const open = folder()
    const fcm = new Provider('fcm')
    const apns = new Provider('apns')
    fcm.answer = () => refused('ECONNREFUSED', { isRetryable: true, scope: 'provider' })
    const stage = await open(fcm, apns)
    const { shop, accounts } = await accountsWithDevices(stage, 4, 'fcm', 'apns')
    stage.open.add(accounts[3]!)
    await stage.pipeline.accept(call(shop, accounts))
    await vi.waitFor(async () => expect(await stage.results()).toHaveLength(4), 3000)
    await crash(stage)

    const [fcmAgain, apnsAgain] = [new Provider('fcm'), new Provider('apns')]
    const again = await open(fcmAgain, apnsAgain)
    await until(() => fcmAgain.asked.length >= 3)
    await again.pipeline.close()
    expect(apnsAgain.asked).toEqual([])
    expect(told(await again.results())).toHaveLength(7)
  })

  test('what was delivered to a terminal meanwhile is not pushed', async () => {
    const open = folder()
    const fcm = new Provider('fcm')
    fcm.answer = () => new Promise(() => {})
    const stage = await open(fcm)
    const { shop, accounts } = await accountsWithDevices(stage, 2, 'fcm')
    const { place } = await stage.pipeline.accept(call(shop, accounts))
    await until(() => fcm.asked.length === 2)
    await crash(stage)

    const after = new Provider('fcm')
    const engines = await openFolder(folders[0]!)
    opened.push(engines)
    engines.index.apply({
      place: engines.journal.end,
      time: Date.now(),
      record: {
        type: 'delivered',
        accounts: Uint32Array.of(accounts[0]!),
        upTo: Float64Array.of(positionOf(place, 0)),
      },
    })
    const again = await openPushing({ engines, providers: [after], closingMs: 10 })
    opened.push(again.pipeline)
    await until(() => after.asked.length === 1)
    await again.pipeline.close()
    expect(told(await again.results())).toEqual([
      `${accounts[0]} skipped delivered`,
      `${accounts[1]} pushed provider-id`,
    ])
  })

  test('memory engines, many batches: every copy is pushed once, whenever it stopped', async () => {
    const engines = await openMemoryEngines()
    let follower: (group: Parameters<Parameters<Engines['journal']['follow']>[0]>[0]) => void
    const journal = engines.journal
    journal.follow((group) => follower(group))
    const seen = new Map<string, number>()
    const counted = (provider: Provider) => {
      provider.answer = ({ device, collapseId }) => {
        const key = `${device.id} ${collapseId}`
        seen.set(key, (seen.get(key) ?? 0) + 1)
        return pushed
      }
      return provider
    }
    let shop = 0
    let accounts: number[] = []
    let sent = 0
    for (let run = 0; run < 6; run += 1) {
      let isDead = false
      const alive: Engines = {
        ...engines,
        journal: {
          ...journal,
          get end() {
            return journal.end
          },
          follow(taken) {
            follower = taken
          },
          append: (record) => (isDead ? Promise.reject(new Error('dead')) : journal.append(record)),
        },
      }
      const stage = await openPushing({ engines: alive, providers: [counted(new Provider('fcm'))] })
      if (run === 0) ({ shop, accounts } = await accountsWithDevices(stage, 20, 'fcm'))
      for (let calls = 0; calls < 30; calls += 1) {
        await stage.pipeline.accept(call(shop, accounts))
        sent += accounts.length
        // Some outcomes are in the journal when it dies, and some are not.
        if (calls === 17) await vi.waitFor(hasWritten(stage, await stage.results()), 3000)
      }
      isDead = true
      await stage.pipeline.close()
    }
    const last = await openPushing({
      engines: { ...engines, journal: { ...journal, end: journal.end, follow() {} } },
      providers: [counted(new Provider('fcm'))],
    })
    await until(() => seen.size === sent)
    await last.pipeline.close()
    expect(seen.size).toBe(sent)
    expect(Math.max(...seen.values())).toBeLessThanOrEqual(2)
  }, 30_000)
})

describe('a way', () => {
  test('that is new begins with what comes, also when it crashes at once', async () => {
    const open = folder()
    const before = await open()
    const { shop, accounts } = await accountsWithDevices(before, 1, 'fcm')
    await before.pipeline.accept(call(shop, accounts))
    await crash(before)

    const fcm = new Provider('fcm')
    fcm.answer = () => new Promise(() => {})
    const stage = await open(fcm)
    await stage.pipeline.accept(call(shop, accounts))
    await crash(stage)

    const after = new Provider('fcm')
    await open(after)
    await until(() => after.asked.length === 1)
    await quiet()
    expect(after.asked).toHaveLength(1)
  })

  test('that closes lets what is under way end, and starts nothing new', async () => {
    const open = folder(60_000)
    const fcm = new Provider('fcm')
    fcm.concurrencyMax = 1
    let finish = () => {}
    fcm.answer = () =>
      new Promise((resolve) => {
        finish = () => resolve(pushed)
      })
    const stage = await open(fcm)
    const { shop, accounts } = await accountsWithDevices(stage, 2, 'fcm')
    await stage.pipeline.accept(call(shop, accounts))
    await until(() => fcm.asked.length === 1)
    const closing = stage.pipeline.close()
    await quiet()
    finish()
    await closing
    expect(fcm.asked).toHaveLength(1)
    expect(told(await stage.results())).toEqual([`${accounts[0]} pushed provider-id`])
    await stage.engines.close()

    const after = new Provider('fcm')
    await open(after)
    await until(() => after.asked.length === 1)
    expect(after.asked[0]!.device.id).toBe(`fcm of ${accounts[1]}`)
  })
})

test('100,000 copies for a provider that is down take a bounded amount of memory', async () => {
  const fcm = new Provider('fcm')
  let isUp = false
  fcm.concurrencyMax = 500
  fcm.answer = () =>
    isUp ? pushed : refused('ECONNREFUSED', { isRetryable: true, scope: 'provider' })
  const stage = await folder()(fcm)
  const { shop, accounts } = await accountsWithDevices(stage, 10_000, 'fcm')
  for (let calls = 0; calls < 10; calls += 1) await stage.pipeline.accept(call(shop, accounts))
  await until(() => stage.pipeline.lanes()[0]!.jobs === JOBS_MAX)
  await quiet()
  expect(stage.pipeline.lanes()[0]!.jobs).toBe(JOBS_MAX)
  isUp = true
  await vi.waitFor(() => expect(stage.pipeline.lanes()[0]!.jobs).toBe(0), { timeout: 60_000 })
  await stage.pipeline.close()
  const results = await stage.results()
  expect(results).toHaveLength(100_000)
  expect(new Set(results.map(({ position }) => position)).size).toBe(100_000)
}, 60_000)
