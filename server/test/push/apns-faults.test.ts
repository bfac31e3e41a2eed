import { constants } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ApnsOptions, openApns } from '../../src/pushers/apns/apns.ts'
import type { ConnectionEvent } from '../../src/pushers/http2-client.ts'
import type { Pusher } from '../../src/pushers/pusher.ts'
import { type ApnsDouble, startApnsDouble } from '../../src/pushers/sandbox/apns.ts'
import { createAuthority } from '../../src/pushers/sandbox/authority.ts'
import { appleToken, notificationTo, passingRefusal, providerRefusal, pushAll } from './phones.ts'
import { startStallingProxy } from './stalling-proxy.ts'

const authority = createAuthority()
const tls = authority.issue(['127.0.0.1'])

const toPhone = (number: number) => notificationTo(appleToken(number))
const away = (reason: unknown) => ({ ...providerRefusal, reason, retryAfterMs: expect.any(Number) })

const waitFor = (holds: () => void) => vi.waitFor(holds, { timeout: 10_000 })

let taken: Map<string, number>
let events: ConnectionEvent[]
let apple: ApnsDouble
let closing: (() => Promise<unknown>)[]

beforeEach(async () => {
  taken = new Map()
  events = []
  closing = []
  apple = await startDouble()
})
afterEach(async () => {
  for (const close of closing.reverse()) await close()
})

async function startDouble(options: { port?: number; streamsMax?: number } = {}) {
  const double = await startApnsDouble({
    port: 0,
    tls,
    onPush: ({ device }) => taken.set(device, (taken.get(device) ?? 0) + 1),
    ...(apple && { credentials: apple.credentials }),
    ...options,
  })
  closing.push(() => double.close())
  return double
}

function open(change: Partial<ApnsOptions> = {}): Pusher {
  const pusher = openApns({
    ...apple.credentials,
    origin: apple.origin,
    ca: authority.certificate,
    timeoutMs: 5000,
    onEvent: (event) => events.push(event),
    ...change,
  })
  closing.push(() => pusher.close())
  return pusher
}

describe('a provider that is not there', () => {
  test('is known at once, not asked again before a pause, and found when it is back', async () => {
    let nowMs = Date.now()
    const { port } = new URL(apple.origin)
    await apple.close()
    const pusher = open({ now: () => nowMs })
    const first = await pusher.push(toPhone(1))
    expect(first).toEqual(away('ECONNREFUSED'))
    apple = await startDouble({ port: Number(port) })
    expect(await pusher.push(toPhone(1))).toEqual(away('ECONNREFUSED'))
    expect(apple.connections.all).toBe(0)

    nowMs += 1000
    expect(await pusher.push(toPhone(1))).toMatchObject({ state: 'pushed' })
    expect(events.map(({ type }) => type)).toEqual(['unreachable', 'connected'])
  })

  test('makes the pauses grow up to half a minute', async () => {
    let nowMs = Date.now()
    await apple.close()
    const pusher = open({ now: () => nowMs })
    const pauses: number[] = []
    for (let attempt = 0; attempt < 10; attempt++) {
      const outcome = await pusher.push(toPhone(1))
      const pauseMs = outcome.state === 'refused' ? outcome.retryAfterMs! : 0
      pauses.push(pauseMs)
      nowMs += pauseMs
    }
    expect(pauses[0]).toBeLessThanOrEqual(250)
    for (const pauseMs of pauses.slice(7)) {
      expect(pauseMs).toBeGreaterThanOrEqual(15_000)
      expect(pauseMs).toBeLessThanOrEqual(30_000)
    }
  })

  test('is not believed without the certificate of an authority that is trusted', async () => {
    const pusher = open({ ca: createAuthority().certificate })
    expect(await pusher.push(toPhone(1))).toEqual(away(expect.stringMatching(/CERT|SIGNATURE/)))
    expect(taken.size).toBe(0)
  })

  test('is given up on when it takes a connection and says nothing', async () => {
    const mute = createServer(() => {})
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const origin = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`
    const pusher = open({ origin, connectMs: 50 })
    expect(await pusher.push(toPhone(1))).toEqual(away('ConnectTimeout'))
    await pusher.close()
    mute.close()
  })

  test('is not there when something else answers', async () => {
    const web = createHttpsServer(tls, (_request, response) => response.end('hello'))
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    const origin = `https://127.0.0.1:${(web.address() as AddressInfo).port}`
    expect(await open({ origin }).push(toPhone(1))).toEqual(away(expect.any(String)))
    web.closeAllConnections()
    web.close()
  })

  test.each([
    ['no origin', { origin: 'apple' }, 'origin: expected an https URL, but "apple" came'],
    [
      'origin',
      { origin: 'ftp://example.org' },
      'origin: expected an https URL, but "ftp://example.org" came',
    ],
    [
      'authority',
      { ca: 'nonsense' },
      'ca: expected the PEM of a certificate, but something else came',
    ],
  ])('cannot be set wrongly without a word at the start: %s', (_name, change, words) => {
    expect(() => open(change)).toThrow(words)
  })
})

