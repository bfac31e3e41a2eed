/**
 * The rooms that a list is made of, before any is shown.
 *
 * A client's are those of its newest conversations, by their newest message or
 * its joining, and behind them the direct rooms that no message has moved yet. The platform's are
 * all there are: groups, the newest first, then pairs in the order in which they began.
 */
import {
  type ConversationKey,
  conversationOf,
  groupPeer,
  isGroup,
  peerIn,
} from '../../../domain/peer.ts'
import { END, type Position } from '../../../domain/place.ts'
import type { Described } from '../../../engines/directory.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { viewOf } from './room.ts'

export interface ListedRoom {
  conversation: ConversationKey
  /** Null: nobody did. */
  described: Described | null
  /** Where the newest message stands that moves it in the list, or the client's joining; 0: none. */
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
  const silent = pairs
    .map((conversation) => ({ conversation, peer: peerIn(conversation, account) }))
    .filter(({ peer }) => index.listed(account, peer) === 0)
    .reverse()
  const rest = silent.slice(0, ROOMS_MAX - spoken.length).map(({ conversation, peer }) => {
    const described = directory.described(conversation)
    return { conversation, described, newest: 0, unread: index.unread(account, peer) }
  })
  return [...spoken, ...rest]
}

export function allRooms({ index, directory }: ObjectDoor): ListedRoom[] {
  const rooms: ListedRoom[] = []
  for (let group = directory.nextGroup - 1; group > 0 && rooms.length < ROOMS_MAX; group -= 1) {
    add([groupPeer(group), 0])
  }
  for (const pair of index.pairs(0, ROOMS_MAX - rooms.length)) add(pair)
  return rooms

  function add(conversation: ConversationKey): void {
    const described = directory.described(conversation)
    if (described === null && isGroup(conversation[0])) return
    const [account, peer] = viewOf({ kind: 'platform' }, conversation)
    rooms.push({ conversation, described, newest: index.listed(account, peer), unread: 0 })
  }
}
