import { request } from 'node:http'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Json } from './door.ts'
import { type LiveStack, openLiveStack } from './live-stack.ts'

async function batch(stack: LiveStack, message: string, receiver = 'ann'): Promise<void> {
  await stack.platform('POST', '/messages/batch', {
    sender: 'shop',
    message,
    paras: [{ receiver }],
  })
}

test.each([
  ['polls', ['polling']],
  ['begins with polling and upgrades', ['polling', 'websocket']],
] as const)('a client that %s gets everything once and in order', async (_, transports) => {
  await using stack = await openLiveStack({}, ['shop'])
  for (const encoding of ['plain', 'base64'] as const) {
    const ann = await stack.screen('ann', { transports: [...transports], encoding })
    const count = 200
    for (let i = 0; i < count; i += 1) await batch(stack, `message ${i} 🔔`)
    await expect.poll(() => ann.messages.length, { timeout: 5000 }).toBe(count)
    const expected = Array.from({ length: count }, (_, i) => `message ${i} 🔔`)
    expect(ann.messages.map(({ message }) => message)).toEqual(expected)
    expect(ann.socket.io.engine.transport.name).toBe(transports.at(-1))
    ann.end()
  }
})

test('while messages come, the client upgrades without gap or repeat', async () => {
  await using stack = await openLiveStack({}, ['shop', 'ann'])
  let sent = 0
  let isOver = false
  const sending = (async () => {
    for (; !isOver; sent += 1) await batch(stack, String(sent))
  })()
  for (let round = 0; round < 10; round += 1) {
    const ann = await stack.screen('ann', { transports: ['polling', 'websocket'] })
    await expect.poll(() => ann.socket.io.engine.transport.name).toBe('websocket')
    const soFar = ann.messages.length
    await expect.poll(() => ann.messages.length).toBeGreaterThan(soFar + 20)
    const numbers = ann.messages.map(({ message }) => Number(message))
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i))
    ann.end()
  }
  isOver = true
  await sending
}, 20_000)

test('an app that does not read is closed, and the others get everything', async () => {
  await using stack = await openLiveStack({ CARILLON_OUTBOX_BYTES: '300000' }, ['shop'])
  const [stuck, poller] = [await raw(stack), await handshake(stack)]
  for (const say of [stuck.say, poller.say]) {
    await say('40')
    await say(`42["auth",${JSON.stringify(await stack.token('ann'))}]`)
  }
  await expect.poll(() => stack.terminals.count).toBe(2)
  const ann = await stack.screen('ann')
  stuck.webSocket.pause()
  const count = 250
  for (let i = 0; i < count; i += 1) await batch(stack, `${i} `.padEnd(50_000, 'x'))
  await expect.poll(() => ann.messages.length, { timeout: 5000 }).toBe(count)
  expect(stack.closed).toEqual(['slow', 'slow'])
  await expect.poll(() => stack.live.connections).toBe(1)
}, 20_000)

test.each<[string, (client: RawSocket) => unknown]>([
  ['a packet that is none', ({ say }) => say('4nonsense')],
  ['JSON that is broken', ({ say }) => say('42["conf",{]')],
  ['a reserved name', ({ say }) => say('42["disconnect",1]')],
  ['a binary message', ({ webSocket }) => webSocket.send(Buffer.from('hello'))],
  [
    'an attachment that never comes',
    ({ say }) => say('451-["conf",{"_placeholder":true,"num":0}]4'),
  ],
  ['a ping, which is the server’s to send', ({ say }) => say('2')],
  ['too much at once', ({ say }) => say(`42["x","${'x'.repeat(200_000)}"]`)],
  ['a flood', ({ say }) => Array.from({ length: 300 }, () => say('42["x"]'))],
  ['a flood for another namespace', ({ say }) => Array.from({ length: 3000 }, () => say('40/x,'))],
])('%s ends the socket, and only that one', async (_, attack) => {
  await using stack = await openLiveStack({}, ['shop'])
  const ann = await stack.screen('ann')
  const client = await raw(stack)
  await client.say('40')
  attack(client)
  await client.ended
  await batch(stack, 'hello')
  await expect.poll(() => ann.messages.length).toBe(1)
  await expect.poll(() => stack.live.connections).toBe(1)
  expect(stack.logged).toEqual([])
})

test.each<[string, string]>([
  ['an unknown event', '["whatever",{"a":1}]'],
  ['an event without a name', '[]'],
  ['an event named by a number', '[1]'],
  ['an event named as an object’s property', '["__proto__",{}]'],
  ['the event of the library for errors', '["error",{"message":"x"}]'],
  ['conf with anything', '["conf",[[[]]]]'],
  ['auth2 with anything', '["auth2",{"length":1},[1]]'],
  ['a message without anything', '["chat message"]'],
  ['a message that is a list', '["chat message",["room","text"]]'],
  ['a room that is an object', '["chat message",{"room":{}}]'],
  ['a room whose id is no id', '["chat message",{"room":"\\u0000","message":"x"}]'],
  ['an edit of what is no id', '["chat message",{"room":"r","_id":{},"message":"x"}]'],
  ['deep nesting', `["chat message",{"room":"r","extra":${'['.repeat(9000)}${']'.repeat(9000)}}]`],
  ['typing to anything', '["typing",{},[]]'],
  ['typing to nowhere', '["typing","nowhere",1]'],
])('%s breaks nothing', async (_, packet) => {
  await using stack = await openLiveStack({}, ['shop'])
  const client = await raw(stack)
  await client.say('40')
  await client.say(`42["auth",${JSON.stringify(await stack.token('ann'))}]`)
  for (const id of ['', '7']) await client.say(`42${id}${packet}`)
  await batch(stack, 'hello')
  const isThere = () => client.received.some((each) => each.startsWith('42["chat message"'))
  await expect.poll(() => isThere() || client.webSocket.readyState === WebSocket.CLOSED).toBe(true)
  expect(stack.logged).toEqual([])
})

