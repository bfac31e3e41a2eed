/** GET /rooms/:id/pined-messages: none, since nothing is pinned yet; so spelled on the wire. */
import { namedRoom } from '../rooms/room.ts'
import type { Route } from '../route.ts'

export const listPinned: Route = {
  method: 'GET',
  path: '/rooms/:id/pined-messages',
  access: 'both',
  async handle({ caller, params }, door) {
    await namedRoom(params.id!, caller, door)
    return { totalCount: 0, data: [] }
  },
}
