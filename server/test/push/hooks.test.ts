import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openHook } from '../../src/pushers/hooks/hook.ts'

interface Posted {
  url: string
  method: string
  headers: IncomingHttpHeaders
  body: string
}

const posts: Posted[] = []
let answer: (response: ServerResponse) => void
let origin: string

const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  posts.push({ url: request.url!, method: request.method!, headers: request.headers, body })
  answer(response)
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(() => {
  posts.length = 0
  answer = (response) => response.end()
})

function open(url = `${origin}/push`, timeoutMs = 5000) {
  const hook = openHook({ url, timeoutMs, now: () => 0 })
  return { ...hook, [Symbol.asyncDispose]: () => hook.close() }
}

const json = JSON.stringify({ message: 'Grüße', toClient: 'bob', badge: 3 })

test('a hook gets the JSON as it was made', async () => {
  await using hook = open(`${origin}/push?app=1`)
  expect(await hook.post(json)).toEqual({ state: 'pushed', id: '' })
  expect(posts).toHaveLength(1)
  expect(posts[0]).toMatchObject({ url: '/push?app=1', method: 'POST', body: json })
  expect(posts[0]!.headers['content-type']).toBe('application/json')
})

test('a name and a password in its URL go into a header', async () => {
  await using hook = open(origin.replace('//', '//us%3Aer:p%40ss@'))
  await hook.post(json)
  expect(posts[0]!.headers.authorization).toBe(`Basic ${btoa('us:er:p@ss')}`)
})

test('posts share connections', async () => {
  await using hook = open()
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => hook.post(json)))
  expect(outcomes.every(({ state }) => state === 'pushed')).toBe(true)
  const connections = await new Promise<number>((resolve) => {
    server.getConnections((_error, count) => resolve(count))
  })
  expect(connections).toBeLessThanOrEqual(hook.concurrencyMax)
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
  answer = (response) => response.writeHead(status, { location: `${origin}/other` }).end('no')
  const outcome = await hook.post(json)
  expect(outcome).toMatchObject({ state: 'refused', reason: String(status), ...expected })
  expect(outcome).toMatchObject({ isDeviceGone: false, retryAfterMs: null })
  expect(posts).toHaveLength(1)
})

test.each([
  ['seconds', '120', 120_000],
  ['a date', 'Thu, 01 Jan 1970 00:00:30 GMT', 30_000],
  ['no number', '-1', null],
])('it may ask to wait: %s', async (_name, header, retryAfterMs) => {
  await using hook = open()
  answer = (response) => response.writeHead(503, { 'retry-after': header }).end()
  expect(await hook.post(json)).toMatchObject({ reason: '503', retryAfterMs })
})

test('one that says nothing is given up on', async () => {
  await using hook = open(`${origin}/push`, 100)
  answer = () => {}
  expect(await hook.post(json)).toMatchObject({ reason: 'Timeout', isRetryable: true })
})

test('one that begins an answer and stalls is given up on', async () => {
  await using hook = open(`${origin}/push`, 100)
  answer = (response) => response.writeHead(200, { 'content-length': 10 }).write('half')
  expect(await hook.post(json)).toMatchObject({ reason: 'Timeout', isRetryable: true })
})

test('one that is not there may be later', async () => {
  await using hook = open('http://127.0.0.1:1/')
  const expected = { reason: 'ECONNREFUSED', isRetryable: true, scope: 'provider' }
  expect(await hook.post(json)).toMatchObject(expected)
})

test('what is under way when it is closed may be taken later', async () => {
  const hook = open()
  answer = () => {}
  const posting = hook.post(json)
  await expect.poll(() => posts.length).toBe(1)
  await hook.close()
  expect(await posting).toMatchObject({ reason: 'Closed', isRetryable: true })
})
