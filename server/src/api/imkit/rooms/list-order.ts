/** In which order rooms are listed, and which of them are new enough. */
import { END } from '../../../domain/place.ts'
import type { ObjectDoor } from '../objects/message.ts'
import type { ListedRoom } from './list.ts'
import { viewOf } from './room.ts'

/**
 * The rooms by the fields of `sort`, which are separated by spaces and go down after a minus:
 * `lastMessage` and `createdTime`. Others are left out.
 */
export async function sorted(
  rooms: readonly ListedRoom[],
  sort: string,
  door: ObjectDoor,
): Promise<ListedRoom[]> {
  const fields = sort.split(' ').filter((field) => /^-?(lastMessage|createdTime)$/.test(field))
  const byTime = fields.some((field) => field.endsWith('createdTime'))
  const created = byTime ? await creationTimes(rooms, door) : null
  const keys = fields.map((field) => {
    const sign = field.startsWith('-') ? -1 : 1
    const isTime = field.endsWith('createdTime')
    return (room: ListedRoom) => sign * (isTime ? created!.get(room)! : room.newest)
  })
  return rooms.toSorted((a, b) => {
    for (const key of keys) if (key(a) !== key(b)) return key(a) - key(b)
    return 0
  })
}

/** The rooms that were made, or heard their newest message, at that time or later. */
export async function updatedAfter(
  rooms: readonly ListedRoom[],
  timeMs: number,
  door: ObjectDoor,
): Promise<ListedRoom[]> {
  const { after } = door.views.between(timeMs, Number.MAX_SAFE_INTEGER)
  const near = rooms.filter(({ newest }) => newest > after)
  const messages = await door.views.messages(near.map(({ newest }) => newest))
  // Where no message stands, the client has joined: that the span has room for it is all we know.
  const updated = new Set(near.filter((_, i) => (messages[i]?.time ?? timeMs) >= timeMs))
  return rooms.filter(
    (room) => updated.has(room) || (room.described !== null && room.described.createdAt >= timeMs),
  )
}

async function creationTimes(
  rooms: readonly ListedRoom[],
  { index, views }: ObjectDoor,
): Promise<Map<ListedRoom, number>> {
  const implied = rooms.filter(({ described }) => described === null)
  const first = await Promise.all(
    implied.map(async ({ conversation }) => {
      const page = { after: 0, before: END, limit: 1, order: 'oldest' } as const
      const [entry] = await index.timeline(...viewOf({ kind: 'platform' }, conversation), page)
      return entry?.position ?? 0
    }),
  )
  const messages = await views.messages(first)
  const spokenAt = new Map(implied.map((room, i) => [room, messages[i]?.time ?? 0]))
  return new Map(rooms.map((room) => [room, room.described?.createdAt ?? spokenAt.get(room) ?? 0]))
}
