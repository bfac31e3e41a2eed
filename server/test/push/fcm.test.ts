import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FcmOptions, openFcm } from '../../src/pushers/fcm/fcm.ts'
import { meanings } from '../../src/pushers/fcm/reasons.ts'
import type { Pusher } from '../../src/pushers/pusher.ts'
import { createAuthority } from '../../src/pushers/sandbox/authority.ts'
import type { DoublePush } from '../../src/pushers/sandbox/double.ts'
import { type FcmDouble, startFcmDouble } from '../../src/pushers/sandbox/fcm.ts'
import { googleError } from '../../src/pushers/sandbox/fcm-errors.ts'
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

let nowMs: number
let pushes: DoublePush[]
let google: FcmDouble
let pusher: Pusher

function open(change: Partial<FcmOptions> = {}): Pusher {
  return openFcm({
    serviceAccount: google.serviceAccount,
    origin: google.origin,
    ca: authority.certificate,
    timeoutMs: 5000,
    now: () => nowMs,
    ...change,
  })
}

beforeEach(async () => {
  nowMs = NOW_MS
  pushes = []
  google = await startFcmDouble({
    port: 0,
    tls,
    now: () => nowMs,
    onPush: (push) => pushes.push(push),
  })
  pusher = open()
})
afterEach(async () => {
  await pusher.close()
  await google.close()
})

const push = () => pusher.push(notificationTo(phone, { device: { way: 'fcm' } }))
const answer = (status: number, body: string, headers = {}) =>
  ({ type: 'answer', status, body, headers }) as const

test('a notification is taken, and has the name that Google gives it', async () => {
  expect(await push()).toEqual({
    state: 'pushed',
    id: expect.stringMatching(/^projects\/carillon-sandbox\/messages\/0:/),
  })
  expect(pushes[0]).toMatchObject({
    device: phone,
    payload: {
      token: phone,
      notification: { title: 'Parcels', body: 'Your parcel is on its way' },
      data: { order: '91' },
    },
  })
})

test('what does not fit even without its text is refused unasked', async () => {
  const notification = notificationTo(phone, { data: { all: 'x'.repeat(4096) } })
  expect(await pusher.push(notification)).toEqual({ ...plainRefusal, reason: 'PayloadTooLarge' })
  expect(google.connections.all).toBe(0)
})

describe('the access token', () => {
  test('is got once for many pushes at once, and kept', async () => {
    expect(await pushAll(pusher, 500, () => notificationTo(phone))).toEqual({ pushed: 500 })
    expect(google.grants.given).toBe(1)
    // One connection for the token, which is closed with the pusher, and one for the pushes.
    expect(google.connections.all).toBe(2)
  })

  test('is got anew five minutes before its end', async () => {
    await push()
    nowMs += (3599 - 300) * 1000 - 1
    await push()
    expect(google.grants.given).toBe(1)
    nowMs += 1
    await push()
    expect(google.grants.given).toBe(2)
  })

  test('is got anew once when Google does not take it any more', async () => {
    await push()
    google.grants.revoke()
    const outcomes = await Promise.all(Array.from({ length: 20 }, push))
    expect(outcomes.every(({ state }) => state === 'pushed')).toBe(true)
    expect(google.grants.given).toBe(2)
  })

  test('that is refused although it is new stops everything, and is not got in a circle', async () => {
    google.behave('*', answer(401, googleError({ status: 401, reason: 'UNAUTHENTICATED' })))
    const refusal = { ...providerRefusal, reason: 'UNAUTHENTICATED' }
    expect(await push()).toEqual(refusal)
    expect(await push()).toEqual(refusal)
    expect(google.grants.given).toBe(2)
    expect(pushes).toHaveLength(3)
  })

  test('is not asked for again before a pause, when it is refused', async () => {
    const body = '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}'
    google.grants.refuseWith({ status: 400, body })
    const refusal = {
      ...providerRefusal,
      reason: 'invalid_grant',
      retryAfterMs: expect.any(Number),
    }
    expect(await push()).toEqual(refusal)
    google.grants.refuseWith(null)
    expect(await push()).toEqual(refusal)
    expect(google.grants.given).toBe(0)
    nowMs += 1000
    expect(await push()).toMatchObject({ state: 'pushed' })
  })

  test('is asked for when Google says, and its pauses grow', async () => {
    google.grants.refuseWith({ status: 503, headers: { 'retry-after': '120' }, body: '' })
    expect(await push()).toMatchObject({ reason: 'token endpoint: 503', retryAfterMs: 120_000 })
    google.grants.refuseWith({ status: 200, body: '{"access_token":"a\\nb"}' })
    let pauseMs = 120_000
    for (let attempt = 0; attempt < 8; attempt++) {
      nowMs += pauseMs
      const outcome = await push()
      expect(outcome).toMatchObject({ reason: 'token endpoint: 200', scope: 'provider' })
      pauseMs = outcome.state === 'refused' ? outcome.retryAfterMs! : 0
    }
    expect(pauseMs).toBeGreaterThanOrEqual(30_000)
    expect(pauseMs).toBeLessThanOrEqual(60_000)
  })

  test('cannot be got when its endpoint is away', async () => {
    const serviceAccount = { ...google.serviceAccount, token_uri: 'https://127.0.0.1:1/token' }
    await pusher.close()
    pusher = open({ serviceAccount })
    expect(await push()).toMatchObject({
      ...providerRefusal,
      reason: 'ECONNREFUSED',
      retryAfterMs: expect.any(Number),
    })
  })

  test('is not given for a signature of another key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    await pusher.close()
    pusher = open({ serviceAccount: { ...google.serviceAccount, private_key } })
    expect(await push()).toMatchObject({ reason: 'invalid_grant', scope: 'provider' })
  })
})

