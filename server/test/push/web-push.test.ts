import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Notification, Pusher } from '../../src/pushers/pusher.ts'
import type { DoublePush } from '../../src/pushers/sandbox/double.ts'
import {
  type Behaviour,
  type Subscription,
  startWebPushDouble,
  type WebPushDouble,
} from '../../src/pushers/sandbox/web-push.ts'
import { newVapidKeys } from '../../src/pushers/web-push/vapid.ts'
import { openWebPush, type WebPushOptions } from '../../src/pushers/web-push/web-push.ts'
import { cert, key } from '../live/certificate.ts'
import { newDevice, newNotification } from './notification.ts'

const vapidKeys = newVapidKeys()
const subject = 'mailto:operator@example.com'
const NOW = Date.now()

let double: WebPushDouble
const taken: DoublePush[] = []
beforeAll(async () => {
  const onPush = (push: DoublePush) => taken.push(push)
  const tls = { cert, key }
  double = await startWebPushDouble({ port: 0, tls, publicKey: vapidKeys.publicKey, onPush })
})
afterAll(() => double.close())
beforeEach(() => {
  taken.length = 0
})

function open(options: Partial<WebPushOptions> = {}): Pusher & AsyncDisposable {
  const pusher = openWebPush({
    ...vapidKeys,
    subject,
    timeoutMs: 5000,
    ca: cert,
    allowPrivate: true,
    ...options,
  })
  return { ...pusher, [Symbol.asyncDispose]: () => pusher.close() }
}

function to({ endpoint, keys }: Subscription, notification: Partial<Notification> = {}) {
  const device = newDevice({ way: 'web', token: endpoint, keys })
  return newNotification({ device, ...notification })
}

const subscribe = (behaviour?: Behaviour) => double.subscribe(behaviour)

const answer = (status: number, headers = {}, body = ''): Behaviour => ({
  type: 'answer',
  status,
  headers,
  body,
})

describe('a browser', () => {
  test('reads what it is to show', async () => {
    await using pusher = open()
    const outcome = await pusher.push(
      to(subscribe(), {
        subtitle: 'in Lounge',
        badge: 4,
        imageUrl: 'https://example.com/a.png',
        data: { order: '17' },
        localization: { key: 'im_loc_text', arguments: ['Hello'] },
      }),
    )
    expect(outcome).toEqual({ state: 'pushed', id: expect.stringMatching(/^\/message\/./) })
    expect(taken[0]!.payload).toEqual({
      title: 'Ann',
      subtitle: 'in Lounge',
      body: 'Hello',
      image: 'https://example.com/a.png',
      badge: 4,
      tag: '000100000000000100000000',
      localization: { key: 'im_loc_text', arguments: ['Hello'] },
      data: { order: '17' },
    })
  })

  test('is told nothing of what is empty', async () => {
    await using pusher = open()
    await pusher.push(to(subscribe(), { title: '', collapseId: '', sound: null }))
    expect(taken[0]!.payload).toEqual({ body: 'Hello', silent: true })
  })

  test('takes back what it showed', async () => {
    await using pusher = open()
    await pusher.push(to(subscribe(), { isWithdrawal: true }))
    expect(taken[0]!.payload).toEqual({ tag: '000100000000000100000000', isWithdrawal: true })
  })

  test.each([
    ['letters', 'a'],
    ['quotes, which are two bytes in JSON', '"'],
    ['families, which are never cut apart', '👨‍👩‍👧‍👦'],
  ])('reads the beginning of a text of %s that is too long', async (_name, character) => {
    await using pusher = open()
    const outcome = await pusher.push(to(subscribe(), { body: character.repeat(5000) }))
    expect(outcome.state).toBe('pushed')
    const { body } = taken[0]!.payload as { body: string }
    expect(body).toMatch(/…$/)
    expect(body.slice(0, -1)).toBe(character.repeat((body.length - 1) / character.length))
    const bytes = Buffer.byteLength(JSON.stringify(taken[0]!.payload))
    expect(bytes).toBeLessThanOrEqual(3993)
    expect(bytes).toBeGreaterThan(3993 - 30)
  })

  test('reads a long text that is also an argument of a translation, cut alike', async () => {
    await using pusher = open()
    const body = 'x'.repeat(5000)
    await pusher.push(to(subscribe(), { body, localization: { key: 'im', arguments: [body] } }))
    const shown = taken[0]!.payload as { body: string; localization: { arguments: string[] } }
    expect(shown.body).toMatch(/^x{1900,}…$/)
    expect(shown.localization.arguments).toEqual([shown.body])
  })

  test('is not asked when nothing of it fits', async () => {
    await using pusher = open()
    const outcome = await pusher.push(to(subscribe(), { data: { all: 'x'.repeat(4000) } }))
    expect(outcome).toMatchObject({ reason: 'PayloadTooLarge', isRetryable: false })
    expect(taken).toEqual([])
  })
})

