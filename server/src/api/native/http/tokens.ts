import { TOKEN_SECONDS, TOKEN_SECONDS_MAX } from '../../../access/tokens.ts'
import { accountId, optional, whole } from '../fields.ts'
import { numberOf } from './callers.ts'
import { bodyOf, type Call } from './route.ts'

const kinds = { account: accountId, expireSeconds: optional(whole(1, TOKEN_SECONDS_MAX)) }

/** POST /v1/tokens: a token for an account, for the platform. */
export const postToken: Call = async ({ callers, directory, identify, now }, request) => {
  callers.requirePlatform(request.headers)
  const body = await bodyOf(request, kinds)
  const account = body.account as string
  const expireSeconds = (body.expireSeconds as number | undefined) ?? TOKEN_SECONDS
  numberOf('account', account, directory)

  const issuedAtSeconds = Math.floor(now() / 1000)
  const expiresAtSeconds = issuedAtSeconds + expireSeconds
  const token = await identify.tokens.make({ account, issuedAtSeconds, expiresAtSeconds })
  return JSON.stringify({ account, token, expiresAt: expiresAtSeconds * 1000 })
}
