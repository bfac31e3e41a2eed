/**
 * Who calls: the platform, with the API key, or an account, with a credential
 * of its own. What belongs to one account the platform reads by naming it:
 * `?account=…`.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { isKey, keyOf } from '../../../access/api-key.ts'
import { NOBODY } from '../../../domain/account.ts'
import { Fault } from '../../../domain/errors.ts'
import type { Directory } from '../../../engines/directory.ts'
import { accountId, described, FieldFault } from '../fields.ts'
import type { Identify } from '../identify.ts'

export interface CallersOptions {
  apiKey: string
  directory: Directory
  identify: Identify
}

export interface Callers {
  /** Throws Fault `unauthorized` unless the platform calls. */
  requirePlatform(headers: IncomingHttpHeaders): void
  /** The number of the account that calls; NOBODY: the platform. */
  callerOf(headers: IncomingHttpHeaders): Promise<number>
  /** The number of the account that is asked for; `named` is what the platform gives as `account`. */
  accountOf(headers: IncomingHttpHeaders, named: string | undefined): Promise<number>
}

export function openCallers({ apiKey, directory, identify }: CallersOptions): Callers {
  return {
    requirePlatform(headers) {
      if (isKey(keyOf(headers), apiKey)) return
      throw new Fault('unauthorized', 'the API key is needed: Authorization: Bearer KEY')
    },

    async callerOf(headers) {
      const key = keyOf(headers)
      return isKey(key, apiKey) ? NOBODY : (await identify.identify(required(key))).account
    },

    async accountOf(headers, named) {
      const key = keyOf(headers)
      if (!isKey(key, apiKey)) return (await identify.identify(required(key), named)).account
      return numberOf('account', named, directory)
    },
  }
}

/** The number of an account that a request names in a field. */
export function numberOf(field: string, id: string | undefined, directory: Directory): number {
  if (id === undefined || !accountId.isOf(id)) {
    throw new FieldFault(field, accountId.expected, described(id))
  }
  const number = directory.number(id)
  if (number !== NOBODY) return number
  throw new Fault('unknownAccount', `${field}: there is no account ${JSON.stringify(id)}`)
}

function required(key: string | undefined): string {
  if (key !== undefined) return key
  throw new Fault('unauthorized', 'a credential is needed: Authorization: Bearer TOKEN')
}
