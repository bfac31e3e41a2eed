/**
 * Who is it? A token that this server gave out, or a UserSig as TIM's login
 * takes it: a valid one of an unknown account makes the account known.
 */

import { looksLikeToken, openTokens, type Tokens } from '../../access/tokens.ts'
import { checkUserSig, readUserSig, type UserSigFault } from '../../access/usersig.ts'
import { isAccountId, NOBODY } from '../../domain/account.ts'
import { Fault } from '../../domain/errors.ts'
import type { Directory } from '../../engines/directory.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Secrets } from '../../secrets.ts'
import type { Settings } from '../../settings.ts'

export interface IdentifyOptions {
  pipeline: Pick<Pipeline, 'importAccounts'>
  directory: Directory
  settings: Pick<Settings, 'blockedAccounts'>
  secrets: Pick<Secrets, 'sdkAppId' | 'secretKey' | 'jwtSecret'>
  /** Unix time, milliseconds. */
  now: () => number
}

/** An account that has proven who it is. */
export interface Identity {
  account: number
  id: string
  /** When its credential was signed: Unix time, seconds. */
  issuedAtSeconds: number
  /** When its credential ends: Unix time, milliseconds. */
  endsAt: number
  /** A token that is good only as long as the directory knows it; null: it is something else. */
  keptToken: string | null
}

export interface Identify {
  /**
   * The account of a credential. Rejects with Fault `unauthorized`, `forbidden` or
   * `unknownAccount`, or with what an import is refused with. `expected`: whose it has to be.
   */
  identify(credential: string, expected?: string): Promise<Identity>

  /** Whether the credential has neither ended nor been revoked since it was looked at. */
  isStillGood(identity: Identity): boolean

  tokens: Tokens
}

export function openIdentify(options: IdentifyOptions): Identify {
  const { pipeline, directory, secrets, now } = options
  const blocked = new Set(options.settings.blockedAccounts)
  const tokens = openTokens(secrets.jwtSecret)

  return { identify, isStillGood, tokens }

  async function identify(credential: string, expected?: string): Promise<Identity> {
    const identity = looksLikeToken(credential)
      ? await byToken(credential, expected)
      : await byUserSig(credential, expected)
    if (!isStillGood(identity))
      throw refused('the credential has ended or was revoked; get a new one')
    return identity
  }

  async function byToken(jwt: string, expected: string | undefined): Promise<Identity> {
    const verdict = await tokens.verify(jwt, now() / 1000)
    if (!verdict.ok) throw refused(`the token is ${verdict.fault}`)
    const { account: id, issuedAtSeconds, expiresAtSeconds, serial } = verdict.token
    requireMatch(id, expected)
    requireUnblocked(id)
    const account = directory.number(id)
    if (account === NOBODY) throw new Fault('unknownAccount', `there is no account ${quoted(id)}`)
    const keptToken = serial === undefined ? null : jwt
    const keptUntil = keptToken === null ? null : (directory.token(jwt)?.expiresAt ?? null)
    const endsAt = Math.min(expiresAtSeconds * 1000, keptUntil ?? Number.POSITIVE_INFINITY)
    return { account, id, issuedAtSeconds, endsAt, keptToken }
  }

  async function byUserSig(sig: string, expected: string | undefined): Promise<Identity> {
    const fields = readUserSig(sig)
    if (fields === null) throw refused('the credential is neither a token nor a UserSig')
    const { account: id, issuedAtSeconds } = fields
    requireMatch(id, expected)
    const verdict = checkUserSig(fields, {
      account: id,
      sdkAppId: secrets.sdkAppId,
      key: secrets.secretKey,
      nowSeconds: Math.floor(now() / 1000),
    })
    if (!verdict.ok) throw refused(`the UserSig ${inWords[verdict.fault]}`)
    requireUnblocked(id)
    // It is still good in its last second.
    const endsAt = (issuedAtSeconds + fields.expireSeconds + 1) * 1000
    return { account: await numberOf(id), id, issuedAtSeconds, endsAt, keptToken: null }
  }

  async function numberOf(id: string): Promise<number> {
    const known = directory.number(id)
    if (known !== NOBODY) return known
    if (!isAccountId(id)) throw refused(`${quoted(id)} is no account id`)
    const { numbers } = await pipeline.importAccounts([{ id }])
    return numbers[0]!
  }

  function isStillGood({ account, issuedAtSeconds, endsAt, keptToken }: Identity): boolean {
    if (endsAt <= now()) return false
    if (keptToken !== null && directory.token(keptToken) === null) return false
    return issuedAtSeconds > directory.revokedAt(account)
  }

  function requireUnblocked(id: string): void {
    if (blocked.has(id)) throw new Fault('forbidden', `the account ${quoted(id)} is blocked`)
  }
}

function requireMatch(id: string, expected: string | undefined): void {
  if (expected === undefined || expected === id) return
  throw refused(`the credential is that of another account than ${quoted(expected)}`)
}

function refused(message: string): Fault {
  return new Fault('unauthorized', message)
}

function quoted(id: string): string {
  return JSON.stringify(id)
}

const inWords: Record<UserSigFault, string> = {
  empty: 'is empty',
  malformed: 'is malformed',
  app: 'is of another app',
  account: 'is of another account',
  expired: 'has expired',
  revoked: 'was revoked',
  forged: 'has a wrong signature',
}
