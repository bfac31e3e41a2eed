/**
 * The rooms that a list is made of, before any is shown.
 *
 * A client's are those of its newest conversations, by their newest message or
 * its joining, and behind them the direct rooms in which nothing was said yet. The platform's are
 * all there are: groups, the newest first, then pairs in the order in which they began.
 */
import { type ConversationKey, conversationOf, groupPeer, isGroup } from '../../../domain/peer.ts'
import { END, type Position } from '../../../domain/place.ts'
import type { Described } from '../../../engines/directory.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { viewOf } from './room.ts'

export interface ListedRoom {
  conversation: ConversationKey
  /** Null: nobody did. */
  described: Described | null
  /** Where its newest message stands, or the client's joining; 0: nothing was said yet. */
  newest: Position
  unread: number
}

/** A list is made of so many rooms at most. */
const ROOMS_MAX = 10_000

export async function roomsOf(
  account: number,
  { index, directory }: ObjectDoor,
): Promise<ListedRoom[]> {
  const pairs = directory.describedPairs(account)
  const describedPairs = new Set(pairs.map(String))
  const listed = await index.conversations(account, { before: END, limit: ROOMS_MAX })
  const spoken = listed.map(({ peer, newest, unread }) => {
    const conversation = conversationOf(account, peer)
    const isDescribed = isGroup(peer) || describedPairs.has(String(conversation))
    const described = isDescribed ? directory.described(conversation) : null
    return { conversation, described, newest, unread }
  })
  const silent = pairs.filter(([first, second]) => index.copies(first, second) === 0).reverse()
  const rest = silent.slice(0, ROOMS_MAX - spoken.length).map((conversation) => {
    return { conversation, described: directory.described(conversation), newest: 0, unread: 0 }
  })
  return [...spoken, ...rest]
}

export async function allRooms({ index, directory }: ObjectDoor): Promise<ListedRoom[]> {
  const rooms: ListedRoom[] = []
  for (let group = directory.nextGroup - 1; group > 0 && rooms.length < ROOMS_MAX; group -= 1) {
    await add([groupPeer(group), 0])
  }
  for (const pair of index.pairs(0, ROOMS_MAX - rooms.length)) await add(pair)
  return rooms

  async function add(conversation: ConversationKey): Promise<void> {
    const described = directory.described(conversation)
    if (described === null && isGroup(conversation[0])) return
    const [account, peer] = viewOf({ kind: 'platform' }, conversation)
    const page = { after: 0, before: END, limit: 1, order: 'newest' } as const
    const [newest] = await index.timeline(account, peer, page)
    rooms.push({ conversation, described, newest: newest?.position ?? 0, unread: 0 })
  }
}
