import { expect, test } from 'vitest'
import { Trait } from '../../src/domain/batch.ts'
import { openStack } from './stack.ts'

const MESSAGE_ID = /^[0-9a-f]{24}$/

test('a message is on the open screens of its receivers at once', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann', 'bob')
  const ann = await stack.terminal('ann')
  const bob = await stack.terminal('bob')

  const { time } = await stack.send('shop', ['ann', 'bob'], { text: 'Your parcel is on its way' })

  for (const terminal of [ann, bob]) {
    const message = await terminal.next('message')
    expect(message).toEqual({
      type: 'message',
      id: expect.stringMatching(MESSAGE_ID),
      with: 'shop',
      from: 'shop',
      time,
      counted: true,
      content: {
        format: 'native',
        body: { text: 'Your parcel is on its way' },
        text: 'Your parcel is on its way',
      },
    })
  }
  expect(bob.messages[0]?.id.slice(0, 16)).toBe(ann.messages[0]?.id.slice(0, 16))
  expect(ann.messages[0]?.id.slice(16)).toBe('00000000')
  expect(bob.messages[0]?.id.slice(16)).toBe('00000001')
})

test('an id is the same live, after a resume and in the history', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann', 'bob')
  const before = await stack.terminal('ann')
  await stack.send('shop', ['bob', 'ann'], { text: 'Schöne Grüße 🔔' })
  const live = await before.next('message')

  const after = await stack.terminal('ann', '000100000000000000000000')
  const resumed = await after.next('message')
  const response = await fetch(`${stack.url}/v1/conversations/shop/messages`, {
    headers: { authorization: `Bearer ${stack.userSig('ann')}` },
  })
  const { messages } = (await response.json()) as { messages: object[] }

  expect(resumed).toEqual(live)
  expect([{ type: 'message', ...messages[0] }]).toEqual([live])
})

test('every ordinal of the largest batch has its own id', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  const ann = await stack.terminal('ann')
  await stack.send('shop', Array<string>(4096).fill('ann'))
  await ann.until(() => ann.messages.length === 4096)
  ann.messages.forEach(({ id }, ordinal) => {
    expect(Number.parseInt(id.slice(16), 16)).toBe(ordinal)
  })
})

test.each([0, 100, 126, 4000, 65_400, 65_536, 300_000])(
  'a content of %i bytes arrives whole',
  async (bytes) => {
    await using stack = await openStack()
    await stack.accounts('shop', 'ann')
    const ann = await stack.terminal('ann')
    const text = 'ü'.repeat(bytes / 2)
    await stack.send('shop', ['ann'], { text })
    const message = await ann.next('message')
    expect(message.content.text).toBe(text)
    expect(message.content.body).toEqual({ text })
  },
)

test('all terminals of an account get everything; read on one is an event on all', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  const shop = await stack.terminal('shop')
  const phone = await stack.terminal('ann')
  const desk = await stack.terminal('ann')
  await stack.send('shop', ['ann'], { traits: 0 })
  await stack.send('shop', ['ann'], { traits: 0 })
  const first = await phone.next('message')
  const second = await phone.next('message')
  expect(await desk.next('message')).toEqual(first)
  expect(await desk.next('message')).toEqual(second)

  phone.say({ type: 'read', with: 'shop', upTo: first.id, ref: 7 })
  const event = {
    type: 'read',
    with: 'shop',
    upTo: first.id,
    unread: 1,
    unreadTotal: 1,
    cursor: expect.stringMatching(MESSAGE_ID),
  }
  expect(await phone.next('read')).toEqual(event)
  expect(await phone.next('done')).toEqual({ type: 'done', ref: 7 })
  expect(await desk.next('read')).toEqual(event)
  expect(await shop.next('peer-read')).toEqual({
    type: 'peer-read',
    with: 'ann',
    upTo: first.id,
    cursor: expect.stringMatching(MESSAGE_ID),
  })

  desk.say({ type: 'read', with: 'shop' })
  expect(await desk.next('read')).toMatchObject({ unread: 0, unreadTotal: 0 })
  expect(await desk.next('done')).toEqual({ type: 'done' })
})

test('the terminals of a sender hear of its batch once, after their own copies', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann', 'bob')
  const shop = await stack.terminal('shop')
  const { time } = await stack.send('shop', ['ann', 'shop', 'bob'], { text: 'all of you' })
  const own = await shop.next('message')
  expect(own).toMatchObject({ with: 'shop', from: 'shop', counted: false })
  const sent = await shop.next('sent')
  expect(sent).toEqual({
    type: 'sent',
    id: `${own.id.slice(0, 16)}00000000`,
    time,
    count: 3,
    content: { format: 'native', body: { text: 'all of you' }, text: 'all of you' },
    cursor: expect.stringMatching(MESSAGE_ID),
  })
  expect(sent.cursor > own.id).toBe(true)

  await stack.send('shop', ['ann'], { traits: 0, text: 'not echoed' })
  await stack.send('ann', ['shop'], { text: 'and back' })
  expect(await shop.next('message')).toMatchObject({ from: 'ann' })
})

