/** /v1/devices: where an account is reached while no terminal of it is open. */
import type { Device, KnownDevice, PushWay } from '../../../domain/device.ts'
import {
  areSubscriptionKeys,
  isDeviceId,
  isDeviceToken,
  isSubscriptionUrl,
} from '../../../domain/device-fields.ts'
import type { Directory } from '../../../engines/directory.ts'
import {
  checkFields,
  described,
  FieldFault,
  type FieldKind,
  isObject,
  optional,
  shortText,
} from '../fields.ts'
import { bodyOf, type Call } from './route.ts'

const deviceId: FieldKind = {
  expected: 'a device id (1 to 256 bytes of UTF-8 without control characters)',
  isOf: (value) => typeof value === 'string' && isDeviceId(value),
}

/** The others lead to whoever listens for all accounts. */
const deviceWays: readonly PushWay[] = ['apns', 'apns-voip', 'fcm', 'web', 'print']

const way: FieldKind = {
  expected: `one of ${deviceWays.join(', ')}`,
  isOf: (value) => deviceWays.includes(value as PushWay),
}

const token: FieldKind = {
  expected: 'a token of 1 to 4096 visible ASCII characters',
  isOf: (value) => typeof value === 'string' && isDeviceToken(value),
  secret: true,
}

/** Of a web subscription. */
const webKinds = {
  token: {
    expected: 'the https: URL of a push subscription, of at most 2048 characters',
    isOf: (value: unknown) => typeof value === 'string' && isSubscriptionUrl(value),
    secret: true as const,
  },
  keys: {
    expected: 'the keys of a push subscription: {"p256dh", "auth"}, base64url',
    isOf: (value: unknown) =>
      isObject(value) &&
      typeof value.p256dh === 'string' &&
      typeof value.auth === 'string' &&
      areSubscriptionKeys({ p256dh: value.p256dh, auth: value.auth }),
    secret: true as const,
  },
}

const kinds = {
  id: deviceId,
  way,
  token,
  keys: optional({ expected: 'an object, of a web device', isOf: isObject }),
  app: optional(shortText(200)),
  locale: optional(shortText(64)),
  timeZone: optional(shortText(64)),
}

/** POST /v1/devices: registers one, or moves it here. */
export const postDevice: Call = async ({ callers, directory, pipeline }, request) => {
  const caller = () => callers.accountOf(request.headers, request.query('account'))
  await caller()
  const body = await bodyOf(request, kinds)
  // Whoever was logged out while the body came has no devices any more.
  const account = await caller()
  const device = deviceOf(body as Partial<Device> & Pick<Device, 'id' | 'way' | 'token'>)
  return deviceJson(await pipeline.registerDevice(account, device), directory)
}

function deviceOf(body: Partial<Device> & Pick<Device, 'id' | 'way' | 'token'>): Device {
  const { id, way, token, keys, app = '', locale = '', timeZone = '' } = body
  const device = { id, way, token, keys: null, app, locale, timeZone }
  if (way !== 'web') {
    if (keys === undefined) return device
    throw new FieldFault('keys', 'none but of a web device', described(keys))
  }
  checkFields(body, webKinds)
  return { ...device, keys: { p256dh: keys!.p256dh, auth: keys!.auth } }
}

/** GET /v1/devices: the account's devices, those first that have been its own for longest. */
export const getDevices: Call = async ({ callers, directory }, request) => {
  const account = await callers.accountOf(request.headers, request.query('account'))
  const devices = directory.devices(account).map((device) => deviceJson(device, directory))
  return `{"devices":[${devices.join()}]}`
}

/** DELETE /v1/devices/{way}/{id}: forgets one. One that is not there is forgotten already. */
export const deleteDevice: Call = async ({ callers, pipeline }, request) => {
  const account = await callers.accountOf(request.headers, request.query('account'))
  const name = { way: request.parameter('way'), id: request.parameter('id') }
  checkFields(name, { way, id: deviceId })
  const removed = await pipeline.removeDevice(name.way as PushWay, name.id, { account })
  return JSON.stringify({ isRemoved: removed !== null })
}

/** Without its token and its keys: whoever has them can send to it. */
function deviceJson(device: KnownDevice, directory: Directory): string {
  const { id, way, app, locale, timeZone, account, changedAt } = device
  const said = { account: directory.id(account), id, way, app, locale, timeZone }
  return JSON.stringify({ ...said, registeredAt: changedAt })
}
