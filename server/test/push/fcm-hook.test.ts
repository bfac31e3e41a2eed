/** FCM with a hook that words its messages: doubles of both, over real sockets. */
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFcm } from '../../src/pushers/fcm/fcm.ts'
import { fcmMessage } from '../../src/pushers/fcm/message.ts'
import { openPayloadHook, type PayloadHookOptions } from '../../src/pushers/fcm/payload-hook.ts'
import type { Pusher } from '../../src/pushers/pusher.ts'
import { createAuthority } from '../../src/pushers/sandbox/authority.ts'
import type { DoublePush } from '../../src/pushers/sandbox/double.ts'
import { type FcmDouble, startFcmDouble } from '../../src/pushers/sandbox/fcm.ts'
import { type HookDouble, startHookDouble } from './hook-double.ts'
import {
  NOW_MS,
  notificationTo,
  passingRefusal,
  plainRefusal,
  providerRefusal,
  pushAll,
} from './phones.ts'

const authority = createAuthority()
const tls = authority.issue(['127.0.0.1'])
const phone = 'fMeX3dYkQ1W:APA91bHun4MxP5egoKMwt2KZFBaFUH-1RYqx'
const facts = { _id: '0001', message: 'Hi', toClient: 'bob', alert: 'Hi' }

let pushes: DoublePush[]
let google: FcmDouble
let hook: HookDouble
let pusher: Pusher
let troubles: string[]
let nowMs: number

function open(change: Partial<PayloadHookOptions> = {}): Pusher {
  return openFcm({
    serviceAccount: google.serviceAccount,
    origin: google.origin,
    ca: authority.certificate,
    timeoutMs: 5000,
    now: () => NOW_MS,
    payloadHook: openPayloadHook({
      url: `${hook.origin}/words`,
      timeoutMs: 5000,
      now: () => nowMs,
      onTrouble: (reason) => troubles.push(reason),
      ...change,
    }),
  })
}

beforeEach(async () => {
  pushes = []
  troubles = []
  nowMs = NOW_MS
  const onPush = (push: DoublePush) => pushes.push(push)
  google = await startFcmDouble({ port: 0, tls, now: () => NOW_MS, onPush })
  hook = await startHookDouble()
  pusher = open()
})
afterEach(async () => {
  await pusher.close()
  await Promise.all([google.close(), hook.close()])
})

type Change = Parameters<typeof notificationTo>[1]

const to = (token: string, change: Change = {}) =>
  notificationTo(token, { device: { way: 'fcm' }, facts, ...change })
const push = (change?: Change) => pusher.push(to(phone, change))
const ours = () => fcmMessage(to(phone), NOW_MS)

/** Answers so from now on. */
function says(answer: unknown, status = 200, headers = {}): void {
  const body = typeof answer === 'string' ? answer : JSON.stringify(answer)
  hook.answer = (response) => response.writeHead(status, headers).end(body)
}

async function reopen(change: Partial<PayloadHookOptions>): Promise<void> {
  await pusher.close()
  pusher = open(change)
}

describe('the hook', () => {
  test('is told of the message, of the receiver, and of what would be sent', async () => {
    await push()
    expect(hook.posts).toMatchObject([{ url: '/words', method: 'POST' }])
    expect(JSON.parse(hook.posts[0]!.body)).toEqual({ ...facts, badge: 3, payload: ours() })
    expect(hook.posts[0]!.body).not.toContain(phone)
  })

  test('is asked without facts where no message stands behind a push', async () => {
    const { facts: _, ...bare } = to(phone, { badge: null })
    await pusher.push(bare)
    expect(Object.keys(JSON.parse(hook.posts[0]!.body))).toEqual(['badge', 'payload'])
  })

  test('is not asked when something is taken back, nor for what has no chance', async () => {
    expect(await push({ isWithdrawal: true })).toMatchObject({ state: 'pushed' })
    expect(await push({ data: { all: 'x'.repeat(4096) } })).toMatchObject({ state: 'refused' })
    google.grants.refuseWith({ status: 503, body: '' })
    await reopen({})
    expect(await push()).toMatchObject({ reason: 'token endpoint: 503' })
    expect(hook.posts).toEqual([])
    expect(pushes).toHaveLength(1)
  })
})

