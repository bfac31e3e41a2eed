/** A device that is registered or gone: whose it is, the way to it, and seven texts. */

import type { DeviceChange } from '../../../domain/record.ts'
import { codeOf, finished, named, putU32, room } from './checks.ts'
import { putText, takeTexts, textBytes } from './texts.ts'
import { WAYS } from './ways.ts'

const DEVICE_BYTES = 8

const HAS_KEYS = 1
const IS_GONE = 2

export function deviceBytes(record: DeviceChange): number {
  return textsOf(record).reduce((bytes, text) => bytes + textBytes(text), DEVICE_BYTES)
}

export function encodeDevice(record: DeviceChange, target: Buffer, offset: number): number {
  const { account, device, isGone } = record
  putU32(target, 'account', account, offset)
  target[offset + 4] = codeOf('way', WAYS, device.way)
  target[offset + 5] = (device.keys === null ? 0 : HAS_KEYS) | (isGone ? IS_GONE : 0)
  target.writeUInt16LE(0, offset + 6)
  return textsOf(record).reduce((at, text) => putText(target, text, at), offset + DEVICE_BYTES)
}

export function decodeDevice(bytes: Buffer, from: number, to: number): DeviceChange {
  room('the fixed part of a device', DEVICE_BYTES, from, to)
  const { texts, end } = takeTexts(bytes, 'a text of a device', 7, from + DEVICE_BYTES, to)
  finished('a device', end, to)
  const [id, token, p256dh, auth, app, locale, timeZone] = texts as Texts
  const flags = bytes[from + 5]!
  const keys = flags & HAS_KEYS ? { p256dh, auth } : null
  const way = named('way', WAYS, bytes[from + 4]!)
  return {
    type: 'device',
    account: bytes.readUInt32LE(from),
    device: { id, way, token, keys, app, locale, timeZone },
    isGone: (flags & IS_GONE) !== 0,
  }
}

type Texts = [
  id: string,
  token: string,
  p256dh: string,
  auth: string,
  app: string,
  locale: string,
  timeZone: string,
]

function textsOf({ device }: DeviceChange): Texts {
  const { id, token, keys, app, locale, timeZone } = device
  return [id, token, keys?.p256dh ?? '', keys?.auth ?? '', app, locale, timeZone]
}
