import { Command } from 'commander'
import { ExitError } from '../lib/exit-codes.ts'
import { letHeapDouble } from '../lib/heap.ts'
import { createLog } from '../lib/log.ts'
import { openSecrets } from '../secrets.ts'
import { loadSettings } from '../settings.ts'
import { settingsHelp } from '../settings-manual.ts'
import { firstCalls } from './first-calls.ts'
import { runUntilSignal } from './lifecycle.ts'

// The table of settings knows its flags itself, so that a wrong flag, a wrong
// variable and a wrong line of the file are reported together.
export const serve = new Command('serve')
  .description('start the server')
  .usage('[settings]')
  .allowUnknownOption()
  .allowExcessArguments()
  .addHelpText('after', settingsHelp)
  .action(async (_options, command: Command) => {
    requireNode(process.versions.node)
    letHeapDouble()
    const settings = loadSettings({ env: process.env, args: command.args })
    const secrets = openSecrets(settings)
    const log = createLog(settings.log)

    const { url } = await runUntilSignal(log, async () => {
      const { startServer } = await import('../server.ts')
      return startServer({ settings, secrets, log })
    })
    log.info({ url }, 'listening')
    if (process.stdout.isTTY) {
      process.stdout.write(firstCalls({ url, settings, secrets, nowSeconds: Date.now() / 1000 }))
    }
  })

/** The directory's library crashes an older Node when it is loaded, so this comes first. */
export function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  throw new ExitError('configuration', `expected Node 22.18 or newer, but this is ${version}`)
}
