import type { Route } from '../route.ts'
import { revokedTokens, takeTokens } from '../tokens.ts'

/** POST /me/logout: takes the token in use back. */
export const postLogout: Route = {
  method: 'POST',
  path: '/me/logout',
  access: 'client',
  async handle({ caller: { account, token } }, door) {
    const mine = door.directory.tokensOf(account).filter((known) => known.token === token)
    return revokedTokens(await takeTokens(account, mine, door))
  },
}

/** POST /me/logout-others: takes every other token of the client back. */
export const postLogoutOthers: Route = {
  method: 'POST',
  path: '/me/logout-others',
  access: 'client',
  async handle({ caller: { account, token } }, door) {
    const others = door.directory.tokensOf(account).filter((known) => known.token !== token)
    return revokedTokens(await takeTokens(account, others, door))
  },
}
