import { expect, test } from 'vitest'
import { secrets } from './door.ts'
import { openLiveStack } from './live-stack.ts'
import type { Screen } from './screen.ts'

test.each([
  ['CLIENT_KEY', 'Authorization'],
  ['IM-CLIENT-KEY', 'IM-Authorization'],
])('auth2 takes a token and headers named %s and %s', async (keyName, tokenName) => {
  await using stack = await openLiveStack()
  const socket = await stack.socket()
  const token = await stack.token('ann')
  const headers = { [keyName]: secrets.clientKey, [tokenName]: token }
  expect(await socket.ask('auth2', token, headers)).toEqual({
    RC: 0,
    RM: 'OK',
    result: { client: 'ann' },
  })
  expect(stack.terminals.isOpen(stack.number('ann'))).toBe(true)
})

test.each(['auth', 'auth2'])('%s takes the id of a device beside the token', async (event) => {
  await using stack = await openLiveStack()
  const socket = await stack.socket()
  const answer = await socket.ask(event, await stack.token('ann'), 'device-1')
  expect(answer).toMatchObject({ RC: 0, result: { client: 'ann' } })
})

test.each([
  ['no client key', {}],
  ['a wrong one', { CLIENT_KEY: 'wrong' }],
])('auth asks for no client key, whether headers have %s', async (_, keys) => {
  await using stack = await openLiveStack()
  const socket = await stack.socket()
  const token = await stack.token('ann')
  const answer = await socket.ask('auth', token, { ...keys, Authorization: token })
  expect(answer).toMatchObject({ RC: 0, result: { client: 'ann' } })
})

test('nobody has to ask for an acknowledgement', async () => {
  await using stack = await openLiveStack({}, ['bob'])
  const socket = await stack.socket()
  const token = await stack.token('ann')
  socket.socket.emit('auth2', token, { CLIENT_KEY: secrets.clientKey, Authorization: token })
  await expect.poll(() => stack.terminals.isOpen(stack.number('ann'))).toBe(true)
  await stack.platform('POST', '/messages/batch', {
    sender: 'bob',
    message: 'hello',
    paras: [{ receiver: 'ann' }],
  })
  await expect.poll(() => socket.messages.length).toBe(1)
})

test.each([
  ['a token that nobody gave out', ['nonsense', { CLIENT_KEY: secrets.clientKey }], 401],
  ['no token', ['', { CLIENT_KEY: secrets.clientKey }], 401],
  ['nothing', [], 401],
  ['a token of another kind', [{ token: 1 }, { CLIENT_KEY: secrets.clientKey }], 401],
  ['a wrong client key', ['nonsense', { CLIENT_KEY: 'wrong' }], 403],
  ['headers without a client key', ['nonsense', {}], 403],
])('auth2 with %s is refused, and may be tried again', async (_, values, code) => {
  await using stack = await openLiveStack()
  const socket = await stack.socket()
  const answer = await socket.ask('auth2', ...values)
  expect(answer).toMatchObject({ RC: code, RM: expect.any(String), error: {} })
  expect(await socket.ask('auth', await stack.token('ann'))).toMatchObject({ RC: 0 })
})

test('a refused auth2 that nobody asked about ends the socket, which does not come back', async () => {
  await using stack = await openLiveStack()
  const socket = await stack.socket({ reconnects: true })
  const why = new Promise((resolve) => socket.socket.once('disconnect', resolve))
  socket.socket.emit('auth2', 'nonsense', { CLIENT_KEY: secrets.clientKey })
  expect(await why).toBe('io server disconnect')
  expect(stack.closed).toEqual(['unauthorized'])
})

test('a socket that does not say who it is is ended', async () => {
  await using stack = await openLiveStack({ CARILLON_SOCKET_AUTH_SECONDS: '1' })
  const silent = await stack.socket()
  const named = await stack.screen('ann')
  const ended = new Promise((resolve) => silent.socket.once('disconnect', resolve))
  expect(await ended).toBe('transport close')
  expect(stack.closed).toEqual(['silent'])
  expect(named.socket.connected).toBe(true)
})

test('a token that is taken back ends the sockets that came with it, and no others', async () => {
  await using stack = await openLiveStack()
  const [socket, other] = [await stack.socket({ reconnects: true }), await stack.screen('ann')]
  const token = await stack.token('ann')
  await socket.ask('auth', token)
  const ended = new Promise((resolve) => socket.socket.once('disconnect', resolve))
  await stack.platform('DELETE', '/admin/clients/ann/token', { token })
  expect(await ended).toBe('io server disconnect')
  expect(other.socket.connected).toBe(true)
})

test('before auth2, everything else is answered with 401', async () => {
  await using stack = await openLiveStack()
  const socket = await stack.socket()
  const answer = await socket.ask('chat message', { room: 'r', messageType: 'text', message: 'x' })
  expect(answer).toMatchObject({ RC: 401, error: { code: 'UNAUTHORIZED' } })
})

