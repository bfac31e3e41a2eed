/** What a client has not read, over all its valid rooms or those with some tags. */
import { type ConversationKey, peerIn } from '../../../domain/peer.ts'
import type { Described } from '../../../engines/directory.ts'
import { attributesOf } from '../objects/client.ts'
import type { Door } from '../route.ts'

type BadgeDoor = Pick<Door, 'index' | 'directory'>

/** Frozen rooms are not valid. Who froze one has described it, so that the others need no look. */
export function badgeOf(account: number, door: BadgeDoor): number {
  const frozen = describedRooms(account, door).filter(({ isFrozen }) => isFrozen)
  return door.index.totals(account).unread - unreadIn(account, frozen, door)
}

/**
 * By tag, and together: a room with several of the tags counts once. Null: every tag there is.
 * `countIn`: what counts in a room; left out: everything that is unread.
 */
export async function badgesByTag(
  account: number,
  tags: readonly string[] | null,
  door: BadgeDoor,
  countIn?: (conversation: ConversationKey) => Promise<number>,
): Promise<{ totalBadge: number; data: Record<string, number> }> {
  const badges = new Map((tags ?? []).map((tag) => [tag, 0]))
  let totalBadge = 0
  for (const room of describedRooms(account, door)) {
    if (room.isFrozen) continue
    const wanted = tagsOf(room).filter((tag) => tags === null || badges.has(tag))
    if (wanted.length === 0) continue
    const unread = (await countIn?.(room.conversation)) ?? unreadIn(account, [room], door)
    totalBadge += unread
    for (const tag of new Set(wanted)) badges.set(tag, (badges.get(tag) ?? 0) + unread)
  }
  return { totalBadge, data: Object.fromEntries(badges) }
}

function describedRooms(account: number, { index, directory }: BadgeDoor): Described[] {
  const groups = Array.from(index.groups(account), (group): ConversationKey => [group, 0])
  return [...groups, ...directory.describedPairs(account)]
    .map((conversation) => directory.described(conversation))
    .filter((described) => described !== null)
}

function unreadIn(account: number, rooms: readonly Described[], { index }: BadgeDoor): number {
  return rooms.reduce(
    (sum, { conversation }) => sum + index.unread(account, peerIn(conversation, account)),
    0,
  )
}

function tagsOf({ attributes }: Described): string[] {
  const { roomTags } = attributesOf(attributes)
  return Array.isArray(roomTags) ? roomTags : []
}
