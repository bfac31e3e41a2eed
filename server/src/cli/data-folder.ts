import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { ExitError } from '../lib/exit-codes.ts'
import { loadSettings, type Settings } from '../settings.ts'
import { requireNode } from './serve.ts'

export interface FolderOptions {
  data?: string
  settingsFile?: string
}

/** Gives a command the options by which it finds the folder of a server that is stopped. */
export function onDataFolder(command: Command): Command {
  return command
    .option('--data <path>', 'data folder of the server, which has to be stopped')
    .option('--settings-file <path>', 'settings file of the server')
}

/** The settings of the server whose folder is meant. A folder that is not there is not made. */
export function settingsOf({ data, settingsFile }: FolderOptions): Settings {
  requireNode(process.versions.node)
  const args: string[] = []
  if (settingsFile !== undefined) args.push(`--settings-file=${settingsFile}`)
  if (data !== undefined) args.push(`--data=${data}`)
  const settings = loadSettings({ env: process.env, args })
  if (existsSync(join(settings.data, 'journal'))) return settings
  throw new ExitError(
    'configuration',
    `there is no journal in ${settings.data}: name the server's folder with --data`,
  )
}
