/** POST /rooms/:id/delete/members, and the older form for a single one. One's own id: to leave. */
import { texts } from '../fields.ts'
import { roomObject } from '../objects/room.ts'
import type { Call, Client, Door, Platform, Route } from '../route.ts'
import { accountsOf, changeIn, removeMembers } from './members.ts'
import { namedRoom } from './room.ts'

export const deleteSeveral: Route = {
  method: 'POST',
  path: '/rooms/:id/delete/members',
  access: 'both',
  handle: (call, door) => remove(call, texts(call.body, 'members'), door),
}

export const deleteOne: Route = {
  method: 'DELETE',
  path: '/rooms/:id/members/:uid',
  access: 'both',
  handle: (call, door) => remove(call, [call.params.uid!], door),
}

async function remove(
  { caller, params, body }: Call<Platform | Client>,
  ids: readonly string[],
  door: Door,
) {
  const accounts = accountsOf('members', ids, door)
  const conversation = await namedRoom(params.id!, caller, door)
  await removeMembers(conversation, accounts, changeIn(body, caller), door)
  return roomObject(conversation, caller, door)
}
