/** GET /rooms/ids: the ids of the caller's rooms, the newest first. */
import { wholeIn } from '../queries.ts'
import type { Route } from '../route.ts'
import { roomsThatMatch } from './list-filter.ts'

export const roomIds: Route = {
  method: 'GET',
  path: '/rooms/ids',
  access: 'both',
  async handle({ caller, query }, door) {
    const skip = wholeIn(query, 'skip', { fallback: 0, max: Number.MAX_SAFE_INTEGER })
    const limit = wholeIn(query, 'limit', { fallback: 0, max: Number.MAX_SAFE_INTEGER })
    const rooms = await roomsThatMatch(caller, {}, door)
    const page = rooms.slice(skip, limit === 0 ? undefined : skip + limit)
    const data = page.map(({ conversation }) => door.conversationIds.of(conversation))
    return { totalCount: rooms.length, data }
  },
}
