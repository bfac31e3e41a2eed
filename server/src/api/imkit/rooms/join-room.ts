/** POST /rooms/:id/join. A direct room is joined by nobody but its two, who are there already. */
import { isGroup } from '../../../domain/peer.ts'
import { roomObject } from '../objects/room.ts'
import type { Route } from '../route.ts'
import { addMembers, changeIn } from './members.ts'
import { existingRoom, requireMember } from './room.ts'

export const joinRoom: Route = {
  method: 'POST',
  path: '/rooms/:id/join',
  access: 'client',
  async handle({ caller, params, body }, door) {
    const conversation = await existingRoom(params.id!, door)
    if (!isGroup(conversation[0])) requireMember(caller, conversation, door)
    else await addMembers(conversation, [caller.account], changeIn(body, caller), door)
    return roomObject(conversation, caller, door)
  },
}
