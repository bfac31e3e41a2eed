/** GET /rooms/:id/exists: also of rooms of which the caller is no member. */
import type { Route } from '../route.ts'
import { findRoom } from './room.ts'

export const roomExists: Route = {
  method: 'GET',
  path: '/rooms/:id/exists',
  access: 'both',
  async handle({ params }, door) {
    return { exists: (await findRoom(params.id!, door)) !== null }
  },
}
