import type { Random } from '../lib/random.ts'
import { keys } from '../lib/server.ts'
import type { FuzzRequest } from './requests.ts'
import { bodyBytes, mutated } from './values.ts'

const ID = '000100000000000000000000'

const template = {
  sender: 'ann',
  messageType: 'text',
  message: 'Hello $name$, $no$',
  extra: { links: ['https://shop.example/o/$no$'], $name$: 1 },
  push: true,
  skipTotalBadge: false,
  paras: [
    { receiver: 'bob', $name$: 'Bob', $no$: 7 },
    { room: 'crew', $name$: 'all', $no$: true },
    { receiver: 'nobody' },
  ],
}

/** A valid call for every route: what a mutation begins with. */
const calls: readonly [string, string, unknown][] = [
  ['POST', '/messages/batch', template],
  ['POST', '/messages/batch', template],
  ['GET', `/messages/batch?batchID=${ID.slice(0, 16)}ffffffff&skip=0&limit=10`, undefined],
  ['POST', '/admin/clients', { _id: 'ann', nickname: 'Ann', isRobot: false, mute: ['crew'] }],
  ['POST', '/admin/clients/list', { data: [{ _id: 'bob', nickname: 'B', avatarUrl: 'x' }] }],
  ['PUT', '/admin/clients/ann/token', { token: 't', expirationDate: '2099-01-01T00:00:00Z' }],
  ['DELETE', '/admin/clients/ann/token', { token: 't' }],
  ['POST', '/auths/sign/v2', { id: 'cleo', nickname: 'Cleo' }],
  ['GET', '/auths/token?size=16', undefined],
  ['POST', '/rooms', { _id: 'crew', roomType: 'group', members: ['ann', 'bob'], roomTags: ['a'] }],
  ['POST', '/rooms', { roomType: 'direct', members: ['ann', 'cleo'] }],
  ['POST', '/rooms/createAndJoin', { roomType: 'direct', invitee: 'bob' }],
  ['GET', '/rooms?q={"members":"ann","roomTags":{"$in":["a"]}}&sort=-lastMessage', undefined],
  ['GET', '/rooms/crew', undefined],
  ['PUT', '/rooms/crew', { name: 'Crew', status: 1, owner: 'ann', managers: ['bob'] }],
  ['POST', '/rooms/crew/members', { invitees: ['cleo'], systemMessage: true }],
  ['POST', '/rooms/crew/delete/members', { members: ['cleo'], systemMessage: true }],
  ['POST', '/rooms/crew/join', undefined],
  ['POST', '/messages', { room: 'crew', sender: 'ann', messageType: 'text', message: 'hi' }],
  ['POST', '/rooms/crew/message', { messageType: 'image', originalUrl: 'x', mentions: ['bob'] }],
  ['POST', '/rooms/crew/message', { _id: ID, message: 'edited' }],
  ['POST', '/rooms/crew/message', { _id: ID, messageType: 'recall' }],
  ['GET', `/rooms/crew/messages/v3?limit=5&beforeMessage=${ID}&sortOrder=desc`, undefined],
  ['GET', `/rooms/crew/messages?limit=5&beforeMessage=${ID}&q=hi`, undefined],
  ['PUT', '/rooms/crew/lastRead', { message: ID }],
  ['POST', '/rooms/crew/typing', { message: 'writing' }],
  ['GET', '/me', undefined],
  ['POST', '/me', { nickname: 'Ann', email: 'a@b.c' }],
  ['GET', '/me/badge?roomTags=a&roomTags=b', undefined],
  ['POST', '/badges/byRoomTags', { tags: ['a'] }],
  ['POST', '/blockStatus/my/cleo', undefined],
  ['DELETE', '/blockStatus/my/cleo', undefined],
  ['POST', '/me/subscribe', { type: 'fcm', token: 'abc', deviceId: 'd1', clientId: 'ann' }],
  ['POST', '/me/unsubscribe', { type: 'fcm', deviceId: 'd1', clientId: 'ann' }],
  ['POST', '/push/push2clients', { clients: ['ann'], payload: { title: 't', body: 'b' } }],
  ['POST', '/me/mute/crew', undefined],
  ['DELETE', '/me/mute/crew', undefined],
]

/** With the platform's key, which may also act for a client. */
export function imkitRequest(random: Random): FuzzRequest {
  const [method, path, body] = random.pick(calls)
  const headers: Record<string, string> = {
    'im-api-key': keys.CARILLON_API_KEY,
    'content-type': 'application/json',
  }
  if (random.below(2) === 0) headers['im-client-id'] = random.pick(['ann', 'bob', 'nobody', ''])
  if (random.below(5) === 0) headers['idempotency-key'] = random.pick(['k', '', 'x'.repeat(300)])
  const bytes = body === undefined ? Buffer.alloc(0) : bodyBytes(random, mutated(random, body))
  return { method, path, headers, body: bytes }
}

/** What a client says over Socket.IO: Engine.IO packets as text. */
export function anyPacket(random: Random): Buffer {
  const event = random.pick<readonly unknown[]>([
    ['conf', { encoding: 'base64' }],
    ['auth2', 'token', { CLIENT_KEY: keys.CARILLON_CLIENT_KEY, Authorization: 'token' }],
    ['auth', 'token'],
    ['chat message', { room: 'crew', messageType: 'text', message: 'hi' }],
    ['chat message', { room: 'crew', _id: ID, messageType: 'recall' }],
    ['typing', 'crew', 'writing'],
  ])
  const prefix = random.pick(['40', '42', '420', '42', '421', '43', '41', '451-', '2', '3', '6'])
  return Buffer.concat([Buffer.from(prefix), bodyBytes(random, mutated(random, event))])
}
