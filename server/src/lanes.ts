/**
 * The lanes of notifications that the settings ask for, each with its pusher.
 * Beside server.ts the only file that names concrete pushers.
 */
import { readFile } from 'node:fs/promises'
import type { FactsOf, HookBodies } from './api/imkit/push/hook-bodies.ts'
import type { PushWay } from './domain/device.ts'
import { ExitError } from './lib/exit-codes.ts'
import type { Log } from './lib/log.ts'
import type { HookBodyOf, NotificationOf } from './pipeline/push/content.ts'
import { deviceLane, hookLane, type Lane } from './pipeline/push/lane.ts'
import type { ShownNotifications } from './pipeline/push/shown.ts'
import { openApns } from './pushers/apns/apns.ts'
import { openFcm } from './pushers/fcm/fcm.ts'
import { openPayloadHook, type PayloadHook } from './pushers/fcm/payload-hook.ts'
import { openHook } from './pushers/hooks/hook.ts'
import { openPrint } from './pushers/print/print.ts'
import type { Pusher } from './pushers/pusher.ts'
import { openWebPush } from './pushers/web-push/web-push.ts'
import type { Settings } from './settings.ts'
import { settingsTable } from './settings-table.ts'

export interface LanesOptions {
  settings: Settings
  log: Log
  /** Of the journal; part of every message id. */
  generation: number
  notificationOf: NotificationOf
  /** Where it is remembered what devices show; null: it is not. */
  shown: ShownNotifications | null
  hookBodies: HookBodies
}

export interface Lanes {
  lanes: Lane[]
  /** The pushers that lead to devices. */
  pushers: ReadonlyMap<PushWay, Pusher>
  /** Ends their connections. */
  close(): Promise<void>
}

/** Receivers of one message that the generic hook hears of at once. */
const GENERIC_RECEIVERS_MAX = 500

export async function openLanes(options: LanesOptions): Promise<Lanes> {
  const { settings, log, hookBodies } = options
  const timeoutMs = settings.pushTimeoutSeconds * 1000
  const ca = await textOf('pushCaFile', settings)
  const trust = ca === null ? {} : { ca }
  const { imkitPushCustomFcmPayloadHook: payloadHookUrl } = settings
  const notificationOf =
    payloadHookUrl === null
      ? options.notificationOf
      : withFacts(options.notificationOf, hookBodies.facts)
  const lanes: Lane[] = []
  const pushers = new Map<PushWay, Pusher>()
  const closing: { close(): Promise<void> }[] = []

  const toDevices = (pusher: Pusher | null, perSecond: number, ...ways: PushWay[]) => {
    if (pusher === null) return
    closing.push(pusher)
    for (const way of ways) {
      pushers.set(way, pusher)
      lanes.push(deviceLane({ ...options, notificationOf, way, pusher, perSecond }))
    }
  }
  const toHook = async (
    setting: 'imkitPushHook' | 'imkitPushGenericHook',
    way: PushWay,
    receiversMax: number,
    bodyOf: HookBodyOf,
  ) => {
    const url = settings[setting]
    if (url === null) return
    const hook = await explained(setting, () => openHook({ url, timeoutMs, ...trust }))
    closing.push(hook)
    const perSecond = settings.imkitPushHooksPerSecond
    lanes.push(hookLane({ way, hook, receiversMax, perSecond, bodyOf }))
  }

  const printer = settings.pushPrint ? openPrint(log) : null
  toDevices((await apns()) ?? printer, settings.apnsPerSecond, 'apns', 'apns-voip')
  toDevices((await fcm()) ?? printer, settings.fcmPerSecond, 'fcm')
  toDevices((await webPush()) ?? printer, settings.webPushPerSecond, 'web')
  toDevices(printer, 0, 'print')
  const { push, pushGeneric } = hookBodies
  await toHook('imkitPushHook', 'hook', 1, push)
  await toHook('imkitPushGenericHook', 'hook-generic', GENERIC_RECEIVERS_MAX, pushGeneric)

  return {
    lanes,
    pushers,
    async close() {
      await Promise.all(closing.map((pusher) => pusher.close()))
    },
  }

  async function apns(): Promise<Pusher | null> {
    const { apnsKeyId, apnsTeamId, apnsTopic, apnsOrigin } = settings
    const key = await textOf('apnsKeyFile', settings)
    if (key === null) return null
    return explained('apnsKeyFile', () =>
      openApns({
        key,
        keyId: apnsKeyId!,
        teamId: apnsTeamId!,
        topic: apnsTopic!,
        origin: apnsOrigin,
        timeoutMs,
        ...trust,
        onEvent: (event) => log.info(event, 'connection to a push provider'),
      }),
    )
  }

  async function fcm(): Promise<Pusher | null> {
    const json = await textOf('fcmServiceAccountFile', settings)
    if (json === null) return null
    const payloadHook = await explained('imkitPushCustomFcmPayloadHook', openFcmHook)
    return explained('fcmServiceAccountFile', () =>
      openFcm({
        serviceAccount: parseJson(json),
        origin: settings.fcmOrigin,
        payloadHook,
        timeoutMs,
        ...trust,
        onEvent: (event) => log.info(event, 'connection to a push provider'),
      }),
    )
  }

  function openFcmHook(): PayloadHook | null {
    if (payloadHookUrl === null) return null
    const onTrouble = (reason: string) => log.warn({ reason }, 'a hook gives no message for FCM')
    return openPayloadHook({ url: payloadHookUrl, timeoutMs, ...trust, onTrouble })
  }

  async function webPush(): Promise<Pusher | null> {
    const { webPushPublicKey, webPushPrivateKey, webPushSubject } = settings
    if (webPushPublicKey === null) return null
    return explained('webPushPrivateKey', () =>
      openWebPush({
        publicKey: webPushPublicKey,
        privateKey: webPushPrivateKey!,
        subject: webPushSubject!,
        allowPrivate: settings.webPushPrivateAddresses,
        timeoutMs,
        ...trust,
      }),
    )
  }
}

/** For FCM, whose hook hears what it is to word. */
function withFacts(notificationOf: NotificationOf, factsOf: FactsOf): NotificationOf {
  return (copy, account, way) => {
    const said = notificationOf(copy, account, way)
    const facts = said !== null && way === 'fcm' ? factsOf(copy, account) : null
    return said === null || facts === null ? said : { ...said, facts }
  }
}

type FileSetting = 'pushCaFile' | 'apnsKeyFile' | 'fcmServiceAccountFile'

/** What stands in the file that a setting names; null: it names none. */
async function textOf(name: FileSetting, settings: Settings): Promise<string | null> {
  const path = settings[name]
  return path === null ? null : explained(name, () => readFile(path, 'utf8'))
}

/** Whatever is wrong is wrong with a setting: the operator is told which. */
async function explained<T>(name: keyof Settings, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    const line = `${settingsTable[name].name}: ${(error as Error).message}`
    throw new ExitError('configuration', line, error)
  }
}

/** What a parser says of the text may repeat it, and there is a key in it. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new TypeError('expected a file of JSON')
  }
}