describe('a provider that is slow', () => {
  const timedOut = { ...passingRefusal, reason: 'Timeout' }

  test('holds up only what it is slow with, and that not for ever', async () => {
    apple.behave(appleToken(1), { type: 'silence' })
    const pusher = open({ timeoutMs: 2500 })
    const slow = pusher.push(toPhone(1))
    expect(await pushAll(pusher, 100, (number) => toPhone(number + 2))).toEqual({ pushed: 100 })
    expect(await slow).toEqual(timedOut)
    expect(apple.connections.all).toBe(1)
  })

  test('gets no more streams than it allows, and no second connection', async () => {
    apple = await startDouble({ streamsMax: 3 })
    apple.behave('*', { type: 'silence' })
    const pusher = open({ timeoutMs: 300, concurrency: 10 })
    const pushes = Array.from({ length: 10 }, (_, number) => pusher.push(toPhone(number)))
    // One that gives up makes room for another.
    await Promise.race(pushes)
    expect(taken.size).toBe(3)
    for (const outcome of await Promise.all(pushes)) expect(outcome).toMatchObject(timedOut)
    expect(apple.connections.all).toBe(1)
  })

  test('gets a second connection where that is set', async () => {
    apple = await startDouble({ streamsMax: 3 })
    apple.behave('*', { type: 'silence' })
    const pusher = open({ timeoutMs: 300, concurrency: 10, connectionsMax: 2 })
    const pushes = Array.from({ length: 10 }, (_, number) => pusher.push(toPhone(number)))
    await Promise.race(pushes)
    expect(taken.size).toBe(6)
    for (const outcome of await Promise.all(pushes)) expect(outcome).toMatchObject(timedOut)
    expect(apple.connections.all).toBe(2)
  })

  test('is left when it answers no ping any more', async () => {
    await using proxy = await startStallingProxy(apple.origin)
    const pusher = open({ origin: proxy.origin, pingEveryMs: 100, pingAnswerMs: 500 })
    expect(await pusher.push(toPhone(1))).toMatchObject({ state: 'pushed' })
    proxy.stall(true)
    expect(await pusher.push(toPhone(2))).toEqual({ ...passingRefusal, reason: 'PingTimeout' })
    proxy.stall(false)
    expect(await pusher.push(toPhone(2))).toMatchObject({ state: 'pushed' })
    expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'connected ',
      'ended PingTimeout',
      'connected ',
    ])
  })
})

describe('a stream that breaks off', () => {
  test('may be tried later, and the others go on', async () => {
    apple.behave(appleToken(1), { type: 'reset', code: constants.NGHTTP2_INTERNAL_ERROR })
    const pusher = open()
    const broken = pusher.push(toPhone(1))
    expect(await pushAll(pusher, 50, (number) => toPhone(number + 2))).toEqual({ pushed: 50 })
    expect(await broken).toEqual({ ...passingRefusal, reason: 'INTERNAL_ERROR' })
    expect(apple.connections.all).toBe(1)
  })

  test('is begun again when the provider says that it has not looked at it', async () => {
    const refusal = { type: 'reset', code: constants.NGHTTP2_REFUSED_STREAM } as const
    apple.behave(appleToken(1), refusal, refusal, { type: 'take' })
    expect(await open().push(toPhone(1))).toMatchObject({ state: 'pushed' })
    expect(taken.get(appleToken(1))).toBe(3)
  })

  test('is not begun again for ever', async () => {
    apple.behave('*', { type: 'reset', code: constants.NGHTTP2_REFUSED_STREAM })
    expect(await open().push(toPhone(1))).toEqual({ ...passingRefusal, reason: 'REFUSED_STREAM' })
    expect(taken.get(appleToken(1))).toBe(4)
  })

  test('is read no further than an answer is long', async () => {
    apple.behave(appleToken(1), { type: 'flood' })
    expect(await open().push(toPhone(1))).toMatchObject({ state: 'pushed' })
  })
})

