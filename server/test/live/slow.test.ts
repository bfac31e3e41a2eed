import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { cert, key } from './certificate.ts'
import type { Peer } from './peer.ts'
import { openStack, type Stack } from './stack.ts'

const START = '000100000000000000000000'

/** A text of some length that says what it is: bytes of another one would be seen. */
function textOf(i: number, length: number): string {
  const mark = createHash('sha256').update(String(i)).digest('hex')
  return mark.repeat(Math.ceil(length / mark.length)).slice(0, length)
}

/** More than any kernel buffers for a reader that has stopped. */
const FLOOD_MESSAGES = 250
const FLOOD_BYTES = 100_000

async function flood(stack: Stack, to: readonly string[]): Promise<void> {
  for (let i = 0; i < FLOOD_MESSAGES; i += 1) {
    await stack.send('shop', to, { text: textOf(i, FLOOD_BYTES), traits: 0 })
  }
}

function expectFlood(peer: Peer): void {
  peer.messages.forEach(({ content }, i) => {
    if (content.text !== textOf(i, FLOOD_BYTES)) throw new Error(`message ${i} is another`)
  })
  expect(peer.messages).toHaveLength(FLOOD_MESSAGES)
}

test('a terminal that does not read is closed, the others get everything, and it catches up', async () => {
  await using stack = await openStack({ env: { CARILLON_OUTBOX_BYTES: '300000' } })
  await stack.accounts('shop', 'ann', 'bob')
  const stuck = await stack.terminal('ann')
  const healthy = [await stack.terminal('ann'), await stack.terminal('bob')]
  stuck.pause()

  await flood(stack, ['ann', 'bob'])
  for (const terminal of healthy) {
    await terminal.until(() => terminal.messages.length === FLOOD_MESSAGES)
    expectFlood(terminal)
  }
  expect(stack.closed).toEqual(['slow'])
  // It is let go of although it reads nothing.
  await expect.poll(() => stack.live.connections, { timeout: 4000 }).toBe(2)

  stuck.resume()
  await stuck.end()
  const cursor = stuck.messages.at(-1)?.id ?? START
  const back = await stack.terminal('ann', cursor)
  await back.until(() => back.received.some(({ type }) => type === 'caught-up'))
  back.messages.unshift(...stuck.messages)
  expectFlood(back)
})

test('a slow terminal that still reads learns why it is closed', async () => {
  await using stack = await openStack({ env: { CARILLON_OUTBOX_BYTES: '65536' } })
  await stack.accounts('shop', 'ann')
  const peer = await stack.terminal('ann')
  peer.pause()
  await flood(stack, ['ann'])
  peer.resume()
  expect(await peer.end()).toEqual({ code: 4009, reason: 'slow' })
})

test('a terminal that reads gets more than an outbox holds, also within one commit', async () => {
  await using stack = await openStack({ env: { CARILLON_OUTBOX_BYTES: '65536' } })
  await stack.accounts('shop', 'ann')
  const peer = await stack.terminal('ann')
  const texts = Array.from({ length: 10 }, (_, i) => textOf(i, 40_000))
  await Promise.all(texts.map((text) => stack.send('shop', ['ann'], { text })))
  await peer.until(() => peer.messages.length === texts.length)
  expect(peer.messages.map(({ content }) => content.text)).toEqual(texts)
  expect(stack.closed).toEqual([])
})

test('a message that is larger than an outbox arrives when nothing else waits', async () => {
  await using stack = await openStack({ env: { CARILLON_OUTBOX_BYTES: '1024' } })
  await stack.accounts('shop', 'ann')
  const peer = await stack.terminal('ann')
  await stack.send('shop', ['ann'], { text: textOf(0, 500_000) })
  expect((await peer.next('message')).content.text).toBe(textOf(0, 500_000))
})

// TLS keeps what it was given for longer than a plain socket does: bytes that were reused too
// early would be seen.
test.each([
  ['plain', {}],
  ['TLS', { tls: { key, cert } }],
])('what waits for readers that pause is whole and in order when they go on: %s', async (_, on) => {
  await using stack = await openStack({
    ...on,
    env: { CARILLON_OUTBOX_BYTES: String(FLOOD_MESSAGES * FLOOD_BYTES * 2) },
  })
  const ids = ['ann', 'bob', 'cleo', 'dora']
  await stack.accounts('shop', ...ids)
  const peers = await Promise.all(ids.map((id) => stack.terminal(id)))
  for (const peer of peers.slice(1)) peer.pause()
  const lengths = Array.from({ length: 800 }, (_, i) => (i % 7 === 0 ? 60_000 + i : 30 + (i % 500)))
  for (const [i, length] of lengths.entries()) {
    await stack.send('shop', ids, { text: textOf(i, length), traits: 0 })
    if (i === 400) peers[1]!.resume()
  }
  for (const peer of peers.slice(2)) peer.resume()
  for (const peer of peers) {
    await peer.until(() => peer.messages.length === lengths.length)
    peer.messages.forEach(({ content }, i) => {
      if (content.text !== textOf(i, lengths[i]!)) throw new Error(`message ${i} is another`)
    })
  }
  expect(stack.closed).toEqual([])
})

test('a resume waits for its reader, and what is new meanwhile closes it when it is too much', async () => {
  await using stack = await openStack({ env: { CARILLON_OUTBOX_BYTES: '1000000' } })
  await stack.accounts('shop', 'ann')
  await flood(stack, ['ann'])
  const peer = await stack.peer()
  peer.say({ type: 'connect', usersig: stack.userSig('ann'), cursor: START })
  await peer.next('connected')
  peer.pause()
  // The resume cannot get on, so what is new has to wait.
  for (let i = 0; i < 15; i += 1) {
    await stack.send('shop', ['ann'], { text: textOf(i, FLOOD_BYTES), traits: 0 })
  }
  await expect.poll(() => stack.closed).toEqual(['slow'])
  peer.resume()
  await peer.end()
  expect(peer.messages.length).toBeLessThan(FLOOD_MESSAGES)
  const back = await stack.terminal('ann', peer.messages.at(-1)!.id)
  await back.until(() => back.received.some(({ type }) => type === 'caught-up'))
  expect(peer.messages.length + back.messages.length).toBe(FLOOD_MESSAGES + 15)
})
