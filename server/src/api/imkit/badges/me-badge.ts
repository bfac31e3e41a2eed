/** GET /me/badge: with `roomTags`, over the rooms that have any of them. */
import type { Route } from '../route.ts'
import { badgeOf, badgesByTag } from './badge.ts'

export const getBadge: Route = {
  method: 'GET',
  path: '/me/badge',
  access: 'client',
  async handle({ caller: { account }, query }, door) {
    const tags = query.getAll('roomTags').filter((tag) => tag !== '')
    if (tags.length === 0) return { badge: badgeOf(account, door) }
    const { totalBadge } = await badgesByTag(account, tags, door)
    return { badge: totalBadge }
  },
}
