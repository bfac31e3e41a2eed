import { rmSync } from 'node:fs'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import { clientHeaders, imkit } from '../lib/imkit.ts'
import { keys, newFolder, startServer, type TestServer } from '../lib/server.ts'
import type { Json } from './door.ts'

async function clientsOf(server: TestServer, ...ids: string[]): Promise<void> {
  for (const _id of ids) await imkit(server, 'POST', '/admin/clients', { _id })
}

const asBob = { 'im-api-key': keys.CARILLON_API_KEY, 'im-client-id': 'bob' }

test('what TIM sent with NoLastMsg is no last message, after a restart neither', async () => {
  const folder = newFolder()
  const room = directRoomId('ann', 'bob')
  let headers: Record<string, string> = {}
  const lastOfBob = async (server: TestServer): Promise<Json> => {
    const { data } = await imkit(server, 'GET', '/rooms', undefined, headers)
    return (data as Json)[0]
  }
  {
    await using server = await startServer({ folder })
    await clientsOf(server, 'ann')
    const bob = { _id: 'bob', issueAccessToken: true }
    const { token } = await imkit(server, 'POST', '/admin/clients', bob)
    headers = clientHeaders(String(token))
    for (const [i, SendMsgControl] of [[], ['NoLastMsg']].entries()) {
      const MsgBody = [{ MsgType: 'TIMTextElem', MsgContent: { Text: `text ${i}` } }]
      const answer = await server.tim('openim/batchsendmsg', {
        From_Account: 'ann',
        To_Account: ['bob'],
        MsgRandom: i,
        MsgBody,
        SendMsgControl,
      })
      expect(answer).toMatchObject({ ActionStatus: 'OK' })
    }
    const last = { _id: room, unread: 2, lastMessage: { message: 'text 0' } }
    expect(await lastOfBob(server)).toMatchObject(last)
  }
  {
    await using again = await startServer({ folder })
    expect(await lastOfBob(again)).toMatchObject({ unread: 2, lastMessage: { message: 'text 0' } })
  }
  rmSync(folder, { recursive: true })
})

test('badges before a time are what the times of the messages say', async () => {
  await using server = await startServer()
  await clientsOf(server, 'ann', 'bob')
  const room = { _id: 'r', roomTags: ['x'], members: ['ann', 'bob'] }
  await imkit(server, 'POST', '/rooms', room)
  const times: number[] = []
  for (let i = 0; i < 30; i += 1) {
    const message = { room: 'r', sender: 'ann', messageType: 'text', message: `m${i}` }
    times.push(Number((await imkit(server, 'POST', '/messages', message)).messageTimeMS))
  }
  for (const time of times) {
    const beforeTime = new Date(time).toISOString()
    const badges = await imkit(server, 'POST', '/badges/byRoomTagsAndTime', { beforeTime }, asBob)
    const older = times.filter((each) => each < time).length
    expect(badges).toEqual({ totalBadge: older, data: { x: older } })
  }
})

test('a socket ends with its token, by the clock on the wall', async () => {
  await using server = await startServer()
  await clientsOf(server, 'ann')
  const bound = { token: 'short', expirationDate: Date.now() + 60_000 }
  await imkit(server, 'PUT', '/admin/clients/ann/token', bound)
  const socket = io(server.url, { transports: ['websocket'], forceNew: true })
  const ended = new Promise((resolve) => socket.once('disconnect', resolve))
  const answer = await socket.timeout(5000).emitWithAck('auth', 'short')
  expect(answer).toMatchObject({ RC: 0, result: { client: 'ann' } })
  const soon = { token: 'short', expirationDate: Date.now() + 200 }
  await imkit(server, 'PUT', '/admin/clients/ann/token', soon)
  expect(await ended).toBe('io server disconnect')
  expect(Date.now()).toBeGreaterThanOrEqual(soon.expirationDate)
  socket.disconnect()
})

test('a reply comes on a socket with the message that it replies to', async () => {
  await using server = await startServer()
  const ann = { _id: 'ann', issueAccessToken: true }
  const { token } = await imkit(server, 'POST', '/admin/clients', ann)
  await imkit(server, 'POST', '/rooms', { _id: 'r', members: ['ann'] })
  const socket = io(server.url, { transports: ['websocket'], forceNew: true })
  await socket.timeout(5000).emitWithAck('auth', token)
  const heard: Json[] = []
  socket.on('chat message', (message) => heard.push(message))
  const say = (body: object) =>
    imkit(server, 'POST', '/rooms/r/message', body, clientHeaders(String(token)))
  const { _id: reply } = await say({ message: 'question' })
  const answer = await say({ message: 'answer', reply })
  const edit = await say({ _id: answer._id, message: 'other answer' })
  await expect.poll(() => heard.length).toBe(3)
  expect(answer).toMatchObject({ reply: { _id: reply, message: 'question' } })
  expect(heard.slice(1)).toEqual([answer, edit])
  socket.disconnect()
})

test('a path that nobody serves is answered in the envelope', async () => {
  await using server = await startServer({})
  for (const path of ['/', '/nothing/here', '/roomsy', '/favicon.ico']) {
    const response = await fetch(`${server.url}${path}`, { headers: { 'im-api-key': 'wrong' } })
    const error = { code: 'NOT_FOUND', message: `nothing is served at ${path}` }
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ RC: 404, RM: error.message, error })
  }
})
