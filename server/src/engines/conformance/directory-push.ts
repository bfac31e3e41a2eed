/**
 * What every directory promises about devices, and about what became of notifications.
 */
import { expect, test } from 'vitest'
import { lastPositionOf, ORDINALS_MAX } from '../../domain/place.ts'
import { PUSH_RESULTS_MAX, type Stored } from '../../domain/record.ts'
import type { Directory } from '../directory.ts'
import {
  accounts,
  batch,
  device,
  gone,
  type Open,
  outcomes,
  positionOf,
  registered,
  timeAt,
  writer,
} from './subject.ts'

export function directoryKnowsDevices(open: Open<Directory>): void {
  test('has no devices at first', async () => {
    await using subject = await open()
    const { it: directory } = subject
    expect(directory.deviceCount).toBe(0)
    expect(directory.hasDevice(1)).toBe(false)
    expect(directory.devices(1)).toEqual([])
    expect(directory.device('apns', 'a')).toBeNull()
  })

  test('knows the devices of an account, the oldest first', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    const keys = { p256dh: 'public', auth: 'secret' }
    const browser = device({
      id: 'a',
      way: 'web',
      keys,
      locale: 'zh-Hant-TW',
      timeZone: 'Asia/Taipei',
    })
    const first = write(registered(1, { id: 'a', app: 'com.example.shop' }))
    const second = write({ type: 'device', account: 1, device: browser, isGone: false })
    write(registered(2, { id: 'b' }))
    const again = write(registered(1, { id: 'a', token: 'newer' }))

    expect(again).toBeGreaterThan(first)
    expect(directory.devices(1)).toEqual([
      { ...device({ id: 'a', token: 'newer' }), account: 1, changedAt: timeAt(again) },
      { ...browser, account: 1, changedAt: timeAt(second) },
    ])
    expect(directory.device('web', 'a')).toEqual(directory.devices(1)[1])
    expect(directory.device('apns', 'b')).toMatchObject({ account: 2 })
    expect(directory.device('fcm', 'a')).toBeNull()
    expect(directory.device('apns', 'A')).toBeNull()
    expect(directory.device('apns', '\ud800')).toBeNull()
    expect(directory.deviceCount).toBe(3)
    expect([0, 1, 2, 3, 2 ** 32 - 1].map((account) => directory.hasDevice(account))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ])
  })

  test('moves a device to whoever registered it last', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    write(registered(1, { id: 'a' }))
    write(registered(2, { id: 'b' }))
    write(registered(2, { id: 'a' }))

    expect(directory.devices(1)).toEqual([])
    expect(directory.hasDevice(1)).toBe(false)
    expect(directory.devices(2).map(({ id }) => id)).toEqual(['b', 'a'])
    expect(directory.deviceCount).toBe(2)
  })

  test('moves a token with its device, whatever id that has now', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    write(registered(1, { id: 'a', token: 'same' }))
    write(registered(1, { id: 'a', way: 'fcm', token: 'same' }))
    write(registered(1, { id: 'c', way: 'hook', token: '' }))
    write(registered(2, { id: 'b', token: 'same' }))
    write(registered(2, { id: 'd', way: 'hook', token: '' }))

    expect(directory.device('apns', 'a')).toBeNull()
    expect(directory.devices(1).map(({ way, id }) => [way, id])).toEqual([
      ['fcm', 'a'],
      ['hook', 'c'],
    ])
    expect(directory.devices(2).map(({ way, id }) => [way, id])).toEqual([
      ['apns', 'b'],
      ['hook', 'd'],
    ])
    write(registered(2, { id: 'e', token: 'same' }))
    expect(directory.devices(2).map(({ id }) => id)).toEqual(['d', 'e'])
    expect(directory.deviceCount).toBe(4)
  })

  test('knows a device no longer when it is gone', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    write(registered(1, { id: 'a' }))
    write(registered(1, { id: 'b' }))
    write(gone(1, { id: 'a' }))
    write(gone(1, { id: 'a' }))
    write(gone(1, { id: 'b', way: 'fcm' }))
    expect(directory.devices(1).map(({ id }) => id)).toEqual(['b'])
    expect([directory.hasDevice(1), directory.deviceCount]).toEqual([true, 1])

    write(gone(1, { id: 'b' }))
    expect([directory.hasDevice(1), directory.deviceCount]).toEqual([false, 0])
    write(registered(1, { id: 'a' }))
    expect([directory.hasDevice(1), directory.deviceCount]).toEqual([true, 1])
  })

  test('knows up to where every way is, and never takes that back', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    expect(directory.pushedUpTo('apns')).toBe(0)
    write(outcomes('apns', lastPositionOf(112)))
    write(outcomes('none', positionOf(112, 3)))
    write(outcomes('apns', positionOf(112, 7)))

    expect(directory.pushedUpTo('apns')).toBe(lastPositionOf(112))
    expect(directory.pushedUpTo('none')).toBe(positionOf(112, 3))
    expect(directory.pushedUpTo('web')).toBe(0)
  })

  test('finds the outcomes of a batch, each record once', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    const one = write(batch(1, [2, 3]))
    const other = write(batch(1, [2]))
    const both = write(
      outcomes(
        'apns',
        positionOf(other, 0),
        { position: positionOf(one, 0) },
        { position: positionOf(one, ORDINALS_MAX - 1) },
        { position: positionOf(other, 0), state: 'refused', detail: '429', isRetryable: true },
      ),
    )
    write(outcomes('none', positionOf(other, 0)))
    const later = write(outcomes('fcm', 0, { position: positionOf(one, 1) }))

    expect(directory.outcomesOf(one)).toEqual([both, later])
    expect(directory.outcomesOf(other)).toEqual([both])
    expect(directory.outcomesOf(both)).toEqual([])
  })

  test('finds the outcomes of as many batches as a record may speak of', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    const batches = Array.from({ length: PUSH_RESULTS_MAX }, () => write(batch(1, [2])))
    const results = batches.map((place) => ({ position: positionOf(place, 0), account: 2 }))
    const place = write(outcomes('apns', results.at(-1)!.position, ...results))
    expect(batches.filter((batch) => directory.outcomesOf(batch)[0] !== place)).toEqual([])
  })

  test('gives nobody the number of an account that only a device or an outcome names', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    write(accounts({ number: 1 }))
    write(registered(5, { id: 'a' }))
    expect(directory.nextNumber).toBe(6)
    write(outcomes('apns', 0, { position: 0, account: 9 }, { position: 0, account: 7 }))
    expect(directory.nextNumber).toBe(10)
  })

  test('knows devices and outcomes when it was closed and opened, and takes each record once', async () => {
    await using subject = await open()
    const applied: Stored[] = []
    const write = writer((stored) => {
      applied.push(stored)
      subject.it.apply(stored)
    })
    write(accounts({ number: 1 }, { number: 2 }))
    for (const id of ['a', 'b', 'c', 'd']) write(registered(1, { id }))
    write(gone(1, { id: 'b' }))
    write(registered(2, { id: 'a' }))
    write(registered(1, { id: 'e', token: 'token of d' }))
    write(registered(3, { id: 'f' }))
    write(gone(3, { id: 'f' }))
    const place = write(batch(1, [2]))
    write(outcomes('apns', positionOf(place, 0), { position: positionOf(place, 0) }))
    write(outcomes('apns', 0, { position: positionOf(place, 0) }))
    const answers = (directory: Directory) => ({
      devices: [1, 2, 3].map((account) => directory.devices(account)),
      has: [1, 2, 3].map((account) => directory.hasDevice(account)),
      device: directory.device('apns', 'c'),
      count: directory.deviceCount,
      upTo: [directory.pushedUpTo('apns'), directory.pushedUpTo('fcm')],
      outcomes: directory.outcomesOf(place),
    })

    const before = answers(subject.it)
    expect(before).toMatchObject({ count: 3, has: [true, true, false] })
    expect(before.outcomes).toHaveLength(2)
    for (const stored of applied) subject.it.apply(stored)
    expect(answers(subject.it)).toEqual(before)
    if (subject.reopen === null) return
    const directory = await subject.reopen()
    for (const stored of applied) directory.apply(stored)
    expect(answers(directory)).toEqual(before)
  })
}