describe('a service account that is none is told at the start', () => {
  test.each([
    [null, 'token_uri: expected a text'],
    [
      { token_uri: 'http://example.org' },
      'token_uri: expected an https URL, but "http://example.org" came',
    ],
    [
      { project_id: 7 },
      "project_id: expected a text, as in Google's service account file, but a number came",
    ],
    [{ client_email: '' }, 'but an empty one came'],
    [
      { private_key: 'secret' },
      'private_key: expected the PKCS#8 PEM of an RSA private key, but something else came',
    ],
  ])('%j', (change, words) => {
    const serviceAccount = change && { ...google.serviceAccount, ...change }
    expect(() => open({ serviceAccount })).toThrow(words)
  })
})

describe("Google's reasons", () => {
  test.each(Object.entries(meanings))('%s', async (reason, { waitMs = null, ...meaning }) => {
    const status = reason === 'UNAUTHENTICATED' ? 401 : 400
    const details = [
      { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: reason },
    ]
    const body = JSON.stringify({ error: { code: status, status: 'SOMETHING', details } })
    google.behave(phone, answer(status, body))
    expect(await push()).toEqual({ ...plainRefusal, reason, ...meaning, retryAfterMs: waitMs })
  })

  test.each([
    [
      'a field',
      googleError({ status: 400, reason: 'INVALID_ARGUMENT', field: 'message.token' }),
      true,
    ],
    [
      'words',
      '{"error":{"status":"INVALID_ARGUMENT","message":"The registration token is not a valid FCM registration token"}}',
      true,
    ],
    [
      'another field',
      googleError({ status: 400, reason: 'INVALID_ARGUMENT', field: 'message.data[0].value' }),
      false,
    ],
    [
      'what it quotes of the message',
      JSON.stringify({
        error: {
          status: 'INVALID_ARGUMENT',
          message: 'Unknown name "registration token": The registration token is not a valid one',
        },
      }),
      false,
    ],
  ])('call a token invalid by %s', async (_name, body, isDeviceGone) => {
    google.behave(phone, answer(400, body))
    expect(await push()).toEqual({ ...plainRefusal, reason: 'INVALID_ARGUMENT', isDeviceGone })
  })

  test('do not take a wrong project for a device that is gone', async () => {
    await pusher.close()
    pusher = open({ serviceAccount: { ...google.serviceAccount, project_id: 'another/project' } })
    expect(await push()).toEqual({ ...providerRefusal, reason: 'NOT_FOUND' })
  })

  test('are not looked for where there is nothing', async () => {
    google.behave(phone, answer(200, ''))
    expect(await push()).toEqual({ state: 'pushed', id: '' })
  })

  test('say how long to wait', async () => {
    const body = googleError({ status: 429, reason: 'QUOTA_EXCEEDED' })
    google.behave(phone, answer(429, body, { 'retry-after': '17' }))
    expect(await push()).toMatchObject({ reason: 'QUOTA_EXCEEDED', retryAfterMs: 17_000 })
  })

  test.each([
    ['', 502, passingRefusal],
    ['<html>', 403, providerRefusal],
    ['[]', 429, passingRefusal],
    ['{"error":{"status":7,"details":[null,7,{"errorCode":{}}]}}', 400, plainRefusal],
    ['{"error":[]}', 400, plainRefusal],
  ])('that nobody understands (%s) leave the status', async (body, status, refusal) => {
    google.behave(phone, answer(status, body))
    expect(await push()).toEqual({ ...refusal, reason: String(status) })
  })
})

describe('faults', () => {
  test('GOAWAY in the middle costs nothing', async () => {
    google.behave('*', ...Array.from({ length: 200 }, () => ({ type: 'take' }) as const), {
      type: 'goaway',
      code: 0,
    })
    const outcomes = await pushAll(pusher, 201, () => notificationTo(phone))
    expect(outcomes).toEqual({ pushed: 201 })
  })

  test('a push that is not answered is given up on, and the others go on', async () => {
    await pusher.close()
    pusher = open({ timeoutMs: 2500 })
    await push()
    google.behave(phone, { type: 'silence' })
    const slow = push()
    const others = await pushAll(pusher, 100, (number) => notificationTo(`${phone}${number}`))
    expect(others).toEqual({ pushed: 100 })
    expect(await slow).toEqual({ ...passingRefusal, reason: 'Timeout' })
  })

  test('an answer without a name is one all the same', async () => {
    google.behave(phone, answer(200, 'oh'))
    expect(await push()).toEqual({ state: 'pushed', id: '' })
  })
})
