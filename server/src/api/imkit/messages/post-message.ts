/**
 * What comes to a room: a new message, or, with the id of one, an edit or a
 * recall of it. Calls and sockets end here.
 */
import type { Message } from '../../../domain/message.ts'
import { accountOf, adminClient } from '../clients.ts'
import { contentOf } from '../content.ts'
import { type Fields, flag, optionalText } from '../fields.ts'
import { messageObject } from '../objects/message.ts'
import { findRoom, notMember, requireMember, type Viewer } from '../rooms/room.ts'
import type { Door, Route } from '../route.ts'
import { changeMessage } from './change-message.ts'
import { sendMessage } from './send-message.ts'

/** POST /rooms/:id/message */
export const postRoomMessage: Route = {
  method: 'POST',
  path: '/rooms/:id/message',
  access: 'both',
  async handle({ caller, params, body }, door) {
    return messageObject(await postMessage(caller, params.id!, body, door), door)
  },
}

/** A room that is not there is answered like one of which the caller is no member. */
export async function postMessage(
  caller: Viewer,
  room: string,
  body: Fields,
  door: Door,
): Promise<Message> {
  const id = optionalText(body, '_id') || undefined
  if (id !== undefined) {
    const conversation = await findRoom(room, door)
    if (conversation === null) throw notMember(room)
    requireMember(caller, conversation, door)
    return changeMessage(caller, conversation, id, body, door)
  }
  const content = contentOf(body)
  const push = flag(body, 'push', true)
  const sender = await senderOf(caller, body, door)
  const membersOnly = caller.kind === 'client'
  return sendMessage({ sender, room, content, push, membersOnly, noRoom: 'NOT_ROOM_MEMBER' }, door)
}

/** A client is always the sender itself; what it says of a sender is of its own making. */
async function senderOf(caller: Viewer, body: Fields, door: Door): Promise<number> {
  if (caller.kind === 'client') return caller.account
  const sender = optionalText(body, 'sender') || undefined
  return sender === undefined
    ? (await adminClient(door)).account
    : accountOf('sender', sender, door)
}
