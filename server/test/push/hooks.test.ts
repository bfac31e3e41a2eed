import { afterEach, beforeEach, expect, test } from 'vitest'
import { openHook } from '../../src/pushers/hooks/hook.ts'
import { type HookDouble, startHookDouble } from './hook-double.ts'

let double: HookDouble

beforeEach(async () => {
  double = await startHookDouble()
})
afterEach(() => double.close())

function open(url = `${double.origin}/push`, timeoutMs = 5000) {
  const hook = openHook({ url, timeoutMs, now: () => 0 })
  return { ...hook, [Symbol.asyncDispose]: () => hook.close() }
}

const json = JSON.stringify({ message: 'Grüße', toClient: 'bob', badge: 3 })

test('a hook gets the JSON as it was made', async () => {
  await using hook = open(`${double.origin}/push?app=1`)
  expect(await hook.post(json)).toEqual({ state: 'pushed', id: '' })
  expect(double.posts).toHaveLength(1)
  expect(double.posts[0]).toMatchObject({ url: '/push?app=1', method: 'POST', body: json })
  expect(double.posts[0]!.headers['content-type']).toBe('application/json')
})

test('a name and a password in its URL go into a header', async () => {
  await using hook = open(double.origin.replace('//', '//us%3Aer:p%40ss@'))
  await hook.post(json)
  expect(double.posts[0]!.headers.authorization).toBe(`Basic ${btoa('us:er:p@ss')}`)
})

test('posts share connections', async () => {
  await using hook = open()
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => hook.post(json)))
  expect(outcomes.every(({ state }) => state === 'pushed')).toBe(true)
  expect(await double.connections()).toBeLessThanOrEqual(hook.concurrencyMax)
})

test.each([
  [400, { isRetryable: false, scope: 'notification' }],
  [413, { isRetryable: false, scope: 'notification' }],
  [500, { isRetryable: true, scope: 'notification' }],
  [301, { isRetryable: true, scope: 'provider' }],
  [401, { isRetryable: true, scope: 'provider' }],
  [404, { isRetryable: true, scope: 'provider' }],
  [429, { isRetryable: true, scope: 'provider' }],
  [503, { isRetryable: true, scope: 'provider' }],
])('%i is a refusal', async (status, expected) => {
  await using hook = open()
  double.answer = (response) =>
    response.writeHead(status, { location: `${double.origin}/other` }).end('no')
  const outcome = await hook.post(json)
  expect(outcome).toMatchObject({ state: 'refused', reason: String(status), ...expected })
  expect(outcome).toMatchObject({ isDeviceGone: false, retryAfterMs: null })
  expect(double.posts).toHaveLength(1)
})

test.each([
  ['seconds', '120', 120_000],
  ['a date', 'Thu, 01 Jan 1970 00:00:30 GMT', 30_000],
  ['no number', '-1', null],
])('it may ask to wait: %s', async (_name, header, retryAfterMs) => {
  await using hook = open()
  double.answer = (response) => response.writeHead(503, { 'retry-after': header }).end()
  expect(await hook.post(json)).toMatchObject({ reason: '503', retryAfterMs })
})

const passing = { reason: 'Timeout', isRetryable: true, scope: 'notification' }

test('one that says nothing is given up on', async () => {
  await using hook = open(`${double.origin}/push`, 100)
  double.answer = () => {}
  expect(await hook.post(json)).toMatchObject(passing)
})

test('one that begins an answer and stalls is given up on', async () => {
  await using hook = open(`${double.origin}/push`, 100)
  double.answer = (response) => response.writeHead(200, { 'content-length': 10 }).write('half')
  expect(await hook.post(json)).toMatchObject(passing)
})

test('one that breaks off over a notification may take the others', async () => {
  await using hook = open()
  double.answer = (response) => response.destroy()
  expect(await hook.post(json)).toMatchObject({ ...passing, reason: 'ECONNRESET' })
})

test('one that is not there may be later', async () => {
  await using hook = open('http://127.0.0.1:1/')
  const expected = { reason: 'ECONNREFUSED', isRetryable: true, scope: 'provider' }
  expect(await hook.post(json)).toMatchObject(expected)
})

test('what is under way when it is closed may be taken later', async () => {
  const hook = open()
  double.answer = () => {}
  const posting = hook.post(json)
  await expect.poll(() => double.posts.length).toBe(1)
  await hook.close()
  expect(await posting).toMatchObject({ reason: 'Closed', isRetryable: true })
})