describe('the push service', () => {
  test('is told how long, how urgent and what it replaces', async () => {
    await using pusher = open({ now: () => NOW })
    const expiresAt = Math.floor(NOW / 1000) + 90
    await pusher.push(to(subscribe(), { expiresAt, priority: 'normal', collapseId: 'a/ü' }))
    const topic = createHash('sha256').update('a/ü').digest('base64url').slice(0, 32)
    expect(taken[0]!.headers).toMatchObject({ ttl: '90', urgency: 'normal', topic })
  })

  test.each([
    ['no end: four weeks', null, '2419200'],
    ['an end that is over: now or never', 1, '0'],
    ['an end after years: four weeks', Math.floor(NOW / 1000) + 9e8, '2419200'],
  ])('keeps a push with %s', async (_name, expiresAt, ttl) => {
    await using pusher = open({ now: () => NOW })
    await pusher.push(to(subscribe(), { expiresAt }))
    expect(taken[0]!.headers.ttl).toBe(ttl)
  })

  test('knows us by a token of its own, which lasts twelve hours and is renewed after six', async () => {
    let now = NOW
    await using pusher = open({ now: () => now })
    for (const later of [0, 5.9, 6.1]) {
      now = NOW + later * 3_600_000
      await pusher.push(to(subscribe()))
    }
    const [first, second, third] = taken.map(({ headers }) => headers.authorization!)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    expect(decodeJwt(first!.slice('vapid t='.length).split(',')[0]!)).toEqual({
      aud: double.origin,
      sub: subject,
      exp: Math.floor(NOW / 1000) + 12 * 3600,
    })
  })

  test.each([404, 410])('says %i: the subscription is gone for ever', async (status) => {
    await using pusher = open()
    const outcome = await pusher.push(to(subscribe(answer(status))))
    expect(outcome).toEqual({
      state: 'refused',
      reason: String(status),
      isRetryable: false,
      retryAfterMs: null,
      isDeviceGone: true,
      scope: 'notification',
    })
  })

  test.each([400, 413, 301])('says %i: this push is refused', async (status) => {
    await using pusher = open()
    const elsewhere = subscribe().endpoint
    const outcome = await pusher.push(to(subscribe(answer(status, { location: elsewhere }))))
    expect(outcome).toMatchObject({ reason: String(status), isRetryable: false })
    expect(outcome).toMatchObject({ isDeviceGone: false, scope: 'notification' })
    expect(taken).toHaveLength(1)
  })

  test.each([
    ['in seconds', '17', 17_000],
    ['at a date', new Date(Math.floor(NOW / 1000) * 1000 + 60_000).toUTCString(), 60_000],
    ['at a date that is over', 'Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['in a year', '31536000', 86_400_000],
    ['in words', 'soon', null],
  ])('says 429: again %s', async (_name, retryAfter, wait) => {
    await using pusher = open({ now: () => Math.floor(NOW / 1000) * 1000 })
    const outcome = await pusher.push(to(subscribe(answer(429, { 'retry-after': retryAfter }))))
    expect(outcome).toMatchObject({ reason: '429', isRetryable: true, retryAfterMs: wait })
  })

  test.each([500, 502, 503])('says %i: again later', async (status) => {
    await using pusher = open()
    const outcome = await pusher.push(to(subscribe(answer(status))))
    expect(outcome).toMatchObject({ reason: String(status), isRetryable: true })
  })

  test('gives its reason in a word', async () => {
    await using pusher = open()
    const outcome = await pusher.push(
      to(subscribe(answer(400, {}, '{"reason":"BadWebPushTopic"}'))),
    )
    expect(outcome).toMatchObject({ reason: 'BadWebPushTopic' })
  })

  test('takes our keys for wrong: everything waits, until somebody has taken them', async () => {
    const keys = newVapidKeys()
    await using wrong = open(keys)
    expect(await wrong.push(to(subscribe()))).toMatchObject({
      reason: 'VapidPkHashMismatch',
      isRetryable: true,
      isDeviceGone: false,
      scope: 'provider',
    })

    await using right = open()
    await right.push(to(subscribe()))
    expect(await right.push(to(subscribe(answer(403))))).toMatchObject({
      isRetryable: false,
      scope: 'notification',
    })
  })
})

describe('a push service in trouble', () => {
  test('that says nothing is given up on', async () => {
    await using pusher = open({ timeoutMs: 100 })
    const outcome = await pusher.push(to(subscribe({ type: 'silence' })))
    expect(outcome).toMatchObject({ reason: 'Timeout', isRetryable: true })
  })

  test('that hangs up may take it later', async () => {
    await using pusher = open()
    const outcome = await pusher.push(to(subscribe({ type: 'reset' })))
    expect(outcome).toMatchObject({ reason: 'ECONNRESET', isRetryable: true })
  })

  test('that answers without end is not listened to', async () => {
    await using pusher = open()
    expect(await pusher.push(to(subscribe({ type: 'flood' })))).toMatchObject({ state: 'pushed' })
    expect(await pusher.push(to(subscribe()))).toMatchObject({ state: 'pushed' })
  })

  test('that is not there may be later', async () => {
    await using pusher = open()
    const { keys } = subscribe()
    const outcome = await pusher.push(to({ endpoint: 'https://127.0.0.1:1/push', keys }))
    expect(outcome).toMatchObject({
      reason: 'ECONNREFUSED',
      isRetryable: true,
      isDeviceGone: false,
    })
  })

  test('that nobody vouches for gets nothing', async () => {
    const { subject, publicKey, privateKey } = { ...vapidKeys, subject: 'mailto:a@b.example' }
    const pusher = openWebPush({
      subject,
      publicKey,
      privateKey,
      timeoutMs: 5000,
      allowPrivate: true,
    })
    const outcome = await pusher.push(to(subscribe()))
    expect(outcome).toMatchObject({ reason: 'DEPTH_ZERO_SELF_SIGNED_CERT', isRetryable: true })
    expect(taken).toEqual([])
    await pusher.close()
  })

  test('rests after five failures in a row, longer each time, and the others do not', async () => {
    let now = NOW
    await using pusher = open({ now: () => now })
    const { keys } = subscribe()
    const away = to({ endpoint: 'https://127.0.0.1:1/push', keys })
    for (let failures = 0; failures < 5; failures += 1) {
      expect(await pusher.push(away)).toMatchObject({ retryAfterMs: null })
    }
    expect(await pusher.push(away)).toMatchObject({ reason: 'ECONNREFUSED', retryAfterMs: 1000 })
    expect(await pusher.push(to(subscribe()))).toMatchObject({ state: 'pushed' })
    now += 1000
    expect(await pusher.push(away)).toMatchObject({ retryAfterMs: null })
    expect(await pusher.push(away)).toMatchObject({ reason: 'ECONNREFUSED', retryAfterMs: 2000 })
  })

  test('what is under way when the pusher is closed may be taken later', async () => {
    const pusher = open()
    const pushing = pusher.push(to(subscribe({ type: 'silence' })))
    await expect.poll(() => taken.length).toBe(1)
    await pusher.close()
    expect(await pushing).toMatchObject({ reason: 'Closed', isRetryable: true })
    expect(await pusher.push(to(subscribe()))).toMatchObject({ reason: 'Closed' })
  })
})

describe('a subscription of somebody who means harm', () => {
  const { keys } = { keys: { p256dh: '', auth: '' } }

  test.each([
    ['is not HTTPS', 'http://push.example.com/1'],
    ['is no URL', 'push'],
    ['is a file', 'file:///etc/passwd'],
  ])('that %s is no subscription', async (_name, endpoint) => {
    await using pusher = open({ allowPrivate: false })
    const outcome = await pusher.push(to({ endpoint, keys: subscribe().keys }))
    expect(outcome).toMatchObject({ reason: 'InvalidSubscription', isDeviceGone: true })
  })

  test('that has no keys is no subscription', async () => {
    await using pusher = open()
    const outcome = await pusher.push(to({ endpoint: subscribe().endpoint, keys }))
    expect(outcome).toMatchObject({ reason: 'InvalidSubscription', isDeviceGone: true })
  })

  test('whose key is not on the curve is no subscription', async () => {
    await using pusher = open()
    const { endpoint, keys } = subscribe()
    const p256dh = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)]).toString('base64url')
    const outcome = await pusher.push(to({ endpoint, keys: { ...keys, p256dh } }))
    expect(outcome).toMatchObject({ reason: 'InvalidSubscription', isDeviceGone: true })
    expect(taken).toEqual([])
  })

  test.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '10.0.0.7',
    '169.254.169.254',
    '192.168.1.1',
    '[::1]',
    '[::ffff:10.0.0.7]',
    '[fe80::1]',
    '[fd00::1]',
    'localhost',
  ])('that leads to %s is refused', async (host) => {
    await using pusher = open({ allowPrivate: false })
    const { port } = new URL(double.origin)
    const { endpoint, keys } = subscribe()
    const { pathname } = new URL(endpoint)
    const outcome = await pusher.push(to({ endpoint: `https://${host}:${port}${pathname}`, keys }))
    expect(outcome).toMatchObject({ reason: 'ForbiddenAddress', isRetryable: false })
    expect(taken).toEqual([])
  })
})

test.each([
  [
    'a short private key',
    { privateKey: 'AAAA' },
    'expected 32 bytes in base64url, but 3 bytes came',
  ],
  ['zeros', { privateKey: Buffer.alloc(32).toString('base64url') }, 'a number of the curve P-256'],
  ['keys that are no pair', { publicKey: newVapidKeys().publicKey }, 'the one of the private key'],
])('%s cannot be pushed with', (_name, keys, words) => {
  expect(() => open(keys)).toThrow(words)
})