test('a message that answers says on the terminals of its sender that the rest is read', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann', 'bob')
  const ann = await stack.terminal('ann')
  for (const from of ['shop', 'shop', 'bob']) await stack.send(from, ['ann'])
  for (let i = 0; i < 3; i += 1) await ann.next('message')
  const answering = { traits: Trait.echoed | Trait.readsForSender }
  await stack.send('ann', ['shop'], answering)
  const { id, cursor } = await ann.next('sent')
  expect(await ann.next('read')).toEqual({
    type: 'read',
    with: 'shop',
    upTo: id,
    unread: 0,
    unreadTotal: 1,
    cursor,
  })

  await stack.send('ann', ['shop', 'bob'], answering)
  await stack.send('shop', ['ann'])
  expect(await ann.next('sent')).toMatchObject({ count: 2 })
  expect(await ann.next('message')).toMatchObject({ from: 'shop' })
})

test('what only open screens should get is there live and never again', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  const live = await stack.terminal('ann')
  await stack.send('shop', ['ann'], { traits: Trait.onlineOnly, text: 'is typing' })
  expect(await live.next('message')).toMatchObject({ counted: false })
  const later = await stack.terminal('ann', '000100000000000000000000')
  await later.next('caught-up')
})

test('frames that come within a delivery window share writes, and none is missing', async () => {
  await using stack = await openStack({ env: { CARILLON_DELIVERY_WINDOW_MS: '20' } })
  await stack.accounts('shop', 'ann', 'bob')
  const ann = await stack.terminal('ann')
  const writesBefore = stack.terminals.writes
  await stack.send('shop', ['ann'])
  // The first after a quiet time does not wait for a window, but for the answer of its call.
  await new Promise(setImmediate)
  expect(stack.terminals.writes).toBe(writesBefore + 1)
  for (let i = 0; i < 200; i += 1) await stack.send('shop', ['ann'], { text: `${i}` })
  await ann.until(() => ann.messages.length === 201)
  expect(ann.messages.slice(1).map(({ content }) => content.text)).toEqual(
    Array.from({ length: 200 }, (_, i) => `${i}`),
  )
  expect(stack.terminals.writes - writesBefore).toBeLessThan(50)
})

test('the answer to a read comes after its event, also when frames wait to share a write', async () => {
  await using stack = await openStack({ env: { CARILLON_DELIVERY_WINDOW_MS: '50' } })
  await stack.accounts('shop', 'ann')
  const ann = await stack.terminal('ann')
  for (let i = 0; i < 3; i += 1) {
    await stack.send('shop', ['ann'])
    ann.say({ type: 'read', with: 'shop', ref: i })
    await ann.next('message')
    await ann.next('read')
    await ann.next('done')
  }
})

test('a revocation ends the terminals of its account, and their credentials are refused', async () => {
  await using stack = await openStack()
  const [ann] = await stack.accounts('ann', 'bob')
  const second = Math.floor(Date.now() / 1000)
  const terminals = [await stack.terminal('ann'), await stack.terminal('ann')]
  const bob = await stack.terminal('bob')
  const token = await stack.token('ann', second)

  await stack.pipeline.revoke(ann!, second)
  for (const terminal of terminals) {
    expect(await terminal.end()).toEqual({ code: 4003, reason: 'revoked' })
  }
  for (const credential of [{ usersig: stack.userSig('ann', second) }, { token }]) {
    const again = await stack.peer()
    again.say({ type: 'connect', account: 'ann', ...credential })
    expect(await again.next('error')).toMatchObject({ code: 'unauthorized' })
    expect(await again.end()).toMatchObject({ code: 4001 })
  }
  const later = await stack.peer()
  later.say({ type: 'connect', usersig: stack.userSig('ann', second + 1) })
  expect(await later.next('connected')).toMatchObject({ account: 'ann' })
  expect(bob.closed).toBe(null)
})

test('a server that stops tells its terminals to come back later', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const ann = await stack.terminal('ann')
  await stack.live.close()
  expect(await ann.end()).toEqual({ code: 1001, reason: 'stopping' })
  await expect(stack.peer()).rejects.toThrow('503')
})
