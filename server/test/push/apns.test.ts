import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ApnsOptions, openApns } from '../../src/pushers/apns/apns.ts'
import { meanings } from '../../src/pushers/apns/reasons.ts'
import type { Pusher } from '../../src/pushers/pusher.ts'
import { type ApnsDouble, startApnsDouble } from '../../src/pushers/sandbox/apns.ts'
import { createAuthority } from '../../src/pushers/sandbox/authority.ts'
import type { DoublePush } from '../../src/pushers/sandbox/double.ts'
import { appleToken, NOW_MS, notificationTo, plainRefusal, providerRefusal } from './phones.ts'

const authority = createAuthority()
const tls = authority.issue(['127.0.0.1'])
const phone = appleToken(0xcafe)

let nowMs: number
let pushes: DoublePush[]
let apple: ApnsDouble
let pusher: Pusher

function open(change: Partial<ApnsOptions> = {}): Pusher {
  return openApns({
    ...apple.credentials,
    origin: apple.origin,
    ca: authority.certificate,
    timeoutMs: 5000,
    now: () => nowMs,
    ...change,
  })
}

beforeEach(async () => {
  nowMs = NOW_MS
  pushes = []
  apple = await startApnsDouble({
    port: 0,
    tls,
    now: () => nowMs,
    onPush: (push) => pushes.push(push),
  })
  pusher = open()
})
afterEach(async () => {
  await pusher.close()
  await apple.close()
})

const answer = (status: number, reason: string, headers = {}) =>
  ({ type: 'answer', status, body: JSON.stringify({ reason }), headers }) as const

describe('a notification to an iPhone', () => {
  test('is taken with its texts, badge, sound and data, and the id that was asked for', async () => {
    const outcome = await pusher.push(notificationTo(phone))
    const [{ headers, payload, device } = undefined!] = pushes
    expect(outcome).toEqual({ state: 'pushed', id: headers['apns-id'] })
    expect(device).toBe(phone)
    expect(payload).toEqual({
      aps: {
        alert: { title: 'Parcels', body: 'Your parcel is on its way' },
        badge: 3,
        sound: 'default',
      },
      order: '91',
    })
    expect(headers).toMatchObject({
      'apns-topic': apple.credentials.topic,
      'apns-push-type': 'alert',
      'apns-priority': '10',
      'apns-collapse-id': '000100000000000100000000',
    })
    expect(headers['apns-id']).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    )
    expect(headers).not.toHaveProperty('apns-expiration')
  })

  test('says when it is not worth showing any more, and that it may wait', async () => {
    await pusher.push(notificationTo(phone, { expiresAt: 1_790_000_000, priority: 'normal' }))
    expect(pushes[0]?.headers).toMatchObject({
      'apns-expiration': '1790000000',
      'apns-priority': '5',
    })
  })

  test('has the same id when it is repeated, and another on another device', async () => {
    await pusher.push(notificationTo(phone))
    await pusher.push(notificationTo(phone))
    await pusher.push(notificationTo(appleToken(2)))
    const [first, again, other] = pushes.map(({ headers }) => headers['apns-id'])
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })

  test('carries a collapse id that no header could, as a hash of it', async () => {
    const collapseId = '房間\r\n大廳'
    expect(await pusher.push(notificationTo(phone, { collapseId }))).toMatchObject({
      state: 'pushed',
    })
    expect(pushes[0]?.headers['apns-collapse-id']).toMatch(/^[\w-]{43}$/)
  })

  test('goes to the bundle that its device names', async () => {
    const device = { app: 'org.example.elsewhere' }
    expect(await pusher.push(notificationTo(phone, { device }))).toEqual({
      ...plainRefusal,
      reason: 'TopicDisallowed',
    })
    expect(pushes[0]?.headers['apns-topic']).toBe('org.example.elsewhere')
  })

  test('with VoIP goes to the topic of calls, and is not kept', async () => {
    const device = { way: 'apns-voip' } as const
    const expiresAt = Date.now() / 1000 + 3600
    await pusher.push(notificationTo(phone, { device, priority: 'normal', expiresAt }))
    expect(pushes[0]?.headers).toMatchObject({
      'apns-topic': `${apple.credentials.topic}.voip`,
      'apns-push-type': 'voip',
      'apns-priority': '10',
      'apns-expiration': '0',
    })
  })

  test('is taken back in the background, by its collapse id', async () => {
    await pusher.push(notificationTo(phone))
    await pusher.push(notificationTo(phone, { isWithdrawal: true }))
    const [shown, withdrawn] = pushes
    expect(withdrawn?.payload).toEqual({
      aps: { 'content-available': 1 },
      order: '91',
      withdrawn: shown?.headers['apns-collapse-id'],
    })
    expect(withdrawn?.headers).toMatchObject({
      'apns-push-type': 'background',
      'apns-priority': '5',
    })
    expect(withdrawn?.headers['apns-id']).not.toBe(shown?.headers['apns-id'])
  })
})

describe('what can only be refused is not asked for', () => {
  test.each([
    ['a token that is none', '../../evil', {}, { reason: 'BadDeviceToken', isDeviceGone: true }],
    ['a topic that is none', phone, { device: { app: 'a\r\nb' } }, { reason: 'BadTopic' }],
    [
      'data that does not fit',
      phone,
      { data: { all: 'x'.repeat(5000) } },
      { reason: 'PayloadTooLarge' },
    ],
  ])('%s', async (_name, token, change, refusal) => {
    expect(await pusher.push(notificationTo(token, change))).toEqual({
      ...plainRefusal,
      ...refusal,
    })
    expect(apple.connections.all).toBe(0)
  })
})

