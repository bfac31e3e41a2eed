/** GET /rooms/:id/messages/:messageID: a message and its neighbours, newest first. */
import { messageObjects } from '../objects/message.ts'
import { wholeIn } from '../queries.ts'
import { namedRoom, viewOf } from '../rooms/room.ts'
import type { Route } from '../route.ts'
import { findMessage } from './find-message.ts'
import { LIMIT, LIMIT_MAX } from './limits.ts'
import { walk } from './walk.ts'

export const listAround: Route = {
  method: 'GET',
  path: '/rooms/:id/messages/:messageID',
  access: 'both',
  async handle({ caller, params, query }, door) {
    const older = wholeIn(query, 'before', { fallback: LIMIT, max: LIMIT_MAX })
    const newer = wholeIn(query, 'after', { fallback: LIMIT, max: LIMIT_MAX })
    const conversation = await namedRoom(params.id!, caller, door)
    const message = await findMessage(params.messageID!, conversation, door)
    const { position } = message
    const view = viewOf(caller, conversation)
    const before = await walk(view, { before: position, order: 'newest', limit: older }, door)
    const after = await walk(view, { after: position, order: 'oldest', limit: newer }, door)
    const all = [...after.toReversed(), message, ...before]
    return { totalCount: door.index.copies(...view), data: await messageObjects(all, door) }
  },
}
