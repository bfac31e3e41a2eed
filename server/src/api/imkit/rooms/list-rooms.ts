/** GET /rooms: the rooms of a client, or all for the platform; see list.ts. */

import type { ObjectDoor } from '../objects/message.ts'
import { roomObjects } from '../objects/room.ts'
import { timeIn, wholeIn } from '../queries.ts'
import type { Route } from '../route.ts'
import { compileFilter, parseFilter } from './filter.ts'
import type { ListedRoom } from './list.ts'
import { roomsThatMatch } from './list-filter.ts'
import { sorted, updatedAfter } from './list-order.ts'
import { membersOf } from './room.ts'

export const listRooms: Route = {
  method: 'GET',
  path: '/rooms',
  access: 'both',
  async handle({ caller, query }, door) {
    const skip = wholeIn(query, 'skip', { fallback: 0, max: Number.MAX_SAFE_INTEGER })
    const limit = wholeIn(query, 'limit', { fallback: 0, max: PAGE_ROOMS_MAX })
    const unreadFirst = wholeIn(query, 'sortUnreadFirst', { fallback: 0, max: 1 }) !== 0
    const since = timeIn(query, 'updatedAfter')
    const filter = parseFilter('q', query.get('q') || '{}')
    // Nobody has preferences for a room yet: every room's are empty.
    const pref = parseFilter('pref', query.get('pref') || query.get('prefs') || '{}')
    const hasPref = compileFilter('pref', pref)({})

    const matching = hasPref ? await roomsThatMatch(caller, filter, door) : []
    const updated = since === undefined ? matching : await updatedAfter(matching, since, door)
    const inOrder = await sorted(updated, query.get('sort') || '-lastMessage', door)
    const rooms = unreadFirst
      ? inOrder.toSorted((a, b) => Number(b.unread > 0) - Number(a.unread > 0))
      : inOrder
    const page = pageOf(rooms.slice(skip, skip + (limit || PAGE_ROOMS_MAX)), door)
    return { totalCount: rooms.length, data: await roomObjects(page, caller, door) }
  },
}

const PAGE_ROOMS_MAX = 1000
/** Members are shown with each room: a page ends with the room that would make them more. */
const PAGE_MEMBERS_MAX = 50_000

function pageOf(rooms: readonly ListedRoom[], door: ObjectDoor): ListedRoom['conversation'][] {
  let members = 0
  const end = rooms.findIndex(({ conversation }, i) => {
    members += membersOf(conversation, door).length
    return i > 0 && members > PAGE_MEMBERS_MAX
  })
  const page = end < 0 ? rooms : rooms.slice(0, end)
  return page.map(({ conversation }) => conversation)
}
