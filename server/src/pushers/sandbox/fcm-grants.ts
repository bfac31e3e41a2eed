/** Gives access tokens for the assertions of one service account, as OAuth 2 has it (RFC 7523). */
import { type KeyObject, randomBytes } from 'node:crypto'
import { type JWTPayload, jwtVerify } from 'jose'
import type { FcmServiceAccount } from './fcm.ts'
import type { DoubleRequest } from './http2-double.ts'

export interface GrantsOptions {
  account: FcmServiceAccount
  publicKey: KeyObject
  now(): number
}

interface GrantAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

const LIFETIME_S = 3599
const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'

export function openGrants({ account, publicKey, now }: GrantsOptions) {
  let good = { token: '', until: 0 }
  let given = 0
  let refusal: GrantAnswer | null = null

  async function give(request: DoubleRequest): Promise<GrantAnswer> {
    if (refusal !== null) return refusal
    const fields = new URLSearchParams(request.body.toString())
    if (fields.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
      return refused('unsupported_grant_type', 'Invalid grant_type')
    }
    const fault = await faultOf(fields.get('assertion') ?? '')
    if (fault !== null) return refused('invalid_grant', fault)
    given += 1
    good = {
      token: `sandbox.${randomBytes(24).toString('base64url')}`,
      until: now() + LIFETIME_S * 1000,
    }
    const grant = { access_token: good.token, expires_in: LIFETIME_S, token_type: 'Bearer' }
    return { status: 200, headers: {}, body: JSON.stringify(grant) }
  }

  /** Null, or what Google would say of it. */
  async function faultOf(assertion: string): Promise<string | null> {
    try {
      const { payload, protectedHeader } = await jwtVerify<JWTPayload>(assertion, publicKey, {
        algorithms: ['RS256'],
        issuer: account.client_email,
        audience: account.token_uri,
        currentDate: new Date(now()),
      })
      if (protectedHeader.kid !== account.private_key_id) return 'Invalid JWT Signature.'
      if (payload.scope !== SCOPE) return 'Invalid scope.'
      const lifetime = (payload.exp ?? Number.NaN) - (payload.iat ?? Number.NaN)
      return lifetime > 0 && lifetime <= 3600 ? null : 'Invalid JWT: iat and exp.'
    } catch {
      return 'Invalid JWT Signature.'
    }
  }

  return {
    give,
    isGood(authorization: string | undefined): boolean {
      return authorization === `Bearer ${good.token}` && now() < good.until
    },
    handle: {
      get given() {
        return given
      },
      revoke() {
        good = { token: '', until: 0 }
      },
      refuseWith(answer: (Omit<GrantAnswer, 'headers'> & Partial<GrantAnswer>) | null) {
        refusal = answer && { headers: {}, ...answer }
      },
    },
  }
}

function refused(error: string, description: string): GrantAnswer {
  const body = JSON.stringify({ error, error_description: description })
  return { status: 400, headers: {}, body }
}
