import { expect, test } from 'vitest'
import { callOfOne } from '../../src/api/imkit/messages/call-of-one.ts'
import { type Content, Trait } from '../../src/domain/batch.ts'
import type { Json } from './door.ts'
import { type LiveStack, openLiveStack } from './live-stack.ts'
import type { Screen } from './screen.ts'

const encodings = ['plain', 'base64'] as const

/** What HTTP says of the messages that a screen heard. */
async function listed(stack: LiveStack, id: string, screen: Screen): Promise<Json[]> {
  const found = screen.messages.map(async ({ room, _id }: Json) => {
    const { data } = await stack.as(id, 'GET', `/rooms/${room}/messages/v3?limit=100`)
    return data.find((message: Json) => message._id === _id)
  })
  return Promise.all(found)
}

/** Contents in every form that a batch may have, and what they need beside them. */
const contents: Record<string, Json> = {
  'a plain text': { message: 'hello 🔔', paras: [{ receiver: 'ann' }] },
  'a text with a value': {
    message: 'Hello $name$, $5',
    paras: [{ receiver: 'ann', $name$: 'Änn "the" \\ 🔔\n' }],
  },
  'values at every depth': {
    messageType: 'image',
    message: '',
    images: [{ originalUrl: 'https://x.example/$no$' }],
    extra: { orders: [{ no: '$no$' }], $no$: 1 },
    paras: [{ receiver: 'ann', $no$: 17 }],
  },
  mentions: { message: '$x$', mentions: ['ann'], paras: [{ receiver: 'ann', $x$: 'y' }] },
  'another type': {
    messageType: 'custom-thing',
    message: { any: ['thing', '$x$'] },
    paras: [{ receiver: 'ann', $x$: 'y' }],
  },
  'a message about a member': {
    messageType: 'addMember',
    message: '$x$',
    extra: { invitees: ['ann'] },
    paras: [{ receiver: 'ann', $x$: 'y' }],
  },
  'a room': { message: '$x$', paras: [{ room: 'clüb', $x$: 'y' }] },
}

test.each(
  Object.entries(contents).flatMap(([name, body]) => encodings.map((each) => [name, each, body])),
)('%s comes on a %s socket as HTTP lists it', async (_, encoding, body) => {
  await using stack = await openLiveStack({}, ['shop'])
  const ann = await stack.screen('ann', { encoding })
  await stack.platform('POST', '/rooms', { _id: 'clüb', roomType: 'group', members: ['ann'] })
  await stack.platform('POST', '/messages/batch', { sender: 'shop', ...body })
  await expect.poll(() => ann.messages.length).toBe(1)
  expect(ann.messages).toEqual(await listed(stack, 'ann', ann))
})

const text = { MsgType: 'TIMTextElem', MsgContent: { Text: 'hello 🔔' } }
const place = {
  MsgType: 'TIMLocationElem',
  MsgContent: { Desc: 'here', Latitude: 1.5, Longitude: 2.5 },
}

test.each([
  ['one text', { MsgBody: [text] }],
  ['a place', { MsgBody: [place], CloudCustomData: '{"a":1}' }],
  ['several elements', { MsgBody: [text, place] }],
])('%s of the other door comes as HTTP lists it', async (_, fields) => {
  await using stack = await openLiveStack({}, ['shop'])
  const screens = [
    await stack.screen('ann'),
    await stack.screen('ann', { encoding: 'base64' }),
  ] as const
  await accept(stack, ['ann'], {
    format: 'tim',
    json: JSON.stringify(fields),
    text: 'hello',
  })
  for (const screen of screens) {
    await expect.poll(() => screen.messages.length).toBe(1)
    expect(screen.messages).toEqual(await listed(stack, 'ann', screen))
  }
})

test('each receiver gets its own values, on every one of its sockets', async () => {
  await using stack = await openLiveStack({}, ['shop'])
  const ids = Array.from({ length: 20 }, (_, i) => `user-${'x'.repeat(i)}`)
  const screens = await Promise.all(
    ids.flatMap((id) => encodings.map((encoding) => stack.screen(id, { encoding }))),
  )
  await stack.platform('POST', '/messages/batch', {
    sender: 'shop',
    message: 'Hello $name$ ($name$)',
    extra: { no: '$no$' },
    paras: ids.map((receiver, i) => ({ receiver, $name$: receiver.toUpperCase(), $no$: i })),
  })
  for (const [i, screen] of screens.entries()) {
    await expect.poll(() => screen.messages.length).toBe(1)
    const id = ids[i >> 1]!
    expect(screen.messages[0]).toMatchObject({
      message: `Hello ${id.toUpperCase()} (${id.toUpperCase()})`,
      extra: { no: String(i >> 1) },
      room: stack.door.conversationIds.of([stack.number('shop'), stack.number(id)]),
    })
  }
})

