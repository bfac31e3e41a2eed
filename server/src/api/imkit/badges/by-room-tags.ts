/** POST /badges/byRoomTags and /badges/byRoomTagsAndTime: what is unread in rooms by their tags. */
import { Refusal } from '../answers.ts'
import { headerOf } from '../credentials.ts'
import { optionalTexts, optionalTime } from '../fields.ts'
import type { Call, Client, Route } from '../route.ts'
import { badgesByTag } from './badge.ts'
import { unreadBefore } from './unread-before.ts'

export const badgesByRoomTags: Route = {
  method: 'POST',
  path: '/badges/byRoomTags',
  access: 'client',
  async handle(call, door) {
    return badgesByTag(...askedOf(call), door)
  },
}

/** Of what came before `beforeTime` alone. */
export const badgesByRoomTagsAndTime: Route = {
  method: 'POST',
  path: '/badges/byRoomTagsAndTime',
  access: 'client',
  async handle(call, door) {
    const [account, tags] = askedOf(call)
    const timeMs = optionalTime(call.body, 'beforeTime')
    if (timeMs === undefined) return badgesByTag(account, tags, door)
    return badgesByTag(account, tags, door, unreadBefore(account, timeMs, door))
  },
}

/** Whose badges, and by which tags; null: by every one. The platform has none of its own here. */
function askedOf({ caller, headers, body }: Call<Client>): [number, readonly string[] | null] {
  if (caller.token === null && headerOf(headers, 'im-client-id') === undefined) {
    const message = 'IM-CLIENT-ID: expected the client whose badges are meant, but nothing came'
    throw new Refusal('MISSING_PARAMETER', message)
  }
  const tags = optionalTexts(body, 'tags', 'INVALID_TAGS') ?? []
  return [caller.account, tags.length === 0 ? null : tags]
}
