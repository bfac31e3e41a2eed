/** POST /rooms: makes a room. Whoever calls does not become a member. */
import { isGroup } from '../../../domain/peer.ts'
import { Refusal } from '../answers.ts'
import { optionalTexts } from '../fields.ts'
import { roomObject } from '../objects/room.ts'
import type { Route } from '../route.ts'
import { makeRoom, roomTypeIn } from './create.ts'
import { accountsOf, actor, changeIn, refuseInvitations } from './members.ts'
import { requireMember } from './room.ts'
import { sayJoined } from './system-message.ts'

export const createRoom: Route = {
  method: 'POST',
  path: '/rooms',
  access: 'both',
  async handle({ caller, body }, door) {
    const members = accountsOf('members', optionalTexts(body, 'members') ?? [], door)
    const { isTold } = changeIn(body, caller)
    const isOfOthers = caller.kind === 'client' && !members.includes(caller.account)
    if (roomTypeIn(body) !== 'direct') refuseInvitations(body)
    else if (isOfOthers) {
      throw new Refusal('INSUFFICIENT_PERMISSIONS', 'members: the client is not one of the two')
    }
    const { conversation, isNew } = await makeRoom(body, members, door)
    if (!isNew) requireMember(caller, conversation, door)
    if (isNew && isTold && isGroup(conversation[0])) {
      await sayJoined(conversation[0], await actor(caller, door), members, door)
    }
    const room = await roomObject(conversation, caller, door)
    return { ...room, members: room.members.map(({ id }) => id) }
  },
}
