import { io, type Socket } from 'socket.io-client'
import { expect, test } from 'vitest'
import { clientHeaders, imkit } from './lib/imkit.ts'
import { startServer, type TestServer } from './lib/server.ts'

test('a template goes from one call to the screens of three people and a room, and is read through the other door', async () => {
  await using first = await startServer()

  // A shop, three customers and a room of two of them. Ann and bob look at their screens.
  for (const _id of ['shop', 'ann', 'bob', 'cleo']) {
    await imkit(first, 'POST', '/admin/clients', { _id, nickname: _id.toUpperCase() })
  }
  const members = ['ann', 'cleo']
  await imkit(first, 'POST', '/rooms', { _id: 'vip-lounge', roomType: 'group', members })
  using ann = await openScreen(first, 'ann', 'plain')
  using bob = await openScreen(first, 'bob', 'base64')

  // One call of the backend, with two patterns.
  const answer = await imkit(first, 'POST', '/messages/batch', {
    sender: 'shop',
    messageType: 'text',
    message: 'Hello $name$, parcel $no$ is on its way for $5',
    extra: { orderNo: '$no$', links: ['https://shop.example/o/$no$'] },
    paras: [
      { receiver: 'ann', $name$: 'Ann', $no$: 'A-17' },
      { receiver: 'bob', $name$: 'Bob', $no$: 'B-02' },
      { receiver: 'cleo', $name$: 'Cleo', $no$: 'C-30' },
      { room: 'vip-lounge', $name$: 'everybody', $no$: 'D-44' },
      { receiver: 'nobody', $name$: 'Nobody', $no$: 'E-51' },
    ],
  })
  expect(answer).toEqual({ batchID: expect.stringMatching(/^[0-9a-f]{24}$/), count: 5 })

  // It is on the screens that are open: to each their own, and the room's to its members.
  expect(await ann.next()).toMatchObject({
    message: 'Hello Ann, parcel A-17 is on its way for $5',
    extra: { orderNo: 'A-17', links: ['https://shop.example/o/A-17'] },
    sender: { _id: 'shop', nickname: 'SHOP' },
    batchID: answer.batchID,
  })
  expect(await ann.next()).toMatchObject({
    room: 'vip-lounge',
    message: 'Hello everybody, parcel D-44 is on its way for $5',
  })
  const onBobsScreen = await bob.next()
  expect(onBobsScreen).toMatchObject({ message: 'Hello Bob, parcel B-02 is on its way for $5' })

  // Cleo was away. Her rooms list both, unread; and the backend sees what became of each entry.
  const cleosRooms = await imkit(first, 'GET', '/rooms', undefined, await signIn(first, 'cleo'))
  expect(cleosRooms).toMatchObject({
    totalCount: 2,
    data: [
      { id: 'vip-lounge', unread: 1 },
      { roomType: 'direct', unread: 1 },
    ],
  })
  const status = `/messages/batch?batchID=${answer.batchID}`
  expect(await imkit(first, 'GET', status)).toMatchObject({
    status: 'done',
    total: 5,
    count: 4,
    failed: [{ index: 4, code: 'CLIENT_NOT_FOUND' }],
  })

  // The other door tells the same of it,
  const page = { Operator_Account: 'bob', Peer_Account: 'shop', MaxCnt: 10, MinTime: 0 }
  const history = { ...page, MaxTime: 4_000_000_000 }
  expect(await first.tim('openim/admin_getroammsg', history)).toMatchObject({
    MsgCnt: 1,
    MsgList: [
      {
        From_Account: 'shop',
        MsgBody: [
          {
            MsgType: 'TIMTextElem',
            MsgContent: { Text: 'Hello Bob, parcel B-02 is on its way for $5' },
          },
        ],
      },
    ],
  })

  // and counts what is read through it.
  const counters = { To_Account: 'bob', Peer_Account: ['shop'] }
  await first.tim('openim/admin_set_msg_read', { Report_Account: 'bob', Peer_Account: 'shop' })
  expect(await badgeOf(first, 'bob')).toBe(0)

  // When the plug is pulled everything is still there, in its counters too.
  await first.kill('SIGKILL')
  await using second = await startServer({ folder: first.folder })
  expect(await second.tim('openim/get_c2c_unread_msg_num', counters)).toMatchObject({
    C2CUnreadMsgNumList: [{ C2CUnreadMsgNum: 0 }],
  })
  expect(await badgeOf(second, 'cleo')).toBe(2)
  const room = `/rooms/${onBobsScreen.room}/messages/v3`
  expect(await imkit(second, 'GET', room)).toMatchObject({
    totalCount: 1,
    data: [{ _id: onBobsScreen._id, message: onBobsScreen.message }],
  })
})

async function signIn(server: TestServer, _id: string): Promise<Record<string, string>> {
  const client = { _id, issueAccessToken: true }
  const { token } = await imkit(server, 'POST', '/admin/clients', client)
  return clientHeaders(token as string)
}

async function badgeOf(server: TestServer, id: string): Promise<unknown> {
  return (await imkit(server, 'GET', '/me/badge', undefined, await signIn(server, id))).badge
}

/** A client's socket, in the order in which existing ones begin: `conf` if they want base64, then `auth2`. */
async function openScreen(server: TestServer, id: string, encoding: 'plain' | 'base64') {
  const headers = await signIn(server, id)
  const socket: Socket = io(server.url, { transports: ['websocket'], forceNew: true })
  const decode = (value: unknown) =>
    encoding === 'plain' ? value : JSON.parse(Buffer.from(value as string, 'base64').toString())
  const messages: Record<string, unknown>[] = []
  const waiting: ((message: Record<string, unknown>) => void)[] = []
  socket.on('chat message', (payload) => {
    const message = decode(payload) as Record<string, unknown>
    const first = waiting.shift()
    if (first === undefined) messages.push(message)
    else first(message)
  })
  if (encoding === 'base64') await socket.emitWithAck('conf', { encoding })
  const { 'im-authorization': Authorization, 'im-client-key': CLIENT_KEY } = headers
  const ack = await socket.emitWithAck('auth2', Authorization, { CLIENT_KEY, Authorization })
  expect(decode(ack)).toMatchObject({ RC: 0, result: { client: id } })
  return {
    next: (): Promise<Record<string, unknown>> => {
      const first = messages.shift()
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve))
    },
    [Symbol.dispose]: () => void socket.disconnect(),
  }
}
