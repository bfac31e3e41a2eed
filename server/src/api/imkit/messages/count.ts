/** GET /rooms/:id/count: how many messages a room has, or has had after a time. */
import { END, type Position } from '../../../domain/place.ts'
import { timeIn } from '../queries.ts'
import { namedRoom, viewOf } from '../rooms/room.ts'
import type { Route } from '../route.ts'

export const countMessages: Route = {
  method: 'GET',
  path: '/rooms/:id/count',
  access: 'both',
  async handle({ caller, params, query }, door) {
    const timeMs = timeIn(query, 'timeInMS')
    const view = viewOf(caller, await namedRoom(params.id!, caller, door))
    if (timeMs === undefined) return { count: door.index.copies(...view) }
    let after: Position = (await door.views.lastUpTo(...view, timeMs)) ?? 0
    let count = 0
    while (count < COUNT_MAX) {
      const page = { after, before: END, limit: PAGE, order: 'oldest' } as const
      const entries = await door.index.timeline(...view, page)
      count += entries.length
      if (entries.length < PAGE) break
      after = entries.at(-1)!.position
    }
    return { count }
  },
}

/** More are not counted one by one. */
const COUNT_MAX = 100_000
const PAGE = 1000
