import type { Route } from '../route.ts'
import { badgesByRoomTags, badgesByRoomTagsAndTime } from './by-room-tags.ts'
import { badgesByTokens } from './by-tokens.ts'
import { getBadge } from './me-badge.ts'

export const badgeRoutes: readonly Route[] = [
  getBadge,
  badgesByRoomTags,
  badgesByRoomTagsAndTime,
  badgesByTokens,
]