describe('a connection that ends', () => {
  test('after GOAWAY is replaced, and every push is taken once', async () => {
    for (const number of [100, 500, 900]) {
      apple.behave(appleToken(number), { type: 'goaway', code: 0 }, { type: 'take' })
    }
    const pusher = open({ concurrency: 50 })
    expect(await pushAll(pusher, 1000, toPhone)).toEqual({ pushed: 1000 })
    expect([...taken.values()].every((times) => times === 1)).toBe(true)
    expect(taken.size).toBe(1000)
    expect(apple.connections.all).toBe(4)
    await waitFor(() => expect(apple.connections.open).toBe(1))
  })

  test('with an error tells why', async () => {
    const data = '{"reason":"Shutdown"}'
    apple.behave(appleToken(1), { type: 'goaway', code: 2, data })
    const pusher = open()
    const outcomes = await pushAll(pusher, 20, toPhone)
    expect(Object.keys(outcomes).every((name) => /^(pushed|Shutdown)$/.test(name))).toBe(true)
    expect(await pusher.push(toPhone(2))).toMatchObject({ state: 'pushed' })
    expect(events).toContainEqual({ type: 'draining', origin: apple.origin, reason: 'Shutdown' })
  })

  test('in the middle loses what is under way, for now', async () => {
    await using proxy = await startStallingProxy(apple.origin)
    apple.behave(appleToken(1), { type: 'silence' }, { type: 'take' })
    const pusher = open({ origin: proxy.origin })
    expect(await pusher.push(toPhone(2))).toMatchObject({ state: 'pushed' })
    const lost = pusher.push(toPhone(1))
    await waitFor(() => expect(taken.has(appleToken(1))).toBe(true))
    proxy.cut()
    expect(await lost).toEqual({ ...passingRefusal, reason: 'ECONNRESET' })
    expect(await pusher.push(toPhone(1))).toMatchObject({ state: 'pushed' })
  })

  test('as soon as it begins, each time, is not opened in a circle', async () => {
    apple.behave('*', { type: 'goaway', code: 1 })
    const pusher = open({ timeoutMs: 1000 })
    const outcomes = await pushAll(pusher, 2000, toPhone)
    expect(outcomes.pushed ?? 0).toBeLessThan(2000)
    expect(apple.connections.all).toBeLessThan(20)
  })

  test('when the pusher is closed loses what is under way, for later', async () => {
    apple.behave('*', { type: 'silence' })
    const pusher = open()
    const pushes = [1, 2, 3].map((number) => pusher.push(toPhone(number)))
    await waitFor(() => expect(taken.size).toBe(3))
    await pusher.close()
    const closed = { ...passingRefusal, reason: 'Closed' }
    expect(await Promise.all(pushes)).toEqual([closed, closed, closed])
    expect(await pusher.push(toPhone(4))).toEqual(closed)
    await waitFor(() => expect(apple.connections.open).toBe(0))
  })
})

describe('many pushes', () => {
  test('10,000 go through one connection in a bounded memory', async () => {
    const pusher = open()
    await pushAll(pusher, 500, toPhone)
    const before = process.memoryUsage().rss
    const body = 'x'.repeat(3000)
    let peak = 0
    const outcomes = await pushAll(pusher, 10_000, (number) => {
      if (number % 500 === 0) peak = Math.max(peak, process.memoryUsage().rss)
      return notificationTo(appleToken(number), { body })
    })
    expect(outcomes).toEqual({ pushed: 10_000 })
    expect(apple.connections.all).toBe(1)
    // Their payloads alone are 32 MB, and 10,000 streams at once would be several times that.
    expect((peak - before) / 2 ** 20).toBeLessThan(150)
  })

  test('that are all too many are each told so', async () => {
    apple.behave('*', {
      type: 'answer',
      status: 429,
      headers: { 'retry-after': '3' },
      body: '{"reason":"TooManyRequests"}',
    })
    const pusher = open()
    expect(await pushAll(pusher, 1000, toPhone)).toEqual({ TooManyRequests: 1000 })
    expect(await pusher.push(toPhone(1))).toEqual({
      ...passingRefusal,
      reason: 'TooManyRequests',
      retryAfterMs: 3000,
    })
    expect(apple.connections.all).toBe(1)
  })
})
