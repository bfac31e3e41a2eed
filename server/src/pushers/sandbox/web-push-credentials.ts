import { importJWK, jwtVerify } from 'jose'

/** What is wrong with the credentials of a push, and the status that says so (RFC 8292, section 4.2). */
export interface CredentialFault {
  status: 401 | 403
  reason: string
}

const LIFETIME_SECONDS_MAX = 86_400

/** Checks the header `Authorization` as a push service does. Null: nothing is wrong. */
export async function faultOfCredentials(
  authorization: string | undefined,
  { origin, publicKey }: { origin: string; publicKey: string },
): Promise<CredentialFault | null> {
  if (authorization === undefined) return { status: 401, reason: 'MissingCredentials' }
  const [, token, key] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(authorization) ?? []
  if (token === undefined || key === undefined) return forbidden('MalformedCredentials')
  if (key !== publicKey) return forbidden('VapidPkHashMismatch')
  const verified = await verify(token, key, origin)
  if (verified === null) return forbidden('BadJwtToken')
  const { exp, sub } = verified
  if (exp === undefined || exp > Date.now() / 1000 + LIFETIME_SECONDS_MAX) {
    return forbidden('BadExpiration')
  }
  return /^(mailto|https):./.test(sub ?? '') ? null : forbidden('BadSubject')
}

async function verify(token: string, key: string, audience: string) {
  const point = Buffer.from(key, 'base64url')
  const x = point.toString('base64url', 1, 33)
  const y = point.toString('base64url', 33, 65)
  try {
    const publicKey = await importJWK({ kty: 'EC', crv: 'P-256', x, y }, 'ES256')
    const { payload } = await jwtVerify(token, publicKey, { audience, algorithms: ['ES256'] })
    return payload
  } catch {
    return null
  }
}

function forbidden(reason: string): CredentialFault {
  return { status: 403, reason }
}