describe('the provider token', () => {
  const tokens = () => pushes.map(({ headers }) => headers.authorization!.replace('bearer ', ''))

  test('is a JWT of ES256 with the key, the team and the time', async () => {
    await pusher.push(notificationTo(phone))
    const [token] = tokens()
    const { keyId, teamId } = apple.credentials
    expect(decodeProtectedHeader(token!)).toEqual({ alg: 'ES256', kid: keyId })
    expect(decodeJwt(token!)).toEqual({ iss: teamId, iat: nowMs / 1000 })
  })

  test('is used for 50 minutes, and then made anew', async () => {
    await pusher.push(notificationTo(phone))
    nowMs += 50 * 60_000 - 1
    await pusher.push(notificationTo(phone))
    nowMs += 1
    await pusher.push(notificationTo(phone))
    const [first, second, third] = tokens()
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  test('is made anew when the clock is set back', async () => {
    await pusher.push(notificationTo(phone))
    nowMs -= 3_600_000
    expect(await pusher.push(notificationTo(phone))).toMatchObject({ state: 'pushed' })
  })

  test('that Apple calls expired is made anew once, for all that met it', async () => {
    const expired = answer(403, 'ExpiredProviderToken')
    apple.behave('*', expired, expired, expired, { type: 'take' })
    const outcomes = await Promise.all(
      [1, 2, 3].map((number) => pusher.push(notificationTo(appleToken(number)))),
    )
    expect(outcomes.map(({ state }) => state)).toEqual(['pushed', 'pushed', 'pushed'])
    expect(new Set(tokens()).size).toBe(2)
    expect(pushes).toHaveLength(6)
  })

  test('that Apple goes on refusing stops everything, and is not made anew for 20 minutes', async () => {
    await pusher.close()
    pusher = open({ teamId: 'NOTTHETEAM' })
    const refusal = { ...providerRefusal, reason: 'InvalidProviderToken' }
    expect(await pusher.push(notificationTo(phone))).toEqual(refusal)
    expect(await pusher.push(notificationTo(phone))).toEqual(refusal)
    expect(pushes).toHaveLength(3)
    expect(new Set(tokens()).size).toBe(2)
    nowMs += 20 * 60_000
    await pusher.push(notificationTo(phone))
    expect(new Set(tokens()).size).toBe(3)
  })

  test.each([
    ['no PEM at all', 'secret', 'something else came'],
    [
      'a key of another curve',
      generateKeyPairSync('ec', { namedCurve: 'P-384' })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      'an ec key of curve secp384r1 came',
    ],
  ])('cannot be made with %s, which is told at the start', (_name, key, came) => {
    expect(() => open({ key })).toThrow(
      `key: expected the PKCS#8 PEM of a P-256 private key, as in a .p8 file of Apple, but ${came}`,
    )
  })
})

describe("Apple's reasons", () => {
  test.each(Object.entries(meanings))('%s', async (reason, meaning) => {
    apple.behave(phone, answer(400, reason))
    expect(await pusher.push(notificationTo(phone))).toEqual({
      ...plainRefusal,
      reason,
      ...meaning,
    })
  })

  test.each([
    [400, 'BadExpirationDate', {}],
    [400, 'constructor', {}],
    [404, 'BadPath', {}],
    [405, 'MethodNotAllowed', {}],
    [410, 'SomethingNew', { isDeviceGone: true }],
    [413, 'PayloadTooLarge', {}],
    [429, 'SomethingNew', { isRetryable: true }],
    [403, 'SomethingNew', { isRetryable: true, scope: 'provider' }],
    [500, 'SomethingNew', { isRetryable: true }],
  ])('%i %s', async (status, reason, meaning) => {
    apple.behave(phone, answer(status, reason))
    expect(await pusher.push(notificationTo(phone))).toEqual({
      ...plainRefusal,
      reason,
      ...meaning,
    })
  })

  test.each([
    ['seconds', '7', 7000],
    ['a date', new Date(NOW_MS + 90_000).toUTCString(), 90_000],
    ['nonsense', 'soon', null],
  ])('say in %s how long to wait', async (_name, value, retryAfterMs) => {
    apple.behave(phone, answer(503, 'ServiceUnavailable', { 'retry-after': value }))
    expect(await pusher.push(notificationTo(phone))).toMatchObject({
      scope: 'provider',
      retryAfterMs,
    })
  })

  test.each(['', 'not JSON', '[]', 'null', '{"reason":7}', '{"reason":""}'])(
    'that nobody understands (%j) leave the status',
    async (body) => {
      apple.behave(phone, { type: 'answer', status: 502, body })
      expect(await pusher.push(notificationTo(phone))).toMatchObject({
        reason: '502',
        isRetryable: true,
      })
    },
  )

  test('are kept short', async () => {
    apple.behave(phone, answer(400, 'x'.repeat(10_000)))
    expect(await pusher.push(notificationTo(phone))).toMatchObject({ reason: 'x'.repeat(128) })
  })
})
