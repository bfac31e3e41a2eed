/**
 * The calling convention: what is checked before a command sees its body, in
 * the documented order. The first fault is the answer.
 *
 *   URL ─▶ method ─▶ command ─▶ app ─▶ identifier ─▶ UserSig ─▶ address
 *       ─▶ administrator ─▶ blocked ─▶ rates
 */
import type { Directory } from '../../engines/directory.ts'
import { openAllowedAddresses } from '../../lib/addresses.ts'
import { openBucket } from '../../lib/bucket.ts'
import { Refusal } from './codes.ts'
import type { Command, TimSettings } from './command.ts'
import { commands, nameOf } from './commands.ts'
import { openCredentials, type TimSecrets } from './credentials.ts'
import { openFailedSignatures } from './failed-signatures.ts'
import { shown, unexpected } from './fields.ts'
import { openRate } from './rates.ts'
import { parseRequestLine, type RequestLine } from './request-line.ts'
import { services } from './services.ts'

export interface ConventionOptions {
  settings: TimSettings
  secrets: TimSecrets
  directory: Directory
  now: () => number
}

/** A call that names a command. */
export interface Asked {
  line: RequestLine
  served: Served
}

export interface Served {
  command: Command
  /** `openim/batchsendmsg` */
  name: string
  isDisabled: boolean
  takeCall: () => boolean
}

export function openConvention({ settings, secrets, directory, now }: ConventionOptions) {
  const commandsServed = new Map<string, Served>()
  for (const command of commands) {
    const name = nameOf(command)
    const takeCall = openRate(command.callsPerSecond, settings.timCallsPerSecond, now)
    const isDisabled = settings.timDisabledCommands.includes(name)
    commandsServed.set(`/v4/${name}`, { command, name, isDisabled, takeCall })
  }
  const takeAppCall = openBucket(settings.timAppCallsPerSecond, 1000, now)
  const admins = new Set(settings.admins)
  const blocked = new Set(settings.blockedAccounts)
  const isAllowed = openAllowedAddresses(settings.timAllowedIps)
  const verify = openCredentials(secrets, directory, now)
  const failedSignatures = openFailedSignatures(settings.timFailedSignaturesPerMinute, now)

  return {
    /** Which command is called. Throws a Refusal when that cannot be told. */
    find(method: string, url: string): Asked {
      const line = parseRequestLine(url)
      if (method !== 'POST') {
        throw new Refusal(60008, `method: expected POST, but ${method} came`)
      }
      const served = commandsServed.get(line.path)
      if (served !== undefined) return { line, served }
      const path = shown(line.path)
      throw new Refusal(60009, `path: expected a command that is served, but ${path} came`)
    },

    /** Throws a Refusal for a call that may not go on. The address is asked for when it matters. */
    admit({ line, served }: Asked, address: () => string): void {
      checkApp(line, served)
      if (line.identifier === '') throw new Refusal(60004, 'identifier: expected a UserID')
      checkSignature(line, address)
      checkCaller(line, served.command, address)
      if (!served.takeCall()) {
        throw new Refusal(60007, `${served.name} is called too often, try again later`)
      }
      if (!takeAppCall()) throw new Refusal(60011, 'the app calls too often, try again later')
    },
  }

  function checkApp({ sdkappid }: RequestLine, { isDisabled, name }: Served): void {
    if (sdkappid === '') throw new Refusal(60012, 'sdkappid: expected an app id')
    if (!/^\d+$/.test(sdkappid)) {
      throw new Refusal(60006, `sdkappid: expected an integer, but ${shown(sdkappid)} came`)
    }
    if (Number(sdkappid) !== secrets.sdkAppId) {
      throw new Refusal(70020, `sdkappid: there is no app ${shown(sdkappid)}`)
    }
    if (!settings.timAppEnabled) throw new Refusal(60016)
    if (isDisabled) throw new Refusal(60017, `${name} is disabled`)
  }

  function checkSignature(line: RequestLine, address: () => string): void {
    const from = settings.timFailedSignaturesPerMinute === 0 ? '' : address()
    failedSignatures.check(from)
    try {
      verify(line)
    } catch (refusal) {
      failedSignatures.count(from)
      throw refusal
    }
  }

  function checkCaller(line: RequestLine, { service }: Command, address: () => string): void {
    if (settings.timAllowedIps.length > 0 && !isAllowed(address())) {
      throw new Refusal(60021, `the address ${address()} may not call`)
    }
    const { identifier } = line
    if (!admins.has(identifier)) {
      const { notAdmin } = services[service]
      throw unexpected(notAdmin, 'identifier', 'an administrator of the app', identifier)
    }
    if (blocked.has(identifier)) throw new Refusal(70051, `${shown(identifier)} is blocked`)
  }
}
