import { clientId, flag } from '../fields.ts'
import { clientOf } from '../objects/client.ts'
import { changeClients, clientChange } from '../profile.ts'
import type { Route } from '../route.ts'
import { bindToken, endIn, expirationOf, issueToken, tokenIn } from '../tokens.ts'

/** POST /admin/clients: makes a client known, or changes it; with a token for it, if one is wanted. */
export const postClient: Route = {
  method: 'POST',
  path: '/admin/clients',
  access: 'platform',
  async handle({ body }, door) {
    const id = clientId(body, '_id')
    const change = clientChange(id, body, 'platform')
    const isBrought = (body.token ?? undefined) !== undefined
    const brought = isBrought ? tokenIn(body) : null
    const isWanted = isBrought || flag(body, 'issueAccessToken', false)
    const end = endIn(body, door)

    const [account] = await changeClients([change], door)
    const client = clientOf(account!, door)
    if (!isWanted) return client
    const known =
      brought === null
        ? await issueToken(account!, end, door)
        : await bindToken(account!, brought, end, door)
    return { ...client, token: known.token, ...expirationOf(known) }
  },
}
