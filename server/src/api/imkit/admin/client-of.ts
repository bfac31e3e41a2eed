import { accountOf } from '../clients.ts'
import { clientOf } from '../objects/client.ts'
import type { Route } from '../route.ts'

/** GET /admin/clients/:id: one client. */
export const getClient: Route = {
  method: 'GET',
  path: '/admin/clients/:id',
  access: 'platform',
  async handle({ params }, door) {
    return clientOf(accountOf('id', params.id!, door), door)
  },
}