test.each(encodings)(
  'a new direct room comes before its first message, on %s sockets',
  async (encoding) => {
    await using stack = await openLiveStack({}, ['bob'])
    const [shop, ann] = [
      await stack.screen('shop', { encoding }),
      await stack.screen('ann', { encoding }),
    ]
    const send = (message: string) =>
      stack.platform('POST', '/messages/batch', {
        sender: 'shop',
        message,
        paras: [{ receiver: 'ann', $x$: '1' }],
      })
    await send('hello $x$')
    for (const [screen, unread] of [
      [shop, 0],
      [ann, 1],
    ] as const) {
      await expect.poll(() => screen.messages.length).toBe(1)
      const [room, message] = screen.heard
      expect([room?.event, message?.event]).toEqual(['room', 'chat message'])
      expect(room?.payload).toMatchObject({
        _id: message?.payload.room,
        roomType: 'direct',
        unread,
        lastMessage: message?.payload,
      })
      const members = room?.payload.members.map(({ _id }: Json) => _id)
      expect(members.sort()).toEqual(['ann', 'shop'])
    }
    for (let i = 0; i < 5; i += 1) await send('again')
    await expect.poll(() => ann.messages.length).toBe(6)
    const last = ann.heard.slice(-3).map(({ event }) => event)
    expect(last).toEqual(['chat message', 'chat message', 'chat message'])
  },
)

test('a new direct room names no copy that moves it in no list', async () => {
  await using stack = await openLiveStack({}, ['shop'])
  const ann = await stack.screen('ann')
  const [shop, recipient] = [stack.number('shop'), stack.number('ann')]
  const send = async (text: string, traits: number) => {
    const MsgBody = [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }]
    const content = { format: 'tim' as const, json: JSON.stringify({ MsgBody }), text }
    await stack.door.pipeline.accept({ ...callOfOne(shop, recipient, content), traits })
  }
  await send('quiet', Trait.unlisted)
  await send('first', 0)
  await send('quiet', Trait.unlisted)
  await expect.poll(() => ann.messages.length).toBe(3)
  const [none, first, other] = ann.all('room')
  expect([none.lastMessage, first.lastMessage]).toMatchObject([null, { message: 'first' }])
  expect(other).not.toHaveProperty('lastMessage')
})

test.each(encodings)(
  'a room that is given an id while %s sockets are open has it in the next message',
  async (encoding) => {
    await using stack = await openLiveStack({}, ['shop', 'bob'])
    const screens = [
      await stack.screen('ann', { encoding }),
      await stack.screen('shop', { encoding }),
    ]
    const send = (message: string) =>
      stack.platform('POST', '/messages/batch', {
        sender: 'shop',
        message,
        paras: [{ receiver: 'bob' }, { receiver: 'ann' }],
      })
    const roomsOf = ({ messages }: Screen) =>
      messages.filter(({ _id }: Json) => _id.endsWith('1')).map(({ room }: Json) => room)
    const derived = stack.door.conversationIds.of([stack.number('shop'), stack.number('ann')])
    const members = ['ann', 'shop']
    const chosen = '0123456789abcdef0123456789abcdef'
    for (const id of [chosen, 'chosen too late']) {
      for (let i = 0; i < 6; i += 1) await send('hello')
      await stack.platform('POST', '/rooms', { _id: id, roomType: 'direct', members })
    }
    await send('hello')
    const rooms = [...Array(6).fill(derived), ...Array(7).fill(chosen)]
    for (const screen of screens) await expect.poll(() => roomsOf(screen)).toEqual(rooms)
  },
)

