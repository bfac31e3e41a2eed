/** GET /rooms/:id */
import { roomObject } from '../objects/room.ts'
import type { Route } from '../route.ts'
import { namedRoom } from './room.ts'

export const getRoom: Route = {
  method: 'GET',
  path: '/rooms/:id',
  access: 'both',
  async handle({ caller, params }, door) {
    return roomObject(await namedRoom(params.id!, caller, door), caller, door)
  },
}
