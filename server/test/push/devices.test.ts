import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { KnownDevice } from '../../src/domain/device.ts'
import {
  secrets as imkitSecrets,
  type Json,
  openDoor,
  type TestDoor,
  withToken,
} from '../imkit/door.ts'
import { openStack, type Stack, secrets } from '../live/stack.ts'

const keys = { p256dh: `B${'a'.repeat(86)}`, auth: 'b'.repeat(22) }
const endpoint = 'https://push.example/abc'

async function native(
  { url }: Stack,
  method: string,
  path: string,
  { credential = secrets.apiKey, body }: { credential?: string; body?: unknown } = {},
) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${credential}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, json: (await response.json()) as Json }
}

test('an account registers, lists and forgets its devices', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const credential = await stack.token('ann')
  const device = {
    id: 'phone 1',
    way: 'fcm',
    app: 'demo',
    locale: 'zh-TW',
    timeZone: 'Asia/Taipei',
  }
  const body = { ...device, token: 'secret-token' }
  const known = { account: 'ann', ...device, registeredAt: expect.any(Number) }
  const posted = await native(stack, 'POST', '/v1/devices', { credential, body })
  expect(posted).toEqual({ status: 200, json: known })
  const listed = await native(stack, 'GET', '/v1/devices', { credential })
  expect(listed.json).toEqual({ devices: [known] })
  const path = `/v1/devices/fcm/${encodeURIComponent('phone 1')}`
  expect((await native(stack, 'DELETE', path, { credential })).json).toEqual({ isRemoved: true })
  expect((await native(stack, 'DELETE', path, { credential })).json).toEqual({ isRemoved: false })
  expect((await native(stack, 'GET', '/v1/devices', { credential })).json).toEqual({ devices: [] })
})

test('the platform names the account', async () => {
  await using stack = await openStack()
  await stack.accounts('ann', 'bob')
  const body = { id: 'p', way: 'print', token: 't' }
  expect(await native(stack, 'POST', '/v1/devices', { body })).toMatchObject({ status: 400 })
  const mine = await native(stack, 'POST', '/v1/devices?account=ann', { body })
  expect(mine.json).toMatchObject({ account: 'ann' })
  const others = await native(stack, 'DELETE', '/v1/devices/print/p?account=bob')
  expect(others.json).toEqual({ isRemoved: false })
  const listed = await native(stack, 'GET', '/v1/devices?account=ann')
  expect(listed.json.devices).toHaveLength(1)
})

test('a device moves to whoever registers it last', async () => {
  await using stack = await openStack()
  await stack.accounts('ann', 'bob')
  const body = { id: 'p', way: 'apns', token: 't' }
  await native(stack, 'POST', '/v1/devices?account=ann', { body })
  await native(stack, 'POST', '/v1/devices?account=bob', { body })
  expect((await native(stack, 'GET', '/v1/devices?account=ann')).json.devices).toEqual([])
  expect((await native(stack, 'GET', '/v1/devices?account=bob')).json.devices).toHaveLength(1)
})

test('a browser has a URL and keys', async () => {
  await using stack = await openStack()
  const [ann] = await stack.accounts('ann')
  const body = { id: 'tab', way: 'web', token: endpoint, keys }
  const { status } = await native(stack, 'POST', '/v1/devices?account=ann', { body })
  expect(status).toBe(200)
  expect(stack.engines.directory.devices(ann!)).toMatchObject([{ token: endpoint, keys }])
})

test.each([
  ['id', { id: '' }],
  ['id', { id: 'x'.repeat(257) }],
  ['id', { id: 'a\u0000b' }],
  ['way', { way: 'pigeon' }],
  ['token', { token: '' }],
  ['token', { token: 'a b' }],
  ['token', { token: 'x'.repeat(4097) }],
  ['token', { token: 7 }],
  ['keys', { keys }],
  ['app', { app: 'x'.repeat(201) }],
  ['locale', { locale: 5 }],
  ['timezone', { timezone: 'UTC' }],
  ['token', { way: 'web', token: 'http://push.example/abc', keys }],
  ['token', { way: 'web', token: `https://push.example/${'x'.repeat(2048)}`, keys }],
  ['keys', { way: 'web', token: endpoint }],
  ['keys', { way: 'web', token: endpoint, keys: { ...keys, auth: 'short' } }],
  ['keys', { way: 'web', token: endpoint, keys: { ...keys, p256dh: 'x'.repeat(87) } }],
])('a wrong %s is said: %j', async (field, change) => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const body = { id: 'p', way: 'fcm', token: 't', ...change }
  const answer = await native(stack, 'POST', '/v1/devices?account=ann', { body })
  expect(answer).toMatchObject({ status: 400, json: { error: { code: 'invalidRequest', field } } })
})

