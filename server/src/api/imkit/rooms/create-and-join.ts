/** POST /rooms/createAndJoin: makes a room or finds it; caller and invitees become members. */
import { isGroup } from '../../../domain/peer.ts'
import { oneOrMoreTexts, optionalTexts } from '../fields.ts'
import { roomObject } from '../objects/room.ts'
import type { Route } from '../route.ts'
import { makeRoom, roomTypeIn } from './create.ts'
import { accountsOf, addMembers, changeIn, refuseInvitations } from './members.ts'
import { requireMember } from './room.ts'
import { sayJoined } from './system-message.ts'

export const createAndJoin: Route = {
  method: 'POST',
  path: '/rooms/createAndJoin',
  access: 'client',
  async handle({ caller, body }, door) {
    const invitees = accountsOf('invitee', oneOrMoreTexts(body, 'invitee') ?? [], door)
    const others = accountsOf('members', optionalTexts(body, 'members') ?? [], door)
    const members = [...new Set([caller.account, ...invitees, ...others])]
    const change = changeIn(body, caller)
    if (roomTypeIn(body) !== 'direct') refuseInvitations(body)
    const { conversation, isNew } = await makeRoom(body, members, door)
    const [group] = conversation
    if (!isGroup(group)) requireMember(caller, conversation, door)
    else if (!isNew) await addMembers(conversation, members, change, door)
    else if (change.isTold) await sayJoined(group, caller.account, members, door)
    return roomObject(conversation, caller, door)
  },
}
