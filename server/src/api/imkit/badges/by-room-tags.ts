/** POST /badges/byRoomTags */
import { optionalTexts } from '../fields.ts'
import type { Route } from '../route.ts'
import { badgesByTag } from './badge.ts'

export const badgesByRoomTags: Route = {
  method: 'POST',
  path: '/badges/byRoomTags',
  access: 'client',
  async handle({ caller, body }, door) {
    const tags = optionalTexts(body, 'tags') ?? []
    return badgesByTag(caller.account, tags.length === 0 ? null : tags, door)
  },
}