test('the sender hears each copy, what the other door sends only where it asks for it', async () => {
  await using stack = await openLiveStack({}, ['ann', 'bob'])
  const shop = await stack.screen('shop')
  const paras = ['ann', 'nobody', 'bob', 'ann'].map((receiver, i) => ({ receiver, $i$: i }))
  await stack.platform('POST', '/messages/batch', { sender: 'shop', message: '$i$', paras })
  await expect.poll(() => shop.messages.map(({ message }) => message)).toEqual(['0', '2', '3'])
  const tim: Content = { format: 'tim', json: JSON.stringify({ MsgBody: [text] }), text: '' }
  await accept(stack, ['ann'], tim)
  await accept(stack, ['ann'], tim, Trait.echoed)
  await expect.poll(() => shop.messages.length).toBe(4)
})

test('a group of which the sender is a member hears a message once', async () => {
  await using stack = await openLiveStack()
  const screens = await Promise.all(['ann', 'bob', 'cleo'].map((id) => stack.screen(id)))
  const members = ['ann', 'bob', 'cleo']
  await stack.platform('POST', '/rooms', { _id: 'club', roomType: 'group', members })
  await stack.as('ann', 'POST', '/rooms/club/message', { message: 'one' })
  await stack.as('bob', 'POST', '/rooms/club/message', { message: 'two' })
  for (const screen of screens) {
    await expect.poll(() => screen.messages.map(({ message }) => message)).toEqual(['one', 'two'])
  }
})

test('a sender whose socket cannot keep up with its own batch hears of none until it asks', async () => {
  await using stack = await openLiveStack({ CARILLON_OUTBOX_BYTES: '40000' }, ['ann'])
  const send = (entries: number, message = 'hello') =>
    stack.platform('POST', '/messages/batch', {
      sender: 'shop',
      message,
      paras: Array.from({ length: entries }, () => ({ receiver: 'ann' })),
    })
  const shop = await stack.screen('shop')
  const ended = new Promise((resolve) => shop.socket.once('disconnect', resolve))
  // More than any kernel takes at once.
  await send(1000, 'hello'.repeat(5000))
  expect(await ended).toBe('transport close')
  expect(stack.closed).toEqual(['slow'])

  const token = await stack.token('shop')
  const back = await stack.socket()
  expect(await back.ask('auth', token)).toMatchObject({ RC: 0 })
  await send(500)
  await send(2)
  // A message by itself is no flood.
  await send(1)
  await expect.poll(() => back.messages.length).toBe(1)
  expect(back.socket.connected).toBe(true)

  await stack.as('shop', 'GET', '/rooms')
  await send(2)
  await expect.poll(() => back.messages.length).toBe(3)
})

test('a sender that reads hears its whole batch, though it is more than an outbox holds', async () => {
  const names = Array.from({ length: 500 }, (_, i) => `c${i}`)
  await using stack = await openLiveStack({ CARILLON_OUTBOX_BYTES: '40000' }, names)
  const shop = await stack.screen('shop', { encoding: 'base64' })
  const paras = names.map((receiver) => ({ receiver }))
  await stack.platform('POST', '/messages/batch', { sender: 'shop', message: 'hello', paras })
  await expect.poll(() => shop.messages.length).toBe(names.length)
  expect(shop.all('room').length).toBe(names.length)
  expect(stack.closed).toEqual([])
})

test('what was written counts as delivered when the socket is still open a while later', async () => {
  await using stack = await openLiveStack({}, ['bob'])
  const ann = await stack.screen('ann')
  const gone = await stack.screen('bob')
  const [annNumber, bobNumber] = [stack.number('ann'), stack.number('bob')]
  const { place } = await accept(stack, ['ann', 'bob'], {
    format: 'imkit',
    json: '{"messageType":"text","message":"hello"}',
    text: 'hello',
  })
  await expect.poll(() => [ann, gone].map(({ messages }) => messages.length)).toEqual([1, 1])
  expect(stack.engines.index.delivered(annNumber)).toBe(0)
  gone.end()
  await expect
    .poll(() => stack.engines.index.delivered(annNumber), { timeout: 10_000 })
    .toBeGreaterThanOrEqual(place * 512)
  expect(stack.engines.index.delivered(bobNumber)).toBe(0)
}, 15_000)

function accept(stack: LiveStack, to: readonly string[], content: Content, traits = 0) {
  return stack.door.pipeline.accept({
    sender: stack.number('shop') || stack.number('bob'),
    recipients: Int32Array.from(to, (id) => stack.number(id)),
    failures: [],
    content,
    traits,
    lifetimeSeconds: null,
    seq: null,
    random: 0,
    contentCrc: 0,
    push: null,
  })
}
