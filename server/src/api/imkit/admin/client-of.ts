import { accountOf } from '../clients.ts'
import { fullClient } from '../objects/client.ts'
import type { Route } from '../route.ts'

/** GET /admin/clients/:id: one client. */
export const getClient: Route = {
  method: 'GET',
  path: '/admin/clients/:id',
  access: 'platform',
  async handle({ params }, door) {
    const [profile] = door.directory.profiles([accountOf('id', params.id!, door)])
    return fullClient(profile!, door)
  },
}
