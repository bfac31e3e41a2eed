/** What a client has not read of what came before a time. No counter knows that: it is walked. */
import { type ConversationKey, peerIn } from '../../../domain/peer.ts'
import type { Position } from '../../../domain/place.ts'
import type { Door } from '../route.ts'

type BadgeDoor = Pick<Door, 'index' | 'directory' | 'views'>

/** So many messages of all rooms together are looked at; more are not counted. */
const LOOKED_AT_MAX = 100_000
const PAGE = 500

/** Counts in one room after the other, for one call. */
export function unreadBefore(
  account: number,
  timeMs: number,
  { index, directory, views }: BadgeDoor,
): (conversation: ConversationKey) => Promise<number> {
  /** Up to here everything came before the time, and from there on nothing did. */
  const { after: sureUpTo } = views.between(timeMs, Number.MAX_SAFE_INTEGER)
  const { before } = views.between(0, timeMs - 1)
  let lookedAt = 0

  return async (conversation) => {
    const peer = peerIn(conversation, account)
    if (index.unread(account, peer) === 0) return 0
    let after = index.mark(account, peer)
    let count = 0
    while (lookedAt < LOOKED_AT_MAX) {
      const page = { after, before, limit: PAGE, order: 'oldest' } as const
      const entries = await index.timeline(account, peer, page)
      const counted = entries.filter((entry) => entry.counted && !entry.outgoing)
      count += await olderOf(counted.map(({ position }) => position))
      lookedAt += entries.length
      if (entries.length < PAGE) break
      after = entries.at(-1)!.position
    }
    return count
  }

  async function olderOf(positions: readonly Position[]): Promise<number> {
    const overlays = directory.overlays(positions)
    const standing = positions.filter((_, i) => overlays[i]?.change !== 'recall')
    const unsure = await views.messages(standing.filter((position) => position > sureUpTo))
    const newer = unsure.filter((message) => message === null || message.time >= timeMs)
    return standing.length - newer.length
  }
}
