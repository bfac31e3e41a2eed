/** Mutes a room for a client, and lets it be heard again: by itself, or by the platform. */

import { Refusal } from '../answers.ts'
import { accountOf } from '../clients.ts'
import { clientOf } from '../objects/client.ts'
import { existingRoom, namedRoom } from '../rooms/room.ts'
import type { Route } from '../route.ts'
import { mute, unmute } from './mutes.ts'

const own = '/me/mute/:room'
const clients = '/admin/clients/:uid/mute/:room'

export const postMute: Route = {
  method: 'POST',
  path: own,
  access: 'client',
  async handle({ caller, params }, door) {
    await namedRoom(params.room!, caller, door)
    await mute(caller.id, params.room!, door)
    return clientOf(caller.account, door)
  },
}

/** A room that is not muted, or not there any more, is heard already. */
export const deleteMute: Route = {
  method: 'DELETE',
  path: own,
  access: 'client',
  async handle({ caller, params }, door) {
    await unmute(caller.id, params.room!, door)
    return clientOf(caller.account, door)
  },
}

export const postClientMute: Route = {
  method: 'POST',
  path: clients,
  access: 'platform',
  async handle({ params }, door) {
    const account = accountOf('uid', params.uid!, door)
    await existingRoom(params.room!, door)
    await mute(params.uid!, params.room!, door)
    return clientOf(account, door)
  },
}

/** What the platform takes back has to be there. */
export const deleteClientMute: Route = {
  method: 'DELETE',
  path: clients,
  access: 'platform',
  async handle({ params }, door) {
    const account = accountOf('uid', params.uid!, door)
    if (await unmute(params.uid!, params.room!, door)) return clientOf(account, door)
    const room = JSON.stringify(params.room)
    throw new Refusal('ROOM_NOT_MUTED', `room: the client has not muted ${room}`)
  },
}
