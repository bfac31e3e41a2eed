/**
 * What a command is, and what it is given. Each stands in a file of its name,
 * and the words of TIM end there.
 */
import type { Platform } from '../../domain/platform.ts'
import type { Directory } from '../../engines/directory.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Settings } from '../../settings.ts'
import type { Views } from '../../views/views.ts'
import type { Service } from './services.ts'

export interface Command {
  service: Service
  name: string
  /** The documented rate. */
  callsPerSecond: number
  /** Answers as JSON text; throws a Refusal. */
  handle(body: Buffer, context: Context): Promise<string>
}

/** What every command works with. */
export interface Context {
  /** The administrator who calls. */
  caller: string
  door: Door
}

export interface Door {
  settings: TimSettings
  pipeline: Pipeline
  views: Views
  directory: Directory
  isOnline(account: number): boolean
  /** What its open terminals run on, as far as they have said. */
  platformsOf(account: number): ReadonlySet<Platform>
  /** Unix time, milliseconds. */
  now(): number
  /** Takes recipients from the quota of the minute; false: it is used up. */
  takeRecipients(count: number): boolean
}

/** The settings of this door. */
export type TimSettings = Pick<
  Settings,
  | 'admins'
  | 'blockedAccounts'
  | 'timAppEnabled'
  | 'timDisabledCommands'
  | 'timAllowedIps'
  | 'timCallsPerSecond'
  | 'timAppCallsPerSecond'
  | 'timRecipientsPerMinute'
  | 'timFailedSignaturesPerMinute'
  | 'timMessageBytes'
  | 'timRoamingDays'
  | 'timUnreadMax'
  | 'timConversationsMax'
  | 'timLenientPushInfo'
>
