/** The command line: one command a file. What a command throws becomes lines and an exit status here. */
import { Command } from 'commander'
import packageJson from '../../../package.json' with { type: 'json' }
import { endWith } from './end.ts'
import { importCommand } from './import.ts'
import { pushSandbox } from './push-sandbox.ts'
import { recount } from './recount.ts'
import { repair } from './repair.ts'
import { serve } from './serve.ts'
import { usersig } from './usersig.ts'
import { vapid } from './vapid.ts'

const commands = [serve, usersig, importCommand, recount, repair, vapid, pushSandbox]

const program = new Command('carillon')
  .description('A self-hosted messaging server: one call, a personal message to each of thousands.')
  .version(packageJson.version)
  .exitOverride()

for (const command of commands) program.addCommand(command.exitOverride())

await program.parseAsync().catch(endWith)
