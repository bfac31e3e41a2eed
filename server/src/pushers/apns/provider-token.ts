/**
 * The token that says to Apple who we are: a JWT that our key signs. Apple
 * wants it to be no older than an hour, and no newer one within 20 minutes.
 * https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'

export interface ProviderTokenOptions {
  /** The 10 characters that Apple names the key by. */
  keyId: string
  teamId: string
  /** PKCS#8 PEM, as in the `.p8` file. */
  key: string
  now(): number
}

export interface ProviderTokens {
  /** A promise only while it is being signed. */
  current(): string | Promise<string>
  /** Apple does not take this one. The next is another, unless there was such a change just now. */
  after(refusedToken: string): string | Promise<string>
}

const RENEW_AFTER_MS = 50 * 60_000
const RENEWALS_APART_MS = 20 * 60_000

export function openProviderTokens({
  keyId,
  teamId,
  key,
  now,
}: ProviderTokenOptions): ProviderTokens {
  const privateKey = parseKey(key)
  let token: string | Promise<string> | undefined
  let signedAt = 0
  let renewedAt = Number.NEGATIVE_INFINITY

  function sign(): Promise<string> {
    signedAt = now()
    return new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .setIssuer(teamId)
      .setIssuedAt(Math.floor(signedAt / 1000))
      .sign(privateKey)
  }

  function current(): string | Promise<string> {
    const ageMs = now() - signedAt
    // A clock that was set back makes a token from the future.
    if (token === undefined || ageMs >= RENEW_AFTER_MS || ageMs < 0) renew()
    return token!
  }

  function renew(): void {
    const signing = sign()
    token = signing
    const keep = (signed: string) => {
      if (token === signing) token = signed
    }
    signing.then(keep, () => {})
  }

  return {
    current,
    after(refusedToken) {
      if (refusedToken === token && now() - renewedAt >= RENEWALS_APART_MS) {
        renewedAt = now()
        token = undefined
      }
      return current()
    },
  }
}

function parseKey(key: string): KeyObject {
  const expected = 'key: expected the PKCS#8 PEM of a P-256 private key, as in a .p8 file of Apple'
  let parsed: KeyObject
  try {
    parsed = createPrivateKey(key)
  } catch (cause) {
    throw new TypeError(`${expected}, but something else came`, { cause })
  }
  const { namedCurve = 'none' } = parsed.asymmetricKeyDetails ?? {}
  if (namedCurve !== 'prime256v1') {
    const came = `${parsed.asymmetricKeyType} key of curve ${namedCurve}`
    throw new TypeError(`${expected}, but an ${came} came`)
  }
  return parsed
}
