/** What has to be read in the journal to show rooms, for all rooms of a page at once. */
import type { Message } from '../../../domain/message.ts'
import type { ConversationKey } from '../../../domain/peer.ts'
import { END, type Position } from '../../../domain/place.ts'
import { type Viewer, viewOf } from '../rooms/room.ts'
import { type MessageObject, messageObjects, type ObjectDoor, saidIn } from './message.ts'

export interface Reading {
  /** When the room was described, or its first message came: Unix time, milliseconds. */
  createdAt: number
  /** The newest that moves the room in the viewer's list. */
  lastMessage: MessageObject | null
  isMentioned: boolean
}

export async function readRooms(
  conversations: readonly ConversationKey[],
  viewer: Viewer,
  door: ObjectDoor,
): Promise<Reading[]> {
  const wanted = await positionsIn(conversations, viewer, door)
  const messages = await readMessages(
    wanted.flatMap(({ first, last, unread }) => [...first, ...last, ...unread]),
    door,
  )
  const last = wanted.map(({ last: [position = 0] }) => messages.get(position) ?? null)
  const known = last.filter((message) => message !== null)
  const objects = await messageObjects(known, door)
  const objectOf = new Map(known.map((message, i) => [message, objects[i]!]))
  return conversations.map((conversation, i) => {
    const { first, unread } = wanted[i]!
    const described = door.directory.described(conversation)
    return {
      createdAt: described?.createdAt ?? messages.get(first[0] ?? 0)?.time ?? 0,
      lastMessage: last[i] === null ? null : objectOf.get(last[i]!)!,
      isMentioned: unread.some((position) => mentions(messages.get(position), viewer)),
    }
  })
}

/** Positions of a room whose messages are wanted; empty where none is. */
interface Wanted {
  first: readonly Position[]
  last: readonly Position[]
  unread: readonly Position[]
}

/** So many unread messages of a room are looked at for mentions, and of a page. */
const ROOM_UNREAD_MAX = 100
const PAGE_UNREAD_MAX = 2000

async function positionsIn(
  conversations: readonly ConversationKey[],
  viewer: Viewer,
  door: ObjectDoor,
): Promise<Wanted[]> {
  const { index, directory } = door
  let unreadLeft = viewer.kind === 'platform' ? 0 : PAGE_UNREAD_MAX
  return Promise.all(
    conversations.map(async (conversation) => {
      const [account, peer] = viewOf(viewer, conversation)
      const positions = async (order: 'newest' | 'oldest', limit: number, after = 0) => {
        if (limit === 0) return []
        const entries = await index.timeline(account, peer, { after, before: END, limit, order })
        return entries.map(({ position }) => position)
      }
      const unread = Math.min(index.unread(account, peer), ROOM_UNREAD_MAX, unreadLeft)
      unreadLeft -= unread
      const isDescribed = directory.described(conversation) !== null
      const listed = index.listed(account, peer)
      return {
        first: await positions('oldest', isDescribed ? 0 : 1),
        last: listed === 0 ? [] : [listed],
        unread: await positions('newest', unread, index.mark(account, peer)),
      }
    }),
  )
}

async function readMessages(
  positions: readonly Position[],
  { views }: ObjectDoor,
): Promise<Map<Position, Message>> {
  const all = [...new Set(positions)]
  const messages = await views.messages(all)
  return new Map(all.flatMap((position, i) => (messages[i] ? [[position, messages[i]]] : [])))
}

/** Most messages mention nobody, which their text tells before it is parsed. */
function mentions(message: Message | undefined, viewer: Viewer): boolean {
  if (viewer.kind === 'platform' || message?.content == null) return false
  if (message.sender === viewer.account || !message.content.json.includes('"mentions"'))
    return false
  const { mentions } = saidIn(message)
  return Array.isArray(mentions) && mentions.includes(viewer.id)
}