describe('its message', () => {
  const message = {
    data: { type: 'chatroom_chat:vip', title: 'Ann' },
    android: { collapse_key: 'vip', ttl: '60s' },
    apns: { payload: { aps: { alert: 'Ann', 'mutable-content': 1 } } },
  }

  test.each([
    ['by itself', message],
    ['in a request', { message, validate_only: true }],
    ['behind a byte order mark', `\uFEFF${JSON.stringify(message)}`],
  ])('goes as it is: %s', async (_name, answer) => {
    says(answer)
    expect(await push()).toMatchObject({ state: 'pushed' })
    expect(pushes).toMatchObject([{ device: phone, status: 200 }])
    expect(pushes[0]!.payload).toEqual({ ...message, token: phone })
  })

  test.each([
    ['204', 204, ''],
    ['200 without a body', 200, ''],
    ['{}', 200, '{}'],
    ['an empty message', 200, '{"message":{}}'],
  ])('is ours when it leaves that to us: %s', async (_name, status, body) => {
    says(body, status)
    expect(await push()).toMatchObject({ state: 'pushed' })
    expect(pushes[0]!.payload).toEqual({ ...ours(), token: phone })
  })

  test('leads to nobody else', async () => {
    const elsewhere = {
      token: 'a-phone-of-somebody-else',
      topic: 'everybody',
      condition: "'everybody' in topics",
    }
    const tokens = { live_activity_token: 'a', liveActivityToken: 'b' }
    const hostile = { ...message, ...elsewhere, apns: { ...message.apns, ...tokens } }
    says({ message: hostile, ...elsewhere })
    await push()
    says(hostile)
    await push()
    says(JSON.stringify({ ...hostile, state: 'refused' }).replace('{', '{"__proto__":{"token":1},'))
    await push()
    expect(pushes.map(({ device }) => device)).toEqual([phone, phone, phone])
    expect(pushes[0]!.payload).toEqual({ ...message, token: phone })
    expect(pushes[1]!.payload).toEqual({ ...message, token: phone })
  })

  test('is refused by Google, when it is none, in Google’s words, and the phone stays', async () => {
    says({ data: { 'registration token': 5 } })
    expect(await push()).toEqual({ ...plainRefusal, reason: 'INVALID_ARGUMENT' })
  })

  test.each([
    ['data', { data: { all: 'x'.repeat(4096) } }],
    ['what comes to an iPhone', { apns: { payload: { all: 'x'.repeat(4096) } } }],
    ['data of the wrong kind', { data: 'x'.repeat(4096) }],
  ])('is refused when it is larger than FCM takes: %s', async (_name, answer) => {
    says(answer)
    expect(await push()).toEqual({ ...plainRefusal, reason: 'hook: PayloadTooLarge' })
    expect(pushes).toEqual([])
  })
})

describe('an answer that is no message is tried again', () => {
  const deep = (levels: number) => `{"data":${'['.repeat(levels)}${']'.repeat(levels)}}`

  test.each([
    ['no JSON', '<html>', 'InvalidAnswer'],
    ['half of it', '{"data":{"a":', 'InvalidAnswer'],
    ['an array', '[{"data":{}}]', 'InvalidAnswer'],
    ['null', 'null', 'InvalidAnswer'],
    ['a message that is a text', '{"message":"Hi","toClient":"bob"}', 'InvalidAnswer'],
    ['a message that is null', '{"message":null}', 'InvalidAnswer'],
    ['nested too deep', deep(100), 'InvalidAnswer'],
    ['nested out of all measure', deep(30_000), 'InvalidAnswer'],
    ['too long', JSON.stringify({ data: { all: 'x'.repeat(70_000) } }), 'AnswerTooLong'],
  ])('%s', async (_name, answer, reason) => {
    says(answer)
    expect(await push()).toEqual({ ...passingRefusal, reason: `hook: ${reason}` })
    expect(pushes).toEqual([])
    says('')
    expect(await push()).toMatchObject({ state: 'pushed' })
  })

  test('of an endless one only a beginning is read', async () => {
    let sent = 0
    hook.answer = (response) => {
      response.writeHead(200)
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, ' '))) sent += 16_384
      }
      response.on('drain', write)
      write()
    }
    expect(await push()).toEqual({ ...passingRefusal, reason: 'hook: AnswerTooLong' })
    expect(sent).toBeLessThan(32 * 2 ** 20)
  })
})

