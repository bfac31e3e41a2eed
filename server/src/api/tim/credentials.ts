/**
 * Who calls: verifies UserSigs, and remembers those that were good.
 *
 * A caller sends the same UserSig with every call, and decompressing and
 * signing again costs more than the rest of the convention. Whether a
 * remembered one has expired or was revoked meanwhile is looked at on each use.
 */
import { checkUserSig, readUserSig, type UserSigFault } from '../../access/usersig.ts'
import { NOBODY } from '../../domain/account.ts'
import type { Directory } from '../../engines/directory.ts'
import type { Secrets } from '../../secrets.ts'
import { type Code, Refusal } from './codes.ts'
import { secondOf } from './message-key.ts'
import type { RequestLine } from './request-line.ts'

export type TimSecrets = Pick<Secrets, 'sdkAppId' | 'secretKey'>

interface Verified {
  issuedAtSeconds: number
  expiresAtSeconds: number
}

/** Some 500 bytes each. When full, the one that was verified longest ago makes room. */
const REMEMBERED_MAX = 1000

/** Throws a Refusal unless the UserSig is the identifier's and good now. */
export function openCredentials(secrets: TimSecrets, directory: Directory, now: () => number) {
  const remembered = new Map<string, Verified>()

  return function verify({ identifier, usersig }: RequestLine): void {
    const nowSeconds = secondOf(now())
    const account = directory.number(identifier)
    const revokedAtSeconds = account === NOBODY ? 0 : directory.revokedAt(account)
    const key = `${identifier}\n${usersig}`
    const known = remembered.get(key)
    if (known === undefined) {
      remember(key, verifyAnew(identifier, usersig, nowSeconds, revokedAtSeconds))
    } else if (nowSeconds > known.expiresAtSeconds) {
      remembered.delete(key)
      throw badSignature('expired')
    } else if (known.issuedAtSeconds <= revokedAtSeconds) {
      throw badSignature('revoked')
    }
  }

  function verifyAnew(
    account: string,
    usersig: string,
    nowSeconds: number,
    revokedAtSeconds: number,
  ): Verified {
    if (usersig === '') throw badSignature('empty')
    const fields = readUserSig(usersig)
    if (fields === null) throw badSignature('malformed')
    const { sdkAppId, secretKey } = secrets
    const expected = { account, sdkAppId, key: secretKey, nowSeconds, revokedAtSeconds }
    const verdict = checkUserSig(fields, expected)
    // With an empty key anybody could sign.
    if (secretKey === '' && (verdict.ok || verdict.fault === 'forged')) throw new Refusal(70016)
    if (!verdict.ok) throw badSignature(verdict.fault)
    const { issuedAtSeconds, expireSeconds } = fields
    return { issuedAtSeconds, expiresAtSeconds: issuedAtSeconds + expireSeconds }
  }

  function remember(key: string, verified: Verified): void {
    const oldest = remembered.keys().next()
    if (remembered.size === REMEMBERED_MAX && !oldest.done) remembered.delete(oldest.value)
    remembered.set(key, verified)
  }
}

const faultCodes = {
  empty: 70002,
  malformed: 70003,
  app: 70014,
  account: 70013,
  expired: 70001,
  revoked: 70052,
  forged: 70009,
} as const satisfies Record<UserSigFault, Code>

function badSignature(fault: UserSigFault): Refusal {
  return new Refusal(faultCodes[fault])
}
