/**
 * Tokens: the credential that our own server gives out for an account. A JWT,
 * HS256, with the claims `id`, `iat` and `exp`. The name `id` is the one that
 * clients in the field read their own id from.
 *
 * A token with the claim `jti` is *kept*: the server that gave it out knows it, and it is good only
 * as long as that is so. Any other is good until it expires.
 */
import { createSecretKey } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'

export const TOKEN_SECONDS = 7 * 86_400
export const TOKEN_SECONDS_MAX = 10 * 365 * 86_400

export interface Token {
  account: string
  issuedAtSeconds: number
  expiresAtSeconds: number
  /** Two tokens of one second differ in it; left out: the token is not kept. */
  serial?: string
}

/** For clients that show their own profile before they have asked for it. */
export interface ShownProfile {
  nickname?: string
  avatarUrl?: string
}

/** What is wrong with a token. Whether it was revoked is for the caller to see: the directory knows. */
export type TokenFault = 'malformed' | 'forged' | 'expired'

export type TokenVerdict = { ok: true; token: Token } | { ok: false; fault: TokenFault }

export interface Tokens {
  make(token: Token, profile?: ShownProfile): Promise<string>
  /** Never rejects, whatever came. */
  verify(jwt: string, nowSeconds: number): Promise<TokenVerdict>
}

export function openTokens(secret: string): Tokens {
  const key = createSecretKey(Buffer.from(secret))
  return {
    make({ account, issuedAtSeconds, expiresAtSeconds, serial }, profile = {}) {
      const jwt = new SignJWT({ id: account, ...profile })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuedAt(issuedAtSeconds)
        .setExpirationTime(expiresAtSeconds)
      if (serial !== undefined) jwt.setJti(serial)
      return jwt.sign(key)
    },

    async verify(jwt, nowSeconds) {
      try {
        const { payload } = await jwtVerify(jwt, key, {
          algorithms: ['HS256'],
          requiredClaims: ['id', 'iat', 'exp'],
          currentDate: new Date(nowSeconds * 1000),
        })
        const { id, iat, exp, jti } = payload
        if (typeof id !== 'string' || iat === undefined || exp === undefined) {
          return { ok: false, fault: 'malformed' }
        }
        const token: Token = { account: id, issuedAtSeconds: iat, expiresAtSeconds: exp }
        return { ok: true, token: jti === undefined ? token : { ...token, serial: jti } }
      } catch (error) {
        return { ok: false, fault: faultOf(error) }
      }
    },
  }
}

/** Three parts of base64url: what a JWT looks like, and neither a UserSig nor, as a rule, a key. */
export function looksLikeToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'forged'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'forged'
  return 'malformed'
}
