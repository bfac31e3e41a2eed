/**
 * All doubles at once, with an authority of their own, and the settings with
 * which a server pushes to them: for trying push out without accounts.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newVapidKeys } from '../web-push/vapid.ts'
import { startApnsDouble } from './apns.ts'
import { createAuthority } from './authority.ts'
import type { Double, DoubleOptions, DoublePush } from './double.ts'
import { startFcmDouble } from './fcm.ts'
import { type Subscription, startWebPushDouble } from './web-push.ts'

export type Provider = 'apns' | 'fcm' | 'web-push'

export interface SandboxOptions {
  /** 0: any free one. */
  ports: Readonly<Record<Provider, number>>
  /** Where keys and settings are written; made when it is missing. */
  folder: string
  onPush(provider: Provider, push: DoublePush): void
}

export interface Sandbox {
  /** The file with all of these settings. */
  settingsFile: string
  settings: Readonly<Record<string, string>>
  /** A browser, as it would register itself. */
  browser: Subscription
  close(): Promise<void>
}

const ADDRESS = '127.0.0.1'

export async function startSandbox({ ports, folder, onPush }: SandboxOptions): Promise<Sandbox> {
  const authority = createAuthority()
  const tls = authority.issue([ADDRESS, 'localhost'])
  const vapid = newVapidKeys()
  const started: Double[] = []
  const optionsFor = (provider: Provider): DoubleOptions => ({
    port: ports[provider],
    tls,
    onPush: (push) => onPush(provider, push),
  })

  async function start<D extends Double>(starting: Promise<D>): Promise<D> {
    const double = await starting
    started.push(double)
    return double
  }

  async function close(): Promise<void> {
    await Promise.all(started.map((double) => double.close()))
  }

  try {
    const apns = await start(startApnsDouble(optionsFor('apns')))
    const fcm = await start(startFcmDouble(optionsFor('fcm')))
    const webPush = await start(
      startWebPushDouble({ ...optionsFor('web-push'), publicKey: vapid.publicKey }),
    )
    const write = writerTo(folder)
    const settings = {
      CARILLON_PUSH_CA_FILE: write('authority.pem', authority.certificate),
      CARILLON_APNS_ORIGIN: apns.origin,
      CARILLON_APNS_KEY_FILE: write('apns.p8', apns.credentials.key),
      CARILLON_APNS_KEY_ID: apns.credentials.keyId,
      CARILLON_APNS_TEAM_ID: apns.credentials.teamId,
      CARILLON_APNS_TOPIC: apns.credentials.topic,
      CARILLON_FCM_ORIGIN: fcm.origin,
      CARILLON_FCM_SERVICE_ACCOUNT_FILE: write('fcm.json', JSON.stringify(fcm.serviceAccount)),
      CARILLON_WEB_PUSH_SUBJECT: 'mailto:sandbox@example.com',
      CARILLON_WEB_PUSH_PUBLIC_KEY: vapid.publicKey,
      CARILLON_WEB_PUSH_PRIVATE_KEY: vapid.privateKey,
      CARILLON_WEB_PUSH_PRIVATE_ADDRESSES: 'true',
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    return {
      settingsFile: write('push-sandbox.env', lines.join('')),
      settings,
      browser: webPush.subscribe(),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Writes files that their owner alone can read, and gives their paths. */
function writerTo(folder: string): (name: string, content: string) => string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return (name, content) => {
    const path = join(folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
}
