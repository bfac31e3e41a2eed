/** POST /rooms/:id/members, and the older form for a single one. */
import { texts } from '../fields.ts'
import { roomObject } from '../objects/room.ts'
import type { Call, Client, Door, Platform, Route } from '../route.ts'
import { accountsOf, addMembers, changeIn, refuseInvitations } from './members.ts'
import { namedRoom } from './room.ts'

export const addSeveral: Route = {
  method: 'POST',
  path: '/rooms/:id/members',
  access: 'both',
  handle: (call, door) => add(call, texts(call.body, 'invitees'), door),
}

export const addOne: Route = {
  method: 'POST',
  path: '/rooms/:id/members/:invitee',
  access: 'both',
  handle: (call, door) => add(call, [call.params.invitee!], door),
}

async function add(
  { caller, params, body }: Call<Platform | Client>,
  ids: readonly string[],
  door: Door,
) {
  const invitees = accountsOf('invitees', ids, door)
  refuseInvitations(body)
  const conversation = await namedRoom(params.id!, caller, door)
  await addMembers(conversation, invitees, changeIn(body, caller), door)
  return roomObject(conversation, caller, door)
}
