import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openStack } from './stack.ts'

const cursor = '000100000000000000000000'

test.each([
  [{ type: 'dance' }, 'type', 'one of connect, ack, read, ping, but "dance" came'],
  [{}, 'type', 'one of connect, ack, read, ping, but nothing came'],
  [[], 'frame', 'a JSON object, but an array of 0 came'],
  [null, 'frame', 'a JSON object, but null came'],
  [42, 'frame', 'a JSON object, but 42 came'],
  [{ type: 'ack' }, 'cursor', 'but nothing came'],
  [{ type: 'ack', cursor: 7 }, 'cursor', '24 lower-case hex characters'],
  [{ type: 'ack', cursor: cursor.toUpperCase().replace('1', 'A') }, 'cursor', 'but "000A'],
  [{ type: 'read' }, 'with', 'an account id'],
  [{ type: 'read', with: '' }, 'with', 'an account id'],
  [{ type: 'read', with: 'a\nb' }, 'with', 'an account id'],
  [{ type: 'read', with: 'ü'.repeat(65) }, 'with', '(65 characters) came'],
  [{ type: 'read', with: 'shop', upTo: 'newest' }, 'upTo', '24 lower-case hex characters'],
  [{ type: 'read', with: 'shop', ref: -1 }, 'ref', 'a whole number from 0'],
  [{ type: 'read', with: 'shop', ref: 1.5 }, 'ref', 'but 1.5 came'],
  [{ type: 'ping', ref: '1' }, 'ref', 'but "1" came'],
])('%j is answered with what is wrong in it', async (frame, field, words) => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  const ann = await stack.terminal('ann')
  ann.say(JSON.stringify(frame))
  const error = await ann.next('error')
  expect(error).toMatchObject({ code: 'invalidRequest', field })
  expect(error.message).toContain(words)
  ann.say({ type: 'ping', ref: 3 })
  expect(await ann.next('pong')).toEqual({ type: 'pong', ref: 3 })
})

test('an error names the frame that it is about', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  const ann = await stack.terminal('ann')
  ann.say({ type: 'read', with: 'nobody', ref: 5 })
  expect(await ann.next('error')).toMatchObject({ code: 'unknownAccount', ref: 5 })
  ann.say({ type: 'read', with: 7, ref: 6 })
  expect(await ann.next('error')).toMatchObject({ code: 'invalidRequest', field: 'with', ref: 6 })
  ann.say({ type: 'read', with: 'shop', upTo: '00010fffffffff8000000000', ref: 7 })
  expect(await ann.next('error')).toMatchObject({ code: 'invalidCursor', ref: 7 })
})

test('frames before connected are refused, but a ping is answered', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const peer = await stack.peer()
  peer.say({ type: 'ping' })
  await peer.next('pong')
  peer.say({ type: 'ack', cursor })
  expect(await peer.next('error')).toMatchObject({ field: 'type' })
  peer.say({ type: 'connect' })
  expect(await peer.next('error')).toMatchObject({ field: 'token' })
  peer.say({ type: 'connect', usersig: stack.userSig('ann') })
  peer.say({ type: 'ack', cursor })
  expect((await peer.next('error')).message).toContain('wait for connected')
  await peer.next('connected')
  peer.say({ type: 'connect', usersig: stack.userSig('ann') })
  expect((await peer.next('error')).message).toContain('connected already')
})

test('the tenth bad frame ends the terminal', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const ann = await stack.terminal('ann')
  for (let i = 0; i < 10; i += 1) ann.say(Buffer.from('binary'))
  expect(await ann.end()).toEqual({ code: 4000, reason: 'protocol' })
  expect(ann.received.map(({ type }) => type)).toEqual(Array(10).fill('error'))
})

test('what is not JSON ends the terminal at once, with an error', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  for (const text of ['', 'hello', '{"type":"ping"', '{"type":"ping"}{}', 'undefined', '[1,']) {
    const ann = await stack.terminal('ann')
    ann.say(text)
    expect((await ann.next('error')).message).toContain('not JSON')
    expect(await ann.end()).toEqual({ code: 4000, reason: 'protocol' })
  }
})

