/** Invitations. Whoever is invited becomes a member at once, so that none is ever pending. */
import type { Route } from '../route.ts'
import { existingRoom, namedRoom } from './room.ts'

const none = { totalCount: 0, data: [] }

/** GET /rooms/invitations: the caller's own. */
export const myInvitations: Route = {
  method: 'GET',
  path: '/rooms/invitations',
  access: 'client',
  handle: async () => none,
}

/** GET /rooms/:id/invitations: those of a room. */
export const roomInvitations: Route = {
  method: 'GET',
  path: '/rooms/:id/invitations',
  access: 'both',
  async handle({ caller, params }, door) {
    await namedRoom(params.id!, caller, door)
    return none
  },
}

/** DELETE /rooms/:id/invitations: declines the caller's own; gives those that are left. */
export const declineInvitation: Route = {
  method: 'DELETE',
  path: '/rooms/:id/invitations',
  access: 'client',
  async handle({ params }, door) {
    await existingRoom(params.id!, door)
    return none
  },
}

/** POST /rooms/:id/delete/invitations: cancels some; gives those that are left. */
export const cancelInvitations: Route = {
  method: 'POST',
  path: '/rooms/:id/delete/invitations',
  access: 'both',
  async handle({ caller, params }, door) {
    await namedRoom(params.id!, caller, door)
    return none
  },
}
