import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openApns } from '../../src/pushers/apns/apns.ts'
import { openFcm } from '../../src/pushers/fcm/fcm.ts'
import type { Notification, Pusher } from '../../src/pushers/pusher.ts'
import type { Subscription } from '../../src/pushers/sandbox/web-push.ts'
import { openWebPush } from '../../src/pushers/web-push/web-push.ts'
import { loadSettings } from '../../src/settings.ts'
import { root } from '../lib/server.ts'
import { newDevice, newNotification } from './notification.ts'

const folder = mkdtempSync(join(tmpdir(), 'carillon-push-sandbox-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface RunningSandbox extends AsyncDisposable {
  settings: Record<string, string>
  browser: Subscription
  /** The lines after the start, as they come. */
  pushes: Record<string, unknown>[]
  end(): Promise<number | null>
}

async function runSandbox(...flags: string[]): Promise<RunningSandbox> {
  const carillon = join(root, 'server/src/cli/carillon.ts')
  const child = spawn(process.execPath, [carillon, 'push-sandbox', '--folder', folder, ...flags])
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await expect.poll(() => said, { timeout: 20_000 }).toContain('# What is pushed:\n')
  const lines = () => said.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const isSetting = (line: string) => line.startsWith('CARILLON_')
  const objects = () =>
    lines()
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  const end = () => {
    child.kill('SIGTERM')
    return ended
  }
  return {
    settings: Object.fromEntries(
      lines()
        .filter(isSetting)
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    ),
    browser: objects()[0],
    get pushes() {
      return objects().slice(1)
    },
    end,
    async [Symbol.asyncDispose]() {
      await end()
    },
  }
}

async function pushOne(pusher: Pusher, device: Notification['device']) {
  const outcome = await pusher.push(newNotification({ device, body: 'Your parcel is here' }))
  await pusher.close()
  return outcome
}

describe('the push sandbox', () => {
  test('takes and shows what is pushed with the settings that it prints', async () => {
    await using sandbox = await runSandbox()
    const { settings, browser } = sandbox
    const ca = readFileSync(settings.CARILLON_PUSH_CA_FILE!, 'utf8')
    const timeoutMs = 10_000

    const apns = openApns({
      ca,
      timeoutMs,
      origin: settings.CARILLON_APNS_ORIGIN,
      key: readFileSync(settings.CARILLON_APNS_KEY_FILE!, 'utf8'),
      keyId: settings.CARILLON_APNS_KEY_ID!,
      teamId: settings.CARILLON_APNS_TEAM_ID!,
      topic: settings.CARILLON_APNS_TOPIC!,
    })
    const token = 'ab'.repeat(32)
    expect(await pushOne(apns, newDevice({ way: 'apns', token }))).toMatchObject({
      state: 'pushed',
    })

    const fcm = openFcm({
      ca,
      timeoutMs,
      origin: settings.CARILLON_FCM_ORIGIN,
      serviceAccount: JSON.parse(readFileSync(settings.CARILLON_FCM_SERVICE_ACCOUNT_FILE!, 'utf8')),
    })
    const phone = newDevice({ way: 'fcm', token: 'a phone of the sandbox' })
    expect(await pushOne(fcm, phone)).toMatchObject({ state: 'pushed' })

    const webPush = openWebPush({
      ca,
      timeoutMs,
      allowPrivate: settings.CARILLON_WEB_PUSH_PRIVATE_ADDRESSES === 'true',
      subject: settings.CARILLON_WEB_PUSH_SUBJECT!,
      publicKey: settings.CARILLON_WEB_PUSH_PUBLIC_KEY!,
      privateKey: settings.CARILLON_WEB_PUSH_PRIVATE_KEY!,
    })
    const { endpoint, keys } = browser
    const page = newDevice({ way: 'web', token: endpoint, keys })
    expect(await pushOne(webPush, page)).toMatchObject({ state: 'pushed' })

    await expect.poll(() => sandbox.pushes.length).toBe(3)
    expect(sandbox.pushes).toMatchObject([
      { provider: 'apns', status: 200, device: token },
      { provider: 'fcm', status: 200, device: 'a phone of the sandbox' },
      { provider: 'web-push', status: 201, device: new URL(endpoint).pathname },
    ])
    for (const { payload } of sandbox.pushes) {
      expect(JSON.stringify(payload)).toContain('Your parcel is here')
    }
  })

  test('writes settings that a server takes, and keys for its owner alone', async () => {
    await using sandbox = await runSandbox()
    const file = join(folder, 'push-sandbox.env')
    const lines = Object.entries(sandbox.settings).map(([name, value]) => `${name}=${value}\n`)
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''))
    expect(() => loadSettings({ env: { CARILLON_SETTINGS_FILE: file } })).not.toThrow()
    for (const name of ['push-sandbox.env', 'apns.p8', 'fcm.json']) {
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
    }
  })

  test('shows what it refuses, and why', async () => {
    await using sandbox = await runSandbox()
    const answer = openWebPush({
      ca: readFileSync(sandbox.settings.CARILLON_PUSH_CA_FILE!, 'utf8'),
      timeoutMs: 10_000,
      allowPrivate: true,
      subject: 'nobody',
      publicKey: sandbox.settings.CARILLON_WEB_PUSH_PUBLIC_KEY!,
      privateKey: sandbox.settings.CARILLON_WEB_PUSH_PRIVATE_KEY!,
    })
    const { endpoint, keys } = sandbox.browser
    await pushOne(answer, newDevice({ way: 'web', token: endpoint, keys }))
    await expect.poll(() => sandbox.pushes.length).toBe(1)
    expect(sandbox.pushes[0]).toMatchObject({ status: 403, reason: 'BadSubject', payload: null })
  })

  test('ends when it is told to', async () => {
    const sandbox = await runSandbox()
    expect(await sandbox.end()).toBe(0)
  })
})