test('a frame of 64 KiB is read, a longer one ends the terminal', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const ann = await stack.terminal('ann')
  const frame = JSON.stringify({ type: 'ping', more: '' })
  ann.say(frame.replace('""', `"${'x'.repeat(65_536 - frame.length)}"`))
  await ann.next('pong')
  ann.say(frame.replace('""', `"${'x'.repeat(65_537 - frame.length)}"`))
  expect(await ann.end()).toMatchObject({ code: 1009 })
})

test('more frames than a client can need end the terminal', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const ann = await stack.terminal('ann')
  for (let i = 0; i < 500; i += 1) ann.say({ type: 'ping' })
  expect(await ann.end()).toEqual({ code: 4000, reason: 'protocol' })
  expect(ann.received.at(-1)).toMatchObject({ type: 'error', code: 'rateLimited' })
  expect(ann.received.length).toBeGreaterThanOrEqual(200)
})

test('10,000 kinds of garbage harm nobody else', async () => {
  const seed = Number(process.env.CARILLON_TEST_SEED ?? Date.now() % 2 ** 31)
  console.log(`garbage: CARILLON_TEST_SEED=${seed}`)
  await using stack = await openStack()
  await stack.accounts('shop', 'ann', 'bob')
  const bob = await stack.terminal('bob')
  const random = randomFrom(seed)
  for (let round = 0; round < 100; round += 1) {
    const kinds = Array.from({ length: 10 }, () => [
      ...Array.from({ length: 9 }, () => garbage(random)),
      nonsense(random),
    ])
    await Promise.all(
      kinds.map(async (frames, i) => {
        const ann = i % 4 === 0 ? await stack.peer() : await stack.terminal('ann')
        for (const frame of [...frames, 'the end']) ann.say(frame)
        await ann.end()
      }),
    )
  }
  await stack.send('shop', ['bob', 'ann'], { text: 'still here' })
  await bob.next('message')
  await stack.terminal('ann')
  await expect.poll(() => stack.live.connections).toBe(2)
})

test('bytes that are no WebSocket frames harm nobody else', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'bob')
  const bob = await stack.terminal('bob')
  for (let i = 0; i < 200; i += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect(stack.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.write(
        'GET /v1/live HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
          'sec-websocket-key: Y2FyaWxsb24gYmVuY2htYQ==\r\nsec-websocket-version: 13\r\n\r\n',
      )
      socket.once('data', () => socket.end(randomBytes(1 + (i % 64))))
      socket.resume()
    })
  }
  await expect.poll(() => stack.live.connections).toBe(1)
  await stack.send('shop', ['bob'])
  await bob.next('message')
})

/** Numbers in [0, 1) that a seed gives again. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A JSON object that is hardly ever a frame. */
function garbage(random: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  const value = (depth: number): unknown =>
    pick<() => unknown>([
      () => null,
      () => random() * 2 ** 60 - 2 ** 59,
      () => random() < 0.5,
      () => String.fromCharCode(...Array.from({ length: 9 }, () => random() * 65_536)),
      () => cursor,
      () => 'shop',
      () => '__proto__',
      () => 'x'.repeat(random() * 5000),
      () => (depth > 3 ? {} : Array.from({ length: 3 }, () => value(depth + 1))),
      () => (depth > 3 ? [] : { type: value(depth + 1), constructor: value(depth + 1) }),
    ])()
  const fields = ['account', 'usersig', 'token', 'cursor', 'platform', 'with', 'upTo', 'ref']
  const frame: Record<string, unknown> = {
    type: random() < 0.8 ? pick(['connect', 'ack', 'read', 'ping', 'toString']) : value(0),
  }
  for (const field of fields) if (random() < 0.5) frame[field] = value(0)
  return JSON.stringify(frame)
}

/** Not even that, mostly. */
function nonsense(random: () => number): string | Buffer {
  const json = garbage(random)
  const kind = Math.floor(random() * 4)
  if (kind === 0) return json.slice(0, random() * json.length)
  if (kind === 1) return Buffer.from(json)
  return kind === 2 ? '['.repeat(random() * 60_000) : JSON.stringify(JSON.stringify(json))
}