describe('a hook that refuses', () => {
  test.each([
    [400, plainRefusal],
    [422, plainRefusal],
    [500, passingRefusal],
    [302, providerRefusal],
    [401, providerRefusal],
    [404, providerRefusal],
    [429, providerRefusal],
    [503, providerRefusal],
  ])('%i is a refusal', async (status, refusal) => {
    says({ data: {} }, status, { location: `${hook.origin}/other` })
    expect(await push()).toEqual({ ...refusal, reason: `hook: ${status}` })
    expect(hook.posts).toHaveLength(1)
    expect(pushes).toEqual([])
  })

  test.each([500, 503])('may ask to wait: %i', async (status) => {
    says('', status, { 'retry-after': '17' })
    expect(await push()).toMatchObject({ reason: `hook: ${status}`, retryAfterMs: 17_000 })
  })

  test('is heard of once a minute, unless it meant the notification', async () => {
    says('', 422)
    await push()
    expect(troubles).toEqual([])
    says('', 503)
    await push()
    await push()
    expect(troubles).toEqual(['503'])
    nowMs += 60_000
    says('oh')
    await push()
    expect(troubles).toEqual(['503', 'InvalidAnswer'])
  })
})

describe('a hook in trouble', () => {
  test('is not there: nothing goes, and it is there again later', async () => {
    const { port } = new URL(hook.origin)
    await hook.close()
    expect(await push()).toEqual({ ...providerRefusal, reason: 'hook: ECONNREFUSED' })
    hook = await startHookDouble(Number(port))
    expect(await push()).toMatchObject({ state: 'pushed' })
  })

  test.each([
    ['says nothing', () => {}],
    [
      'stalls in its answer',
      (response: ServerResponse) => response.writeHead(200, { 'content-length': 10 }).write('{'),
    ],
    ['drips', (response: ServerResponse) => drip(response)],
  ])('is given up on when it %s, and the others go on', async (_name, stall) => {
    await reopen({ timeoutMs: 500 })
    hook.answer = (response, { body }) =>
      JSON.parse(body).toClient === 'slow' ? stall(response) : response.end()
    const slow = push({ facts: { toClient: 'slow' } })
    expect(await pushAll(pusher, 50, (number) => to(`${phone}${number}`))).toEqual({ pushed: 50 })
    expect(await slow).toEqual({ ...passingRefusal, reason: 'hook: Timeout' })
  })

  test('breaks off: this notification may have been too much for it', async () => {
    hook.answer = (response) => response.destroy()
    expect(await push()).toEqual({ ...passingRefusal, reason: 'hook: ECONNRESET' })
  })

  test('does not speak HTTP', async () => {
    hook.answer = (response) => response.socket!.end('SSH-2.0-OpenSSH_9.9\r\n')
    expect(await push()).toMatchObject({
      ...providerRefusal,
      reason: expect.stringMatching(/^hook: HPE_/),
    })
  })

  test('is left when the pusher closes', async () => {
    hook.answer = () => {}
    const pushing = push()
    await expect.poll(() => hook.posts.length).toBe(1)
    await pusher.close()
    expect(await pushing).toMatchObject({ reason: 'hook: Closed', isRetryable: true })
  })
})

test('calls are no more at once than pushes, over connections that are kept', async () => {
  let underWay = 0
  let underWayMax = 0
  hook.answer = (response) => {
    underWay += 1
    underWayMax = Math.max(underWayMax, underWay)
    setImmediate(() => {
      underWay -= 1
      response.end()
    })
  }
  const outcomes = await pushAll(pusher, 1000, (number) => to(`${phone}${number}`))
  expect(outcomes).toEqual({ pushed: 1000 })
  expect(underWayMax).toBeLessThanOrEqual(pusher.concurrencyMax)
  expect(await hook.connections()).toBeLessThanOrEqual(pusher.concurrencyMax)
})

/** A byte now and then, for ever. */
function drip(response: ServerResponse): void {
  response.writeHead(200)
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}
