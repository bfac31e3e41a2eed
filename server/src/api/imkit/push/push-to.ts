/** POST /push/push2clients and /push/push2tokens: the platform notifies without a message. */
import type { Device } from '../../../domain/device.ts'
import { isDeviceToken } from '../../../domain/device-fields.ts'
import type { PushDirectly } from '../../../pipeline/push/direct.ts'
import {
  type Fields,
  isObject,
  isTexts,
  optionalText,
  optionalWhole,
  text,
  texts,
  unexpected,
} from '../fields.ts'
import type { Route } from '../route.ts'
import { deviceOf } from './subscription.ts'

type Notification = Parameters<PushDirectly>[0]

/** How many clients or tokens a call may name. */
const NAMED_MAX = 1000

/** To all devices of these clients; one that nobody knows has none. */
export const pushToClients: Route = {
  method: 'POST',
  path: '/push/push2clients',
  access: 'platform',
  async handle({ body }, { directory, pushDirectly }) {
    const clients = namedIn(body, 'clients')
    const said = wordsOf(body)
    for (const client of clients) {
      for (const device of directory.devices(directory.number(client))) {
        // An app that is woken for calls has to show one each time, and nothing here says that it is one.
        if (device.way === 'apns-voip') continue
        pushDirectly?.({ ...said, device, facts: { ...said.facts, toClient: client } })
      }
    }
    return {}
  },
}

/** To devices that nobody has registered. */
export const pushToTokens: Route = {
  method: 'POST',
  path: '/push/push2tokens',
  access: 'platform',
  async handle({ body }, { pushDirectly }) {
    const type = text(body, 'type')
    const devices = namedIn(body, 'tokens').map((token): Device => {
      if (token.startsWith('{') || isDeviceToken(token)) return deviceOf(type, '', token)
      throw unexpected('tokens', 'tokens of 1 to 4096 visible ASCII characters', token)
    })
    const said = wordsOf(body)
    for (const device of devices) pushDirectly?.({ ...said, device })
    return {}
  },
}

function namedIn(body: Fields, field: 'clients' | 'tokens'): string[] {
  const named = texts(body, field)
  if (named.length <= NAMED_MAX) return [...new Set(named)]
  throw unexpected(field, `at most ${NAMED_MAX}`, named)
}

/** `payload` in our words. */
function wordsOf({ payload }: Fields): Omit<Notification, 'device'> {
  const fields = payloadOf(payload)
  const said = (name: string) => optionalText(fields, name) ?? ''
  const { alertText, localization } = alertOf(fields.alert)
  const data = ['type', 'icon', 'topic'].flatMap((name) =>
    said(name) === '' ? [] : [[name, said(name)] as const],
  )
  const body = said('body') || alertText
  return {
    title: said('title'),
    subtitle: '',
    body,
    badge: optionalWhole(fields, 'badge', 0, 2 ** 31 - 1) ?? null,
    sound: said('sound') || 'default',
    imageUrl: '',
    data: Object.fromEntries(data),
    collapseId: said('collapseKey'),
    expiresAt: optionalWhole(fields, 'expiry', 0, Number.MAX_SAFE_INTEGER) ?? null,
    priority: 'high',
    localization,
    apns: { interruptionLevel: '', isMutable: true, isContentAvailable: false },
    androidChannel: '',
    isWithdrawal: false,
    facts: { alert: body },
  }
}

function payloadOf(payload: unknown): Fields {
  if (payload === undefined || payload === null) {
    throw unexpected('payload', 'an object', payload, 'MISSING_PARAMETER')
  }
  if (isObject(payload)) return payload
  throw unexpected('payload', 'an object', payload)
}

/** A text, or one that the app translates. */
function alertOf(alert: unknown): {
  alertText: string
  localization: Notification['localization']
} {
  const none = { key: '', arguments: [] }
  if (alert === undefined || alert === null) return { alertText: '', localization: none }
  if (typeof alert === 'string') return { alertText: alert, localization: none }
  const { 'loc-key': key, 'loc-args': args = [] } = isObject(alert) ? alert : {}
  if (typeof key === 'string' && isTexts(args)) {
    return { alertText: '', localization: { key, arguments: args } }
  }
  throw unexpected('payload.alert', 'a string, or {"loc-key", "loc-args"}', alert)
}