test('a client shows when it last came live', async () => {
  await using stack = await openLiveStack({}, ['ann'])
  expect((await stack.platform('GET', '/admin/clients/ann')).lastLoginTimeMS).toBe(0)
  const before = Date.now()
  await stack.screen('ann')
  const { lastLoginTime, lastLoginTimeMS } = await stack.platform('GET', '/admin/clients/ann')
  expect(lastLoginTimeMS).toBeGreaterThanOrEqual(before)
  expect(Date.parse(lastLoginTime)).toBe(lastLoginTimeMS)
})

test('a socket has one client', async () => {
  await using stack = await openLiveStack()
  const screen = await stack.screen('ann')
  expect(await screen.ask('auth', await stack.token('ann'))).toMatchObject({ RC: 0 })
  expect(await screen.ask('auth', await stack.token('bob'))).toMatchObject({ RC: 400 })
})

test('conf chooses between plain and base64, and refuses what is neither', async () => {
  await using stack = await openLiveStack()
  const socket = await stack.socket()
  expect(await socket.ask('conf', { encoding: 'custom' })).toMatchObject({ RC: 400 })
  expect(await socket.ask('conf', {})).toMatchObject({ RC: 0 })
  const packed = await socket.ask('conf', { encoding: 'base64' })
  expect(JSON.parse(Buffer.from(packed, 'base64').toString())).toMatchObject({ RC: 0 })
})

test.each(['plain', 'base64'] as const)('two people talk, with %s sockets', async (encoding) => {
  await using stack = await openLiveStack()
  const ann = await stack.screen('ann', { encoding })
  const bob = await stack.screen('bob', { encoding })
  const { _id: room } = await stack.as('ann', 'POST', '/rooms/createAndJoin', {
    roomType: 'direct',
    invitee: 'bob',
  })

  const answer = await ann.ask('chat message', { room, messageType: 'text', message: 'hellö 🔔' })
  // The acknowledgement is plain, whatever the socket asked for.
  expect(answer).toMatchObject({ RC: 0, RM: 'OK', result: { room, message: 'hellö 🔔' } })
  await expect.poll(() => [ann, bob].map((each) => each.messages.length)).toEqual([1, 1])
  expect(bob.messages[0]).toEqual(answer.result)
  expect(ann.messages[0]).toEqual(answer.result)

  await stack.as('bob', 'PUT', `/rooms/${room}/lastRead`, { message: answer.result._id })
  const read = { roomID: room, memberID: 'bob', messageID: answer.result._id }
  await expect.poll(() => ann.all('lastRead')).toContainEqual(read)
  await expect.poll(() => bob.all('lastRead')).toContainEqual(read)

  bob.socket.emit('typing', room, 'hel')
  await expect
    .poll(() => ann.all('typing'))
    .toEqual([
      {
        room,
        sender: 'bob',
        message: 'hel',
        senderInfo: expect.objectContaining({ _id: 'bob', id: 'bob', isRobot: false }),
      },
    ])
  // Some clients write null where there is no text.
  bob.socket.emit('typing', room, null)
  await expect.poll(() => ann.all('typing')[1]).toMatchObject({ room, sender: 'bob', message: '' })
  expect(bob.all('typing')).toEqual([])
})

test('an edit and a recall come as the message they change, to both', async () => {
  await using stack = await openLiveStack()
  const screens = [await stack.screen('ann'), await stack.screen('bob')] as const
  const [ann] = screens
  const members = { roomType: 'direct', invitee: 'bob' }
  const { _id: room } = await stack.as('ann', 'POST', '/rooms/createAndJoin', members)
  const { result: sent } = await ann.ask('chat message', { room, message: 'hello' })
  const edited = await ann.ask('chat message', { room, _id: sent._id, message: 'goodbye' })
  expect(edited).toMatchObject({ RC: 0, result: { _id: sent._id, message: 'goodbye' } })
  const recalled = await ann.ask('chat message', { room, _id: sent._id, messageType: 'recall' })
  expect(recalled).toMatchObject({ RC: 0, result: { messageType: 'recall', message: '' } })
  for (const screen of screens) {
    await expect.poll(() => screen.messages.length).toBe(3)
    expect(screen.messages).toEqual([sent, edited.result, recalled.result])
  }
})

test('many messages at once are all taken, in order', async () => {
  await using stack = await openLiveStack()
  const bot = await stack.screen('bot')
  const ann = await stack.screen('ann')
  const members = { roomType: 'direct', invitee: 'ann' }
  const { _id: room } = await stack.as('bot', 'POST', '/rooms/createAndJoin', members)
  const texts = Array.from({ length: 500 }, (_, i) => `answer ${i}`)
  const answers = await Promise.all(
    texts.map((message) => bot.ask('chat message', { room, message })),
  )
  expect(answers.map(({ RC }) => RC)).toEqual(texts.map(() => 0))
  await expect.poll(() => ann.messages.map(({ message }) => message)).toEqual(texts)
})

