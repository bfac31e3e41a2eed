/** GET /rooms/:id/messages: the older list. Newest first; its anchor is not part of the page. */

import type { Message } from '../../../domain/message.ts'
import { messageId } from '../../../domain/message-id.ts'
import { conversationOf } from '../../../domain/peer.ts'
import { date } from '../objects/dates.ts'
import { messageObjects, type ObjectDoor, saidIn } from '../objects/message.ts'
import { wholeIn } from '../queries.ts'
import { compileFilter, type Document, parseFilter } from '../rooms/filter.ts'
import { namedRoom, viewOf } from '../rooms/room.ts'
import type { Route } from '../route.ts'
import { anchorIn } from './anchors.ts'
import { LIMIT, LIMIT_MAX } from './limits.ts'
import { walk } from './walk.ts'

export const listOld: Route = {
  method: 'GET',
  path: '/rooms/:id/messages',
  access: 'both',
  async handle({ caller, params, query }, door) {
    const limit = wholeIn(query, 'limit', { fallback: LIMIT, max: LIMIT_MAX }) || LIMIT
    const before = anchorIn(query, 'beforeMessage', door)
    const q = query.get('q')
    const filter = q ? compileFilter('q', parseFilter('q', q)) : null
    const view = viewOf(caller, await namedRoom(params.id!, caller, door))
    const found = await walk(
      view,
      {
        ...(before === undefined ? {} : { before }),
        ...(filter === null ? {} : { matches: (message) => filter(documentOf(message, door)) }),
        order: 'newest',
        limit,
      },
      door,
    )
    return { totalCount: door.index.copies(...view), data: await messageObjects(found, door) }
  },
}

/** What filters are asked about: what a message says, and who said it when. */
function documentOf(message: Message, { directory, conversationIds, views }: ObjectDoor): Document {
  const id = messageId(views.generation, message.position)
  return {
    ...saidIn(message),
    _id: id,
    id,
    room: conversationIds.of(conversationOf(message.sender, message.recipient)),
    sender: directory.id(message.sender),
    ...date('messageTime', message.time),
    ...date('createdAt', message.time),
    ...date('updatedAt', message.changedAt ?? message.time),
  }
}
