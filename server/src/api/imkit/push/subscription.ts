/**
 * POST /me/subscribe and /me/unsubscribe: the device of a client that is to be
 * notified. There is one of each device id and way; whoever subscribes last has it.
 */
import type { Device, PushWay } from '../../../domain/device.ts'
import {
  areSubscriptionKeys,
  isDeviceId,
  isDeviceToken,
  isSubscriptionUrl,
} from '../../../domain/device-fields.ts'
import { Refusal } from '../answers.ts'
import { accountOf } from '../clients.ts'
import { headerOf } from '../credentials.ts'
import { type Fields, isObject, optionalText, text, unexpected } from '../fields.ts'
import type { Call, Client, Door, Route } from '../route.ts'

export const subscribe: Route = {
  method: 'POST',
  path: '/me/subscribe',
  access: 'client',
  async handle(call, door) {
    const account = subscriberOf(call, door)
    const type = text(call.body, 'type')
    const device = deviceOf(type, deviceIdOf(call), tokenIn(call.body))
    const { id } = await door.pipeline.registerDevice(account, device)
    const client = door.directory.id(account)
    const token = call.body.token
    const row = `${type}:${id}`
    return { _id: row, id: row, type, client, token, deviceId: id }
  },
}

/** Apps say this when they log out: what is not there is removed already. */
export const unsubscribe: Route = {
  method: 'POST',
  path: '/me/unsubscribe',
  access: 'client',
  async handle(call, door) {
    const account = subscriberOf(call, door)
    const id = deviceIdOf(call)
    const given = optionalText(call.body, 'token') || undefined
    const token = given === undefined ? undefined : (subscriptionIn(given)?.token ?? given)
    const match = token === undefined ? { account } : { account, token }
    const removed = await Promise.all(
      waysOf(text(call.body, 'type')).map((way) => door.pipeline.removeDevice(way, id, match)),
    )
    return { n: removed.filter((device) => device !== null).length, ok: 1 }
  },
}

/** By the type of a subscription. A browser has one of its own, or a token of FCM. */
const ways: ReadonlyMap<string, readonly PushWay[]> = new Map([
  ['ios', ['apns']],
  ['ios-voip', ['apns-voip']],
  ['android', ['fcm']],
  ['fcm', ['fcm']],
  ['web', ['web', 'fcm']],
])

export function waysOf(type: string): readonly PushWay[] {
  const found = ways.get(type)
  if (found !== undefined) return found
  throw unexpected('type', `one of ${[...ways.keys()].join(', ')}`, type)
}

/** A device by the words of this door. */
export function deviceOf(type: string, id: string, token: string): Device {
  const [way, otherWay = way] = waysOf(type) as [PushWay, PushWay?]
  const device = { id, token, keys: null, app: '', locale: '', timeZone: '' }
  if (way !== 'web') return { ...device, way }
  const subscription = subscriptionIn(token)
  return subscription === null ? { ...device, way: otherWay } : { ...device, way, ...subscription }
}

/** A push subscription of a browser, as its `toJSON` writes it; null: it is a token of FCM. */
function subscriptionIn(token: string): Pick<Device, 'token' | 'keys'> | null {
  if (!token.startsWith('{')) return null
  const { endpoint, keys } = parsed(token)
  if (typeof endpoint === 'string' && isSubscriptionUrl(endpoint) && isObject(keys)) {
    const { p256dh, auth } = keys
    if (typeof p256dh === 'string' && typeof auth === 'string') {
      if (areSubscriptionKeys({ p256dh, auth })) return { token: endpoint, keys: { p256dh, auth } }
    }
  }
  throw new Refusal('INVALID_REQUEST', `token: expected ${SUBSCRIPTION}, but something else came`)
}

const SUBSCRIPTION =
  'a push subscription with an https: `endpoint` and `keys` of p256dh and auth in base64url'

function parsed(json: string): Fields {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function subscriberOf({ caller, body }: Call<Client>, door: Door): number {
  const named = optionalText(body, 'clientId') || caller.id
  if (named === caller.id) return caller.account
  if (caller.token === null) return accountOf('clientId', named, door)
  const message = `clientId: expected ${JSON.stringify(caller.id)}, whose token came, or the API key`
  throw new Refusal('INSUFFICIENT_PERMISSIONS', message)
}

function deviceIdOf({ body, headers }: Call): string {
  const deviceId = optionalText(body, 'deviceId') || deviceIdIn(headers)
  const id = text({ deviceId }, 'deviceId')
  if (isDeviceId(id)) return id
  throw unexpected('deviceId', '1 to 256 bytes of UTF-8 without control characters', id)
}

/** The device that a call comes from, if it says so. */
export function deviceIdIn(headers: Call['headers']): string | undefined {
  const header = headerOf(headers, 'im-device-id')
  return header === undefined ? undefined : Buffer.from(header, 'latin1').toString()
}

/** Longer than a token may be, since it may be a whole subscription. */
function tokenIn(body: Fields): string {
  const token = text(body, 'token')
  if (token.startsWith('{') || isDeviceToken(token)) return token
  throw new Refusal(
    'INVALID_REQUEST',
    'token: expected 1 to 4096 visible ASCII characters, or a push subscription',
  )
}
