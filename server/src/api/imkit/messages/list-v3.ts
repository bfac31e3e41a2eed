/**
 * GET /rooms/:id/messages/v3: a page of a room.
 *
 *   beforeMessage    the newest up to it       afterMessage    the oldest from it on
 *   sortOrder desc   the newest in between     asc             the oldest in between
 *
 * Anchors are part of their pages. Without `sortOrder` what is shown goes from new to old.
 */
import type { Message } from '../../../domain/message.ts'
import type { Position } from '../../../domain/place.ts'
import { unexpected } from '../fields.ts'
import { messageObjects, type ObjectDoor } from '../objects/message.ts'
import { timeIn, wholeIn } from '../queries.ts'
import { namedRoom, viewOf } from '../rooms/room.ts'
import type { Route } from '../route.ts'
import { anchorIn } from './anchors.ts'
import { LIMIT, LIMIT_MAX } from './limits.ts'
import { type Walk, walk } from './walk.ts'

export const listV3: Route = {
  method: 'GET',
  path: '/rooms/:id/messages/v3',
  access: 'both',
  async handle({ caller, params, query }, door) {
    const startedAt = performance.now()
    const limit = wholeIn(query, 'limit', { fallback: LIMIT, max: LIMIT_MAX }) || LIMIT
    const last = anchorIn(query, 'beforeMessage', door)
    const first = anchorIn(query, 'afterMessage', door)
    const sortOrder = choiceIn(query, 'sortOrder', ['asc', 'desc'])
    const time = timeRangeIn(query, door)
    const conversation = await namedRoom(params.id!, caller, door)
    const view = viewOf(caller, conversation)

    const isNearFirst = sortOrder === undefined && first !== undefined && last === undefined
    const order = sortOrder === 'asc' || isNearFirst ? 'oldest' : 'newest'
    const bounds = {
      after: Math.max((first ?? 0) - 1, time.after, 0),
      ...(last === undefined ? {} : { before: last + 1 }),
    }
    const found = await walk(view, { ...time.filter, ...bounds, order, limit }, door)
    const shown = isNearFirst ? found.toReversed() : found
    return {
      totalCount: door.index.copies(...view),
      data: await messageObjects(shown, door),
      userDeletedIDs: [],
      inspect: {
        query: { ...Object.fromEntries(query), room: params.id },
        tookMS: Math.round(performance.now() - startedAt),
      },
    }
  },
}

const timeFields = ['updatedAt', 'createdAt', 'messageTime'] as const

function choiceIn<Choice extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = query.get(name)
  if (value === null || value === '') return undefined
  const choice = choices.find((each) => each === value)
  if (choice !== undefined) return choice
  throw unexpected(name, `one of ${choices.join(', ')}`, value, 'INVALID_QUERY')
}

interface TimeRange {
  after: Position
  filter: Pick<Walk, 'mayMatch' | 'matches'>
}

/**
 * `afterTime`, compared with the field that `timeRangeField` names. A message was updated when it
 * was sent, or changed later, which the directory knows without its being read.
 */
function timeRangeIn(query: URLSearchParams, { views, directory }: ObjectDoor): TimeRange {
  const field = choiceIn(query, 'timeRangeField', timeFields) ?? 'updatedAt'
  const timeMs = timeIn(query, 'afterTime')
  if (timeMs === undefined) return { after: 0, filter: {} }
  const { after } = views.between(timeMs, Number.MAX_SAFE_INTEGER)
  if (field !== 'updatedAt') {
    return { after, filter: { matches: ({ time }: Message) => time >= timeMs } }
  }
  return {
    after: 0,
    filter: {
      mayMatch(positions) {
        const overlays = directory.overlays(positions)
        return positions.map(
          (position, i) => position > after || (overlays[i]?.time ?? 0) >= timeMs,
        )
      },
      matches: ({ time, changedAt }) => (changedAt ?? time) >= timeMs,
    },
  }
}
