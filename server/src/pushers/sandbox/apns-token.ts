import type { KeyObject } from 'node:crypto'
import { type JWTPayload, jwtVerify } from 'jose'
import type { Fault } from './apns.ts'

export interface ApnsTokenCheckOptions {
  keyId: string
  teamId: string
  publicKey: KeyObject
  now(): number
}

const AGE_MAX_S = 3600

/** Whether Apple would take a provider token: null, or why not. One token is verified once. */
export function openApnsTokenCheck({ keyId, teamId, publicKey, now }: ApnsTokenCheckOptions) {
  let known = { token: '', issuedAt: 0 }

  return async (authorization: string | undefined): Promise<Fault | null> => {
    const [, token] = /^bearer (\S+)$/.exec(authorization ?? '') ?? []
    if (token === undefined) return [403, 'MissingProviderToken']
    const { issuedAt } = token === known.token ? known : await verify(token)
    const ageSeconds = now() / 1000 - issuedAt
    if (Number.isNaN(ageSeconds) || ageSeconds < -60) return [403, 'InvalidProviderToken']
    if (ageSeconds > AGE_MAX_S) return [403, 'ExpiredProviderToken']
    known = { token, issuedAt }
    return null
  }

  /** Not a number: the token is none that Apple would take, however young. */
  async function verify(token: string): Promise<{ issuedAt: number }> {
    try {
      const options = { algorithms: ['ES256'], issuer: teamId, currentDate: new Date(now()) }
      const { payload, protectedHeader } = await jwtVerify<JWTPayload>(token, publicKey, options)
      const isOurs = protectedHeader.kid === keyId && Object.keys(payload).length === 2
      return { issuedAt: isOurs ? (payload.iat ?? Number.NaN) : Number.NaN }
    } catch {
      return { issuedAt: Number.NaN }
    }
  }
}
