import { afterEach, describe, expect, test } from 'vitest'
import { SHOWN_MAX, ShownNotifications } from '../../src/pipeline/push/shown.ts'
import { call } from '../pipeline/stage.ts'
import { newDevice } from './notification.ts'
import { openPushing, Provider, type Pushing, quiet, until } from './pushing.ts'

const opened: Pushing[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ pipeline }) => pipeline.close()))
})

/** Two phones that have been notified of two messages of the shop, and one of the bank. */
async function notified() {
  const fcm = new Provider('fcm')
  const shown = new ShownNotifications()
  const withdrawing = { shown, pushers: new Map([['fcm', fcm.pusher] as const]) }
  const stage = await openPushing({ providers: [fcm], withdrawing })
  opened.push(stage)
  const [shop, bank, ann, bob] = await stage.accounts('shop', 'bank', 'ann', 'bob')
  await stage.device('fcm', ann!)
  await stage.device('fcm', bob!)
  const first = await stage.pipeline.accept(call(shop!, [ann!, bob!]))
  const second = await stage.pipeline.accept(call(shop!, [ann!]))
  await stage.pipeline.accept(call(bank!, [ann!]))
  await until(() => fcm.asked.length === 4)
  const withdrawn = () =>
    fcm.asked
      .filter(({ isWithdrawal }) => isWithdrawal)
      .map(({ device, collapseId }) => `${collapseId} on ${device.id}`)
  return {
    ...stage,
    shop: shop!,
    ann: ann!,
    bob: bob!,
    first: first.place,
    second: second.place,
    withdrawn,
  }
}

describe('what a device shows is taken back', () => {
  test('once its message is recalled', async () => {
    const { pipeline, first, ann, withdrawn, id } = await notified()
    await pipeline.change({ place: first, ordinals: [0], by: 0, content: null })
    await until(() => withdrawn().length > 0)
    await quiet()
    expect(withdrawn()).toEqual([`${id(first, 0)} on fcm of ${ann}`])
  })

  test('once its receiver has read it, with all before it in that conversation', async () => {
    const { pipeline, shop, ann, first, second, withdrawn, id } = await notified()
    await pipeline.markRead(ann, shop, null)
    await until(() => withdrawn().length > 1)
    await quiet()
    const ids = [id(first, 0), id(second, 0)]
    expect(withdrawn()).toEqual(ids.map((each) => `${each} on fcm of ${ann}`))
    await pipeline.change({ place: first, ordinals: [0], by: 0, content: null })
    await quiet()
    expect(withdrawn()).toHaveLength(2)
  })
})

test('nothing is taken back of a call that an app was woken for', async () => {
  const voip = new Provider('apns-voip')
  const shown = new ShownNotifications()
  const withdrawing = { shown, pushers: new Map([['apns-voip', voip.pusher] as const]) }
  const { pipeline, device, accounts } = await openPushing({ providers: [voip], withdrawing })
  const [ann, bob] = await accounts('ann', 'bob')
  await device('apns-voip', bob!)
  await pipeline.accept(call(ann!, [bob!]))
  await until(() => voip.asked.length === 1)
  await pipeline.markRead(bob!, ann!, null)
  await quiet()
  expect(voip.asked).toHaveLength(1)
  await pipeline.close()
})

describe('what is remembered of that', () => {
  const shownAt = (position: number, collapseId = `message ${position}`) => ({
    device: newDevice(),
    collapseId,
    account: 1,
    peer: 2,
    position,
    expiresAt: null,
  })

  test('is the last notification of an id: it has taken the place of those before', () => {
    const shown = new ShownNotifications()
    shown.add(shownAt(1, 'room'))
    shown.add(shownAt(2, 'room'))
    expect(shown.takeAt(1)).toEqual([])
    expect(shown.takeAt(2)).toMatchObject([{ collapseId: 'room' }])
    expect(shown.takeRead(1, 2, 9)).toEqual([])
  })

  test('is bounded, and the oldest is forgotten', () => {
    const shown = new ShownNotifications()
    for (let position = 0; position <= SHOWN_MAX; position += 1) shown.add(shownAt(position))
    expect(shown.takeAt(0)).toEqual([])
    expect(shown.takeAt(1)).toHaveLength(1)
    expect(shown.takeRead(1, 2, SHOWN_MAX)).toHaveLength(SHOWN_MAX - 1)
  })
})
