/** PUT /rooms/:id/lastRead: how far the caller has read a room. It never goes back. */
import { messageId } from '../../../domain/message-id.ts'
import { optionalText } from '../fields.ts'
import { namedRoom, viewOf } from '../rooms/room.ts'
import type { Route } from '../route.ts'
import { findMessage } from './find-message.ts'

export const putLastRead: Route = {
  method: 'PUT',
  path: '/rooms/:id/lastRead',
  access: 'client',
  async handle({ caller, params, body }, door) {
    const { index, views, pipeline } = door
    const id = optionalText(body, 'message') || undefined
    const conversation = await namedRoom(params.id!, caller, door)
    const [account, peer] = viewOf(caller, conversation)
    // Clients send nothing from a room without messages.
    if (id !== undefined) {
      const { position } = await findMessage(id, conversation, door)
      await pipeline.markRead(account, peer, position)
    }
    const mark = index.mark(account, peer)
    return {
      client: caller.id,
      ...(mark === 0 ? {} : { lastRead: messageId(views.generation, mark) }),
      badge: index.unread(account, peer),
    }
  },
}
