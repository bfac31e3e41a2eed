import { expect, test } from 'vitest'
import { device } from '../../src/engines/conformance/subject.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import { DEVICES_MAX } from '../../src/pipeline/devices.ts'
import { openStage } from './stage.ts'

const DAY_MS = 24 * 3_600_000

/** Two accounts, a clock that tests set, and the number of records so far. */
async function openDeviceStage() {
  const clock = { now: 1_800_000_000_000 }
  const now = () => clock.now
  const engines = await openMemoryEngines({ now })
  let records = 0
  const append = engines.journal.append.bind(engines.journal)
  engines.journal.append = (record) => {
    records += 1
    return append(record)
  }
  const { pipeline, accounts } = await openStage({ engines, now })
  const [ann, bob] = (await accounts('ann', 'bob')) as [number, number]
  const before = records
  const { directory } = engines
  return { pipeline, directory, clock, ann, bob, written: () => records - before }
}

const phone = device({ id: 'phone' })

test('a device is known when it is registered, and moves to whoever registers it next', async () => {
  const { pipeline, directory, clock, ann, bob } = await openDeviceStage()
  const known = await pipeline.registerDevice(ann, phone)
  expect(known).toEqual({ ...phone, account: ann, changedAt: clock.now })
  expect(directory.devices(ann)).toEqual([known])
  await pipeline.registerDevice(bob, phone)
  expect(directory.hasDevice(ann)).toBe(false)
  expect(directory.devices(bob)).toEqual([{ ...known, account: bob }])
})

test('a registration that changes nothing is written once a day', async () => {
  const { pipeline, clock, ann, written } = await openDeviceStage()
  const browser = device({ id: 'b', way: 'web', keys: { p256dh: 'p', auth: 'a' } })
  const twins = Array.from({ length: 5 }, () => pipeline.registerDevice(ann, browser))
  const known = await Promise.all(twins)
  expect(new Set(known.map(({ changedAt }) => changedAt)).size).toBe(1)
  expect(written()).toBe(1)

  clock.now += DAY_MS - 1
  await pipeline.registerDevice(ann, browser)
  expect(written()).toBe(1)
  clock.now += 1
  expect(await pipeline.registerDevice(ann, browser)).toMatchObject({ changedAt: clock.now })
  expect(written()).toBe(2)
  await pipeline.registerDevice(ann, { ...browser, keys: { p256dh: 'p', auth: 'b' } })
  expect(written()).toBe(3)
  await pipeline.registerDevice(ann, { ...browser, locale: 'de' })
  expect(written()).toBe(4)
})

test('a device is removed by whom it belongs to, with the token that it has', async () => {
  const { pipeline, directory, ann, bob, written } = await openDeviceStage()
  const known = await pipeline.registerDevice(ann, phone)
  expect(await pipeline.removeDevice('apns', 'other')).toBeNull()
  expect(await pipeline.removeDevice('fcm', 'phone')).toBeNull()
  expect(await pipeline.removeDevice('apns', 'phone', { account: bob })).toBeNull()
  expect(await pipeline.removeDevice('apns', 'phone', { token: 'an older one' })).toBeNull()
  expect(written()).toBe(1)

  const match = { account: ann, token: phone.token }
  const twins = Array.from({ length: 3 }, () => pipeline.removeDevice('apns', 'phone', match))
  expect(await Promise.all(twins)).toEqual([known, null, null])
  expect(written()).toBe(2)
  expect(directory.deviceCount).toBe(0)
  expect(await pipeline.removeDevice('apns', 'phone')).toBeNull()
})

test('a removal for a token that died does not take the next one with it', async () => {
  const { pipeline, directory, ann } = await openDeviceStage()
  await pipeline.registerDevice(ann, phone)
  const renewed = pipeline.registerDevice(ann, { ...phone, token: 'renewed' })
  const removed = pipeline.removeDevice('apns', 'phone', { token: phone.token })
  expect(await removed).toBeNull()
  expect(directory.device('apns', 'phone')).toEqual(await renewed)
})

test('of two ids with one token that come together one is left, and both are answered', async () => {
  const { pipeline, directory, ann, bob } = await openDeviceStage()
  const twins = [
    pipeline.registerDevice(ann, device({ id: 'before', token: 'same' })),
    pipeline.registerDevice(bob, device({ id: 'after', token: 'same' })),
  ]
  expect((await Promise.all(twins)).map(({ account }) => account)).toEqual([ann, bob])
  expect(directory.deviceCount).toBe(1)
  expect(directory.devices(bob).map(({ id }) => id)).toEqual(['after'])
})

test('an account has so many devices, those that it registered last', async () => {
  const { pipeline, directory, clock, ann } = await openDeviceStage()
  for (let n = 0; n < DEVICES_MAX; n += 1) {
    clock.now += 1
    await pipeline.registerDevice(ann, device({ id: `${n}` }))
  }
  clock.now += DAY_MS
  await pipeline.registerDevice(ann, device({ id: '0' }))
  await pipeline.registerDevice(ann, device({ id: 'one more' }))
  const ids = directory.devices(ann).map(({ id }) => id)
  expect(ids).toHaveLength(DEVICES_MAX)
  expect(ids).toEqual([
    '0',
    ...Array.from({ length: DEVICES_MAX - 2 }, (_, n) => `${n + 2}`),
    'one more',
  ])
})

test('nothing is registered on a disk that is nearly full, and devices still go', async () => {
  const engines = await openMemoryEngines()
  const { pipeline, accounts } = await openStage({ engines, diskReserveBytes: 1 })
  const [ann] = await accounts('ann')
  await pipeline.registerDevice(ann!, phone)
  engines.bytesFree = () => 0
  const other = pipeline.registerDevice(ann!, device({ id: 'other' }))
  await expect(other).rejects.toMatchObject({ kind: 'diskFull' })
  expect(await pipeline.removeDevice('apns', 'phone')).toMatchObject({ id: 'phone' })
})
