import { expect, test } from 'vitest'
import { pauseMs } from '../../../client/pause.ts'
import {
  connectTerminal,
  type LiveTerminal,
  type TerminalOptions,
} from '../../../client/terminal.ts'
import type { MessageFrame } from '../../../wire/frames.ts'
import { messageId } from '../../src/domain/message-id.ts'
import { positionOf } from '../../src/domain/place.ts'
import { CuttingProxy } from './proxy.ts'
import { openStack } from './stack.ts'

/** A client whose messages are kept, and which is closed at the end. */
function open(options: TerminalOptions) {
  const terminal = connectTerminal({ pauseMsMin: 1, pauseMsMax: 20, ...options })
  const messages: MessageFrame[] = []
  terminal.onMessage = (message) => messages.push(message)
  return {
    terminal,
    messages,
    [Symbol.dispose]: () => terminal.close(),
  }
}

function reaches(terminal: LiveTerminal, state: LiveTerminal['state']) {
  return expect.poll(() => terminal.state, { interval: 2 }).toBe(state)
}

test('the client is live, gets messages, reads and acknowledges', async () => {
  await using stack = await openStack()
  const [shop, ann] = await stack.accounts('shop', 'ann')
  using client = open({ url: stack.url, account: 'ann', usersig: stack.userSig('ann') })
  await reaches(client.terminal, 'live')
  await stack.send('shop', ['ann'], { text: 'hello' })
  await expect.poll(() => client.messages.length).toBe(1)
  expect(client.messages[0]).toMatchObject({ from: 'shop', content: { text: 'hello' } })
  expect(client.terminal.cursor).toBe(client.messages[0]!.id)

  const reads: unknown[] = []
  client.terminal.onRead = (event) => reads.push(event)
  await client.terminal.read('shop', client.messages[0]!.id)
  expect(stack.views.unread(ann!, shop!)).toBe(0)
  expect(reads).toHaveLength(1)
  await expect(client.terminal.read('nobody')).rejects.toMatchObject({ code: 'unknownAccount' })
  await expect.poll(() => stack.views.delivered(ann!), { timeout: 5000 }).toBeGreaterThan(0)
})

test('a client that comes back goes on where it was, and finishes what it was asked', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  let bytes = 1200
  await using proxy = await new CuttingProxy(stack.port, () => bytes).open()
  using client = open({ url: proxy.url, token: await stack.token('ann') })
  await reaches(client.terminal, 'live')
  await stack.send('shop', ['ann'], { text: 'x'.repeat(2000) })
  bytes = Number.POSITIVE_INFINITY
  await client.terminal.read('shop')
  await expect.poll(() => client.messages.length).toBe(1)
  expect(proxy.cuts).toBe(1)
})

test('every message is handed over once and in order, wherever connections are cut', async () => {
  const seed = Number(process.env.CARILLON_TEST_SEED ?? Date.now() % 2 ** 31)
  console.log(`cut-offs: CARILLON_TEST_SEED=${seed}`)
  let state = seed >>> 0
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  await using stack = await openStack({ env: { CARILLON_RESUME_MAX: '60' } })
  await stack.accounts('shop', 'ann')
  // From inside the handshake to a few dozen messages.
  const bytesUntilCut = () => Math.floor(50 * 400 ** random())
  await using proxy = await new CuttingProxy(stack.port, bytesUntilCut).open()
  using client = open({
    url: proxy.url,
    usersig: stack.userSig('ann'),
    cursor: '000100000000000000000000',
    resumesAll: true,
    pauseMsMax: 3,
  })
  const ids: string[] = []
  for (let i = 0; i < 300; i += 1) {
    const copies = 1 + Math.floor(random() * 4)
    const to = Array<string>(copies).fill('ann')
    const { place } = await stack.send('shop', to, { text: 'y'.repeat(random() * 200), traits: 0 })
    for (let ordinal = 0; ordinal < copies; ordinal += 1) {
      ids.push(messageId(1, positionOf(place, ordinal)))
    }
  }
  await expect.poll(() => client.messages.length, { timeout: 20_000 }).toBe(ids.length)
  expect(client.messages.map(({ id }) => id)).toEqual(ids)
  expect(proxy.cuts).toBeGreaterThan(20)
})

test('a client with too much to catch up is told to read lists', async () => {
  await using stack = await openStack({ env: { CARILLON_RESUME_MAX: '5' } })
  await stack.accounts('shop', 'ann')
  for (let i = 0; i < 12; i += 1) await stack.send('shop', ['ann'], { text: `${i}` })
  const cursor = '000100000000000000000000'
  using told = open({ url: stack.url, usersig: stack.userSig('ann'), cursor })
  const resyncs: unknown[] = []
  told.terminal.onResync = (frame) => resyncs.push(frame)
  await reaches(told.terminal, 'live')
  expect(told.messages).toHaveLength(5)
  expect(resyncs).toEqual([
    { type: 'resync', reason: 'too-much', cursor: told.messages.at(-1)!.id },
  ])
  using patient = open({ url: stack.url, usersig: stack.userSig('ann'), cursor, resumesAll: true })
  await reaches(patient.terminal, 'live')
  expect(patient.messages.map(({ content }) => content.text)).toEqual(
    Array.from({ length: 12 }, (_, i) => `${i}`),
  )
})

test('a client whose past the server does not know starts from the newest', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  await stack.send('shop', ['ann'])
  const cursor = '00f000000000000000000000'
  using client = open({ url: stack.url, usersig: stack.userSig('ann'), cursor })
  await reaches(client.terminal, 'live')
  await stack.send('shop', ['ann'], { text: 'new' })
  await expect.poll(() => client.messages.length).toBe(1)
  expect(client.terminal.cursor!.startsWith('0001')).toBe(true)
})

test('refused credentials end a client, unless it can have new ones', async () => {
  await using stack = await openStack()
  const [ann] = await stack.accounts('ann')
  using refused = open({ url: stack.url, usersig: 'nonsense' })
  const errors: string[] = []
  refused.terminal.onError = ({ code }) => errors.push(code)
  await reaches(refused.terminal, 'closed')
  expect(errors).toEqual(['unauthorized'])
  await expect(refused.terminal.read('ann')).rejects.toMatchObject({ code: 'closed' })

  let asked = 0
  using renewing = open({
    url: stack.url,
    credentials: () => {
      asked += 1
      return { usersig: asked === 1 ? 'expired' : stack.userSig('ann') }
    },
  })
  await reaches(renewing.terminal, 'live')
  expect(asked).toBe(2)
  await stack.pipeline.revoke(ann!, Math.floor(Date.now() / 1000) - 10)
  await expect.poll(() => asked, { interval: 2 }).toBe(3)
  await reaches(renewing.terminal, 'live')
})

test('a client comes back after the server has stopped', async () => {
  const stack = await openStack()
  await stack.accounts('ann')
  using client = open({ url: stack.url, usersig: stack.userSig('ann') })
  await reaches(client.terminal, 'live')
  await stack[Symbol.asyncDispose]()
  await reaches(client.terminal, 'waiting')
})

test('pauses double up to a bound, and are random all the way', () => {
  expect([0, 1, 2, 3, 4, 50].map((attempts) => pauseMs(attempts, 500, 5000, () => 1))).toEqual([
    500, 1000, 2000, 4000, 5000, 5000,
  ])
  expect(pauseMs(3, 500, 5000, () => 0)).toBe(0)
  expect(pauseMs(3, 500, 5000, () => 0.5)).toBe(2000)
})
