import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { ExitError } from '../lib/exit-codes.ts'
import type { DoublePush } from '../pushers/sandbox/double.ts'
import { type Provider, type Sandbox, startSandbox } from '../pushers/sandbox/sandbox.ts'

interface Options {
  apnsPort: number
  fcmPort: number
  webPushPort: number
  folder: string
}

export const pushSandbox = new Command('push-sandbox')
  .description('stand in for Apple, Google and a browser, and print what is pushed to them')
  .option('--apns-port <port>', 'port of the APNs double; 0 takes any free one', readPort, 0)
  .option('--fcm-port <port>', 'port of the FCM double; 0 takes any free one', readPort, 0)
  .option('--web-push-port <port>', 'port of the push service; 0 takes any free one', readPort, 0)
  .option('--folder <path>', 'where keys and settings are written', './push-sandbox')
  .action(async ({ apnsPort, fcmPort, webPushPort, folder }: Options) => {
    const sandbox = await startSandbox({
      ports: { apns: apnsPort, fcm: fcmPort, 'web-push': webPushPort },
      folder: resolve(folder),
      onPush: (provider, push) => print(pushLines(provider, push)),
    }).catch((error: NodeJS.ErrnoException) => {
      throw isOfSystem(error) ? new ExitError(exitOf(error), error.message, error) : error
    })
    print(startLines(sandbox))
    const stop = async () => {
      await sandbox.close()
      process.exit(0)
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
  })

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

function isOfSystem(error: NodeJS.ErrnoException): boolean {
  return error.syscall !== undefined
}

function exitOf({ syscall }: NodeJS.ErrnoException): 'unavailable' | 'cannotCreate' {
  return syscall === 'listen' || syscall === 'bind' ? 'unavailable' : 'cannotCreate'
}

function startLines({ settings, settingsFile, browser }: Sandbox): string[] {
  return [
    '# Settings of a server that pushes here:',
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    '',
    '# The same from a file:',
    `#   CARILLON_SETTINGS_FILE=${settingsFile} npm start`,
    '',
    '# Devices to register: apns with a token of 64 hex characters, fcm with one of 16 characters or more, and this browser:',
    JSON.stringify(browser),
    '',
    '# What is pushed:',
  ]
}

/** What of the headers says how a push is to be treated. */
const telling = /^(apns-(?!id$).*|ttl|urgency|topic)$/

function pushLines(provider: Provider, { device, status, reason, headers, payload }: DoublePush) {
  const chosen = Object.entries(headers).filter(([name]) => telling.test(name))
  return [
    JSON.stringify({
      time: new Date().toISOString(),
      provider,
      status,
      ...(reason !== '' && { reason }),
      device,
      ...(chosen.length > 0 && { headers: Object.fromEntries(chosen) }),
      payload,
    }),
  ]
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  if (port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('expected a whole number from 0 to 65535.')
}