test('one connection more than there may be is refused', async () => {
  await using stack = await openLiveStack({ CARILLON_SOCKET_CONNECTION_LIMIT: '2' })
  const [first] = [await stack.socket(), await stack.socket({ transports: ['polling'] })]
  await expect(stack.socket()).rejects.toThrow()
  await expect(stack.socket({ transports: ['polling'] })).rejects.toThrow()
  first.end()
  await expect.poll(() => stack.live.connections).toBe(1)
  await stack.socket()
})

test('a client has so many sockets and no more', async () => {
  await using stack = await openLiveStack()
  const token = await stack.token('ann')
  for (let i = 0; i < 100; i += 1) {
    const socket = await stack.socket()
    expect(await socket.ask('auth', token)).toMatchObject({ RC: 0 })
  }
  const socket = await stack.socket()
  expect(await socket.ask('auth', token)).toMatchObject({ RC: 429 })
})

test('peers are pinged as often as the setting says', async () => {
  await using stack = await openLiveStack({ CARILLON_SOCKET_PING_INTERVAL: '100' })
  const client = await raw(stack)
  await client.say('40')
  await expect.poll(() => client.received).toContain('2')
  client.say('3')
  await expect.poll(() => client.received.filter((each) => each === '2').length).toBeGreaterThan(1)
})

test.each([
  ['GET', '/socket.io/?EIO=4&transport=websocket'],
  ['GET', '/socket.io/?EIO=3&transport=polling'],
  ['GET', '/socket.io/?EIO=4&transport=polling&sid=nobody'],
  ['GET', '/socket.io/?EIO=4&transport=webtransport'],
  ['GET', '/socket.io/?EIO=4&transport=constructor'],
  ['GET', '/socket.io/'],
  ['POST', '/socket.io/?EIO=4&transport=polling'],
  ['PUT', '/socket.io/?EIO=4&transport=polling'],
  ['GET', '/socket.io/?EIO=4&transport=polling&transport=websocket'],
])('%s %s is refused', async (method, path) => {
  await using stack = await openLiveStack()
  const response = await fetch(stack.url + path, { method })
  expect(response.status).toBe(400)
  await response.text()
})

test('pages of other origins may poll, as they may call', async () => {
  await using stack = await openLiveStack({ CARILLON_CORS_ORIGINS: 'https://chat.example' })
  const ask = async (method: string, origin: string) => {
    const path = '/socket.io/?EIO=4&transport=polling'
    const { status, headers } = await fetch(stack.url + path, { method, headers: { origin } })
    return [status, headers.get('access-control-allow-origin')]
  }
  expect(await ask('GET', 'https://chat.example')).toEqual([200, 'https://chat.example'])
  expect(await ask('OPTIONS', 'https://chat.example')).toEqual([204, 'https://chat.example'])
  expect(await ask('GET', 'https://elsewhere.example')).toEqual([200, null])
})

interface RawSocket {
  webSocket: WebSocket
  received: string[]
  ended: Promise<void>
  say(packet: string): Promise<void>
}

/** A WebSocket on which the test writes the packets itself. */
async function raw(stack: LiveStack): Promise<RawSocket> {
  const url = `ws://127.0.0.1:${stack.port}/socket.io/?EIO=4&transport=websocket`
  const webSocket = new WebSocket(url)
  const received: string[] = []
  webSocket.on('error', () => {})
  webSocket.on('message', (data) => received.push(String(data)))
  const ended = new Promise<void>((resolve) => webSocket.once('close', () => resolve()))
  await new Promise((resolve) => webSocket.once('open', resolve))
  const say = (packet: string) =>
    new Promise<void>((resolve) => webSocket.send(packet, () => resolve()))
  return { webSocket, received, ended, say }
}

/** A client that polls once, and from then on only talks. */
async function handshake(stack: LiveStack): Promise<Pick<RawSocket, 'say'>> {
  const url = `${stack.url}/socket.io/?EIO=4&transport=polling`
  const opened: Json = JSON.parse((await (await fetch(url)).text()).slice(1))
  return {
    say: (packet) =>
      new Promise((resolve, reject) => {
        const post = request(`${url}&sid=${opened.sid}`, { method: 'POST' }, (response) => {
          response.resume().once('end', () => resolve())
        })
        post.once('error', reject)
        post.end(packet)
      }),
  }
}