test('who is logged out while the body comes registers nothing', async () => {
  await using stack = await openStack()
  const body = JSON.stringify({ id: 'p', way: 'fcm', token: 't' })
  const posting = request(`${stack.url}/v1/devices`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.userSig('ann')}`, 'content-length': body.length },
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    posting.once('response', resolve).once('error', reject)
  })
  posting.write(body.slice(0, 10))
  // Looking at the UserSig has made the account known.
  await expect.poll(() => stack.number('ann')).not.toBe(0)
  const ann = stack.number('ann')
  await stack.pipeline.revoke(ann, Math.floor(Date.now() / 1000))
  posting.end(body.slice(10))
  const answer = await answered
  expect(answer.statusCode).toBe(401)
  expect(await text(answer)).toContain('unauthorized')
  expect(stack.engines.directory.devices(ann)).toEqual([])
})

test('a path of devices is served with its methods alone', async () => {
  await using stack = await openStack()
  const { status, json } = await native(stack, 'PUT', '/v1/devices')
  expect(status).toBe(405)
  expect(json.error.message).toContain('GET, POST')
})

/** Way, id and token of the devices of a client. */
function devicesOf(door: TestDoor, id: string): string[] {
  const devices: KnownDevice[] = door.engines.directory.devices(door.number(id))
  return devices.map(({ way, id, token }) => `${way} ${id} ${token}`)
}

test.each([
  ['ios', 'token-1', 'apns'],
  ['ios-voip', 'token-1', 'apns-voip'],
  ['android', 'token-1', 'fcm'],
  ['fcm', 'token-1', 'fcm'],
  ['web', 'token-1', 'fcm'],
])('IMKIT: type %s with %s is reached by %s', async (type, token, way) => {
  await using door = await openDoor({ accounts: ['ann'] })
  const row = { type, token, deviceId: 'phone' }
  const { result } = await door.as('ann', 'POST', '/me/subscribe', row)
  expect(result).toEqual({ _id: `${type}:phone`, id: `${type}:phone`, client: 'ann', ...row })
  expect(devicesOf(door, 'ann')).toEqual([`${way} phone ${token}`])
  const gone = await door.as('ann', 'POST', '/me/unsubscribe', row)
  expect(gone.result).toEqual({ n: 1, ok: 1 })
  const again = await door.as('ann', 'POST', '/me/unsubscribe', row)
  expect(again.result).toEqual({ n: 0, ok: 1 })
})

test('IMKIT: the subscription of a browser is reached without FCM', async () => {
  await using door = await openDoor({ accounts: ['ann'] })
  const token = JSON.stringify({ endpoint, expirationTime: null, keys })
  const row = { type: 'web', token, deviceId: 'tab' }
  await door.as('ann', 'POST', '/me/subscribe', row)
  expect(devicesOf(door, 'ann')).toEqual([`web tab ${endpoint}`])
  const { result } = await door.as('ann', 'POST', '/me/unsubscribe', row)
  expect(result).toEqual({ n: 1, ok: 1 })
})

test('IMKIT: a token that is another one is not taken away', async () => {
  await using door = await openDoor({ accounts: ['ann'] })
  const row = { type: 'fcm', token: 'new', deviceId: 'phone' }
  await door.as('ann', 'POST', '/me/subscribe', row)
  const { result } = await door.as('ann', 'POST', '/me/unsubscribe', { ...row, token: 'old' })
  expect(result).toEqual({ n: 0, ok: 1 })
})

test('IMKIT: the platform subscribes for a client, and a client for nobody else', async () => {
  await using door = await openDoor({ accounts: ['ann', 'bob'] })
  const row = { type: 'fcm', token: 't', deviceId: 'phone', clientId: 'bob' }
  expect(await door.as('ann', 'POST', '/me/subscribe', row)).toMatchObject({
    status: 403,
    code: 'INSUFFICIENT_PERMISSIONS',
  })
  const { result } = await door.platform('POST', '/me/subscribe', row)
  expect(result).toMatchObject({ client: 'bob' })
  expect(devicesOf(door, 'bob')).toEqual(['fcm phone t'])
})

test.each([
  [{ type: undefined }, 'MISSING_PARAMETER'],
  [{ type: 'pigeon' }, 'INVALID_REQUEST'],
  [{ token: undefined }, 'MISSING_PARAMETER'],
  [{ token: 'a b' }, 'INVALID_REQUEST'],
  [{ deviceId: undefined }, 'MISSING_PARAMETER'],
  [{ deviceId: 'x'.repeat(300) }, 'INVALID_REQUEST'],
  [{ type: 'web', token: '{' }, 'INVALID_REQUEST'],
  [{ type: 'web', token: '{"endpoint":"http://127.0.0.1/","keys":{}}' }, 'INVALID_REQUEST'],
  [{ type: 'web', token: JSON.stringify({ endpoint, keys: { p256dh: 1 } }) }, 'INVALID_REQUEST'],
])('IMKIT: a subscription with %j is refused', async (change, code) => {
  await using door = await openDoor({ accounts: ['ann'] })
  const row = { type: 'fcm', token: 't', deviceId: 'phone', ...change }
  expect(await door.as('ann', 'POST', '/me/subscribe', row)).toMatchObject({ status: 400, code })
})

test('IMKIT: logging out takes the device along, and the others when it is they who log out', async () => {
  await using door = await openDoor({ accounts: ['ann'] })
  const headers = { ...withToken(await door.token('ann')), 'IM-Device-ID': 'phone' }
  for (const deviceId of ['phone', 'tablet']) {
    const body = { type: 'fcm', token: `t-${deviceId}`, deviceId }
    await door.call('POST', '/me/subscribe', headers, body)
  }
  await door.call('POST', '/me/logout-others', headers)
  expect(devicesOf(door, 'ann')).toEqual(['fcm phone t-phone'])
  await door.call('POST', '/me/subscribe', headers, { type: 'ios', token: 'x' })
  expect(devicesOf(door, 'ann')).toHaveLength(2)
  await door.call('POST', '/me/logout', headers)
  expect(devicesOf(door, 'ann')).toEqual([])
})

test('IMKIT: a client mutes rooms and hears of it', async () => {
  await using door = await openDoor({ accounts: ['ann', 'bob'] })
  const room = { _id: 'vip', roomType: 'group', members: ['ann'] }
  await door.platform('POST', '/rooms', room)
  expect((await door.as('ann', 'GET', '/me')).result).toMatchObject({
    mute: [],
    notificationEnabled: true,
  })
  for (let i = 0; i < 2; i += 1) {
    const { result } = await door.as('ann', 'POST', '/me/mute/vip')
    expect(result.mute).toEqual(['vip'])
  }
  expect((await door.as('ann', 'GET', '/rooms/vip')).result.muted).toBe(true)
  expect(await door.as('ann', 'POST', '/me/mute/nowhere')).toMatchObject({ status: 404 })
  expect(await door.as('bob', 'POST', '/me/mute/vip')).toMatchObject({ status: 403 })
  for (let i = 0; i < 2; i += 1) {
    const { result } = await door.as('ann', 'DELETE', '/me/mute/vip')
    expect(result.mute).toEqual([])
  }
  expect((await door.as('ann', 'GET', '/rooms/vip')).result.muted).toBe(false)
})

test('IMKIT: the platform mutes a room for a client', async () => {
  await using door = await openDoor({ accounts: ['ann'] })
  await door.platform('POST', '/rooms', { _id: 'vip', roomType: 'group', members: ['ann'] })
  const path = '/admin/clients/ann/mute/vip'
  expect((await door.platform('POST', path)).result.mute).toEqual(['vip'])
  expect((await door.platform('DELETE', path)).result.mute).toEqual([])
  expect(await door.platform('DELETE', path)).toMatchObject({ status: 400, code: 'ROOM_NOT_MUTED' })
  const nobody = await door.platform('POST', '/admin/clients/zoe/mute/vip')
  expect(nobody).toMatchObject({ status: 404, code: 'CLIENT_NOT_FOUND' })
  const withKey = { 'IM-CLIENT-KEY': imkitSecrets.clientKey }
  expect((await door.call('POST', path, withKey)).status).toBe(401)
})

test('IMKIT: a client turns all notifications off, and on again', async () => {
  await using door = await openDoor({ accounts: ['ann'] })
  const off = await door.as('ann', 'POST', '/me/notification/disable')
  expect(off.result).toMatchObject({ _id: 'ann', notificationEnabled: false })
  const on = await door.as('ann', 'POST', '/me/notification/enable')
  expect(on.result).toMatchObject({ notificationEnabled: true })
})

test('IMKIT: mutes at once do not lose one another', async () => {
  await using door = await openDoor({ accounts: ['ann'] })
  const rooms = Array.from({ length: 10 }, (_, i) => `room-${i}`)
  for (const _id of rooms) {
    await door.platform('POST', '/rooms', { _id, roomType: 'group', members: ['ann'] })
  }
  await door.token('ann')
  await Promise.all(rooms.map((id) => door.platform('POST', `/admin/clients/ann/mute/${id}`)))
  expect((await door.as('ann', 'GET', '/me')).result.mute.toSorted()).toEqual(rooms)
})
