import { clientOf } from '../objects/client.ts'
import { changeClients, clientChange } from '../profile.ts'
import type { Route } from '../route.ts'

/** GET /me: the client itself. */
export const getMe: Route = {
  method: 'GET',
  path: '/me',
  access: 'client',
  handle: async ({ caller }, door) => clientOf(caller.account, door),
}

/** POST /me: what it says of itself. */
export const postMe: Route = {
  method: 'POST',
  path: '/me',
  access: 'client',
  async handle({ caller, body }, door) {
    await changeClients([clientChange(caller.id, body, 'client')], door)
    return clientOf(caller.account, door)
  },
}
