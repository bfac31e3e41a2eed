import { Refusal } from '../answers.ts'
import { accountOf } from '../clients.ts'
import { clientOf } from '../objects/client.ts'
import type { Route } from '../route.ts'
import { bindToken, endIn, expirationOf, revokedTokens, takeTokens, tokenIn } from '../tokens.ts'

/** PUT /admin/clients/:id/token: binds a token of the platform's own making to a client. */
export const putToken: Route = {
  method: 'PUT',
  path: '/admin/clients/:id/token',
  access: 'platform',
  async handle({ params, body }, door) {
    const account = accountOf('id', params.id!, door)
    const known = await bindToken(account, tokenIn(body), endIn(body, door), door)
    return { token: known.token, client: clientOf(account, door), ...expirationOf(known) }
  },
}

/** DELETE /admin/clients/:id/token: takes one token of a client back, or all of them. */
export const deleteToken: Route = {
  method: 'DELETE',
  path: '/admin/clients/:id/token',
  access: 'platform',
  async handle({ params, body, query }, door) {
    const account = accountOf('id', params.id!, door)
    // Some HTTP libraries send no body with DELETE.
    const token = body.token ?? query.get('token')
    const wanted = token === null ? null : tokenIn({ token })
    const tokens = door.directory
      .tokensOf(account)
      .filter((known) => wanted === null || known.token === wanted)
    if (wanted !== null && tokens.length === 0) {
      throw new Refusal('TOKEN_NOT_FOUND', 'token: the client has no such token')
    }
    return revokedTokens(await takeTokens(account, tokens, door))
  },
}
