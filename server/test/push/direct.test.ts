import { expect, test } from 'vitest'
import type { PushWay } from '../../src/domain/device.ts'
import { openDirect } from '../../src/pipeline/push/direct.ts'
import type { Notification, Pusher, PushOutcome } from '../../src/pushers/pusher.ts'
import { openDoor } from '../imkit/door.ts'
import { newDevice, newNotification } from './notification.ts'

async function imkitDoor() {
  const door = await openDoor({ accounts: ['ann', 'bob'] })
  const pushed: Notification[] = []
  door.door.pushDirectly = (notification) => void pushed.push(notification)
  for (const [client, deviceId] of [
    ['ann', 'phone'],
    ['ann', 'pad'],
    ['bob', 'phone-2'],
  ] as const) {
    await door.as(client, 'POST', '/me/subscribe', {
      type: 'fcm',
      token: `t-${deviceId}`,
      deviceId,
    })
  }
  return { door, pushed, [Symbol.asyncDispose]: () => door[Symbol.asyncDispose]() }
}

test('the platform notifies clients, each on all devices', async () => {
  await using stack = await imkitDoor()
  const payload = {
    type: 'news',
    title: 'News',
    body: 'Read on',
    icon: 'https://a.example/i.png',
    collapseKey: 'news',
    badge: 3,
    sound: 'ding.caf',
    expiry: 1_800_000_000,
  }
  const body = { clients: ['ann', 'nobody', 'ann'], payload }
  const { status, result } = await stack.door.platform('POST', '/push/push2clients', body)
  expect({ status, result }).toEqual({ status: 200, result: {} })
  expect(stack.pushed.map(({ device }) => device.token)).toEqual(['t-phone', 't-pad'])
  expect(stack.pushed[0]).toMatchObject({
    title: 'News',
    body: 'Read on',
    badge: 3,
    sound: 'ding.caf',
    collapseId: 'news',
    expiresAt: 1_800_000_000,
    data: { type: 'news', icon: 'https://a.example/i.png' },
  })
})

test('the platform wakes no app for a call without one', async () => {
  await using stack = await imkitDoor()
  const calls = { type: 'ios-voip', token: 'aa', deviceId: 'phone' }
  await stack.door.as('bob', 'POST', '/me/subscribe', calls)
  const body = { clients: ['bob'], payload: { body: 'Hi' } }
  await stack.door.platform('POST', '/push/push2clients', body)
  expect(stack.pushed.map(({ device }) => device.way)).toEqual(['fcm'])
})

test('an alert is a text, or one that the app translates', async () => {
  await using stack = await imkitDoor()
  const send = (alert: unknown) =>
    stack.door.platform('POST', '/push/push2clients', { clients: ['bob'], payload: { alert } })
  await send('Hello')
  await send({ 'loc-key': 'greeting', 'loc-args': ['Bob'] })
  expect(stack.pushed).toMatchObject([
    { body: 'Hello', localization: { key: '' } },
    { body: '', localization: { key: 'greeting', arguments: ['Bob'] } },
  ])
  expect(await send({ 'loc-key': 7 })).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
})

test('the platform notifies tokens that nobody registered', async () => {
  await using stack = await imkitDoor()
  const body = { type: 'ios', tokens: ['a', 'b'], payload: { body: 'Hi' } }
  await stack.door.platform('POST', '/push/push2tokens', body)
  expect(stack.pushed.map(({ device: { way, token } }) => [way, token])).toEqual([
    ['apns', 'a'],
    ['apns', 'b'],
  ])
})

test.each([
  ['/push/push2clients', { payload: {} }, 'MISSING_PARAMETER'],
  ['/push/push2clients', { clients: ['ann'] }, 'MISSING_PARAMETER'],
  ['/push/push2clients', { clients: 'ann', payload: {} }, 'INVALID_REQUEST'],
  ['/push/push2clients', { clients: new Array(1001).fill('ann'), payload: {} }, 'INVALID_REQUEST'],
  ['/push/push2clients', { clients: ['ann'], payload: 'hi' }, 'INVALID_REQUEST'],
  ['/push/push2clients', { clients: ['ann'], payload: { badge: 'x' } }, 'INVALID_REQUEST'],
  ['/push/push2tokens', { type: 'pigeon', tokens: ['a'], payload: {} }, 'INVALID_REQUEST'],
  ['/push/push2tokens', { type: 'ios', tokens: ['a b'], payload: {} }, 'INVALID_REQUEST'],
])('%s refuses %j', async (path, body, code) => {
  await using stack = await imkitDoor()
  expect(await stack.door.platform('POST', path, body)).toMatchObject({ status: 400, code })
  expect(stack.pushed).toEqual([])
})

test('a client may not', async () => {
  await using stack = await imkitDoor()
  const body = { clients: ['bob'], payload: { body: 'Hi' } }
  const answer = await stack.door.as('ann', 'POST', '/push/push2clients', body)
  expect(answer).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' })
})

test('few are under way at once, the others wait, and dead devices are dropped', async () => {
  const answers: ((outcome: PushOutcome) => void)[] = []
  const dropped: string[] = []
  const pusher: Pusher = {
    concurrencyMax: 100,
    push: () => new Promise((resolve) => answers.push(resolve)),
    close: async () => {},
  }
  const pushDirectly = openDirect(new Map<PushWay, Pusher>([['print', pusher]]), {
    async removeDevice(way, id, match) {
      dropped.push(`${way} ${id} ${match?.token}`)
      return null
    },
  })
  for (let i = 0; i < 20_000; i += 1) pushDirectly(newNotification())
  pushDirectly(newNotification({ device: newDevice({ way: 'apns' }) }))
  expect(answers).toHaveLength(4)
  answers[0]!({
    state: 'refused',
    reason: 'gone',
    isRetryable: false,
    retryAfterMs: null,
    isDeviceGone: true,
    scope: 'notification',
  })
  await expect.poll(() => answers.length).toBe(5)
  expect(dropped).toEqual(['print device-1 token-1'])
  for (let i = 1; i < answers.length; i += 1) {
    answers[i]!({ state: 'pushed', id: '' })
    await null
  }
  await expect.poll(() => answers.length).toBeGreaterThan(5)
})