test('who is no member is told so, and so is who names no room that is there', async () => {
  await using stack = await openLiveStack({}, ['bob', 'cleo'])
  const ann = await stack.screen('ann')
  await stack.platform('POST', '/rooms', { _id: 'club', roomType: 'group', members: ['bob'] })
  for (const room of ['club', 'nowhere']) {
    const answer = await ann.ask('chat message', { room, message: 'hello' })
    expect(answer).toMatchObject({ RC: 403, error: { code: 'NOT_ROOM_MEMBER' } })
  }
  const answer = await ann.ask('chat message', { message: 'hello' })
  expect(answer).toMatchObject({ RC: 400, error: { code: 'MISSING_PARAMETER' } })
})

test.each(['plain', 'base64'] as const)(
  'a reply comes on %s sockets with the message that it replies to, of its room alone',
  async (encoding) => {
    await using stack = await openLiveStack({}, ['cleo'])
    const [ann, bob] = [
      await stack.screen('ann', { encoding }),
      await stack.screen('bob', { encoding }),
    ]
    await stack.platform('POST', '/rooms', { _id: 'club', members: ['ann', 'bob'] })
    await stack.platform('POST', '/rooms', { _id: 'secret', members: ['cleo'] })
    const secret = await stack.as('cleo', 'POST', '/rooms/secret/message', { message: 'hush' })
    const say = async (message: object) =>
      (await ann.ask('chat message', { room: 'club', ...message })).result
    const { _id: reply } = await say({ message: 'question' })
    const answer = await say({ message: 'answer', reply })
    expect(answer.reply).toMatchObject({ _id: reply, message: 'question' })
    const edit = await say({ _id: answer._id, message: 'other answer' })
    const others = [await say({ message: 'more', reply: answer._id })]
    others.push(await say({ message: 'peep', reply: secret._id }))
    others.push(await say({ message: 'odd', reply: 'nonsense' }))
    expect(others.map(({ reply }) => reply._id ?? reply)).toEqual([
      answer._id,
      secret._id,
      'nonsense',
    ])
    for (const screen of [ann, bob]) {
      await expect.poll(() => screen.messages.length).toBe(6)
      expect(screen.messages).toEqual(expect.arrayContaining([answer, edit, ...others]))
    }

    const batch = { message: 'all', reply, paras: [{ room: 'club' }] }
    await stack.platform('POST', '/messages/batch', batch)
    await expect.poll(() => bob.messages.length).toBe(7)
    expect(bob.messages.at(-1).reply).toBe(reply)
  },
)

test('members hear of a group that is made, of who comes, and those who go hear that too', async () => {
  await using stack = await openLiveStack({}, ['cleo'])
  const [ann, bob] = [await stack.screen('ann'), await stack.screen('bob', { encoding: 'base64' })]
  await stack.platform('POST', '/rooms', {
    _id: 'club',
    name: 'Clüb',
    roomType: 'group',
    members: ['ann', 'cleo'],
  })
  await expect.poll(() => ann.all('room').length).toBe(1)
  expect(ann.all('room')[0]).toMatchObject({
    _id: 'club',
    id: 'club',
    name: 'Clüb',
    roomType: 'group',
    lastMessage: null,
    unread: 0,
    isSuperuser: false,
    members: [{ _id: 'ann', clientType: 'user' }, { _id: 'cleo' }],
  })

  await stack.as('ann', 'POST', '/rooms/club/message', { message: 'hello' })
  await stack.as('ann', 'POST', '/rooms/club/members', { invitees: ['bob'] })
  await expect.poll(() => bob.all('room').length).toBe(1)
  expect(membersOf(bob)).toEqual(['ann', 'cleo', 'bob'])
  // What only the journal knows is left out: clients keep what they have.
  expect(bob.all('room')[0]).not.toHaveProperty('lastMessage')

  await stack.as('ann', 'POST', '/rooms/club/delete/members', { members: ['bob'] })
  await expect.poll(() => bob.all('room').length).toBe(2)
  expect(membersOf(bob)).toEqual(['ann', 'cleo'])

  await stack.platform('PUT', '/rooms/club', { name: 'Pub' })
  await expect.poll(() => ann.all('room').at(-1).name).toBe('Pub')
  expect(bob.all('room').length).toBe(2)
})

function membersOf(screen: Screen): string[] {
  return screen
    .all('room')
    .at(-1)
    .members.map(({ _id }: { _id: string }) => _id)
}

test('a stop ends every socket, and they come back', async () => {
  await using stack = await openLiveStack()
  const [ann, poller] = [
    await stack.screen('ann'),
    await stack.screen('bob', { transports: ['polling'] }),
  ]
  const ended = [ann, poller].map(
    ({ socket }) => new Promise((resolve) => socket.once('disconnect', resolve)),
  )
  stack.live.close()
  // Whoever is told to go does not come back by itself.
  expect(await Promise.all(ended)).not.toContain('io server disconnect')
  expect(stack.live.connections).toBe(0)
  await expect(stack.socket()).rejects.toThrow()
})
