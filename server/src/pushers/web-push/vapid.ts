/** Says to push services who is pushing (RFC 8292): a signed token for each of them, made again twice a day. */
import { createECDH, createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'

export interface VapidKeys {
  /** Point on P-256, uncompressed, base64url: what browsers are given to subscribe with. */
  publicKey: string
  /** 32 bytes, base64url. */
  privateKey: string
}

export interface Vapid {
  /** The value of the header `Authorization` for a push service. */
  authorization(origin: string): Promise<string>
}

/** Push services refuse more than 24 h, and a clock of theirs may be behind. */
const LIFETIME_SECONDS = 12 * 3600
const RENEWED_AFTER_MS = 6 * 3_600_000

/** There are a handful of push services; a subscription that names another comes from anybody. */
const ORIGINS_MAX = 1000

export function openVapid(
  { publicKey, privateKey, subject }: VapidKeys & { subject: string },
  now: () => number = Date.now,
): Vapid {
  const jwk = privateJwk({ publicKey, privateKey })
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const made = new Map<string, { at: number; value: Promise<string> }>()

  function sign(origin: string, at: number): Promise<string> {
    return new SignJWT({ aud: origin, sub: subject, exp: Math.floor(at / 1000) + LIFETIME_SECONDS })
      .setProtectedHeader({ typ: 'JWT', alg: 'ES256' })
      .sign(key)
      .then((token) => `vapid t=${token}, k=${publicKey}`)
  }

  return {
    authorization(origin) {
      const at = now()
      const known = made.get(origin)
      if (known && at >= known.at && at - known.at < RENEWED_AFTER_MS) return known.value
      if (!known && made.size >= ORIGINS_MAX) made.delete(made.keys().next().value!)
      const value = sign(origin, at)
      made.set(origin, { at, value })
      return value
    },
  }
}

export function newVapidKeys(): VapidKeys {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  // A scalar that begins with zeros is shorter in Node's hands.
  const scalar = Buffer.alloc(32)
  const bytes = pair.getPrivateKey()
  bytes.copy(scalar, scalar.length - bytes.length)
  return {
    publicKey: pair.getPublicKey('base64url'),
    privateKey: scalar.toString('base64url'),
  }
}

/** Why these are no keys to push with, or null: they are. */
export function faultOfVapidKeys({ publicKey, privateKey }: VapidKeys): string | null {
  const scalar = Buffer.from(privateKey, 'base64url')
  if (scalar.length !== 32) {
    return `the private key: expected 32 bytes in base64url, but ${scalar.length} bytes came`
  }
  const pair = createECDH('prime256v1')
  try {
    pair.setPrivateKey(scalar)
  } catch {
    return 'the private key: expected a number of the curve P-256'
  }
  return pair.getPublicKey('base64url') === publicKey
    ? null
    : 'the public key: expected the one of the private key'
}

function privateJwk({ publicKey, privateKey }: VapidKeys) {
  const point = Buffer.from(publicKey, 'base64url')
  return {
    kty: 'EC',
    crv: 'P-256',
    x: point.toString('base64url', 1, 33),
    y: point.toString('base64url', 33, 65),
    d: privateKey,
  }
}
