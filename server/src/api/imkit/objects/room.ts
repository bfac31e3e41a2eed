/**
 * A room as somebody sees it. `unread`, `isMentioned`, `isSuperuser` and the
 * blocks are those of whoever looks; the platform has nothing unread. What only
 * the journal says, see room-reading.ts, is looked up for a page together.
 */
import { NOBODY } from '../../../domain/account.ts'
import { messageId } from '../../../domain/message-id.ts'
import { type ConversationKey, isGroup, peerIn } from '../../../domain/peer.ts'
import type { Described } from '../../../engines/directory.ts'
import { hasMuted } from '../push/mutes.ts'
import { isSuperuser, membersOf, type Viewer, viewOf } from '../rooms/room.ts'
import { attributesOf, lookUpClients, type ShortClient } from './client.ts'
import { date } from './dates.ts'
import type { ObjectDoor } from './message.ts'
import { type Reading, readRooms } from './room-reading.ts'

export type RoomObject = Readonly<Record<string, unknown>> & {
  _id: string
  members: readonly ShortClient[]
}

export async function roomObject(
  conversation: ConversationKey,
  viewer: Viewer,
  door: ObjectDoor,
): Promise<RoomObject> {
  return (await roomObjects([conversation], viewer, door))[0]!
}

/** The rooms of a page, in this order. */
export async function roomObjects(
  conversations: readonly ConversationKey[],
  viewer: Viewer,
  door: ObjectDoor,
): Promise<RoomObject[]> {
  const accounts = conversations.flatMap((conversation) => [...membersOf(conversation, door)])
  const client = lookUpClients(accounts, door)
  const readings = await readRooms(conversations, viewer, door)
  return conversations.map((conversation, i) => {
    return roomObjectOf(conversation, viewer, readings[i]!, client, door)
  })
}

/** The object of one room, without reading. */
export function roomObjectOf(
  conversation: ConversationKey,
  viewer: Viewer,
  { createdAt, lastMessage, isMentioned }: Reading,
  client: (account: number) => ShortClient,
  door: ObjectDoor,
): RoomObject {
  const described = door.directory.described(conversation)
  const id = door.conversationIds.of(conversation)
  const members = [...membersOf(conversation, door)]
  const [account, peer] = viewOf(viewer, conversation)
  return {
    _id: id,
    id,
    appID: door.settings.appName,
    ...propertiesOf(conversation, described, door),
    members: members.map(client),
    memberProperties: members.map((member) => memberProperty(member, conversation, door)),
    lastMessage,
    unread: viewer.kind === 'platform' ? 0 : door.index.unread(account, peer),
    isMentioned,
    muted: viewer.kind === 'client' && hasMuted(account, conversation, door),
    pref: {},
    isSuperuser: isSuperuser(viewer, described),
    ...date('createdTime', createdAt),
    ...date('updatedAt', described?.changedAt ?? createdAt),
    ...(isGroup(peer) || viewer.kind === 'platform' ? {} : blocksOf(account, peer, door)),
  }
}

/** What is said about a room, whoever sees it. */
export function propertiesOf(
  [first]: ConversationKey,
  described: Described | null,
  { directory }: Pick<ObjectDoor, 'directory'>,
): Record<string, unknown> {
  return {
    name: '',
    cover: '',
    description: '',
    roomType: isGroup(first) ? 'group' : 'direct',
    managers: [],
    roomTags: [],
    opening: 1,
    botMode: false,
    encrypted: false,
    ...(described === null ? {} : attributesOf(described.attributes)),
    ...(described === null || described.owner === NOBODY
      ? {}
      : { owner: directory.id(described.owner) }),
    status: described?.isFrozen ? 0 : 1,
  }
}

function memberProperty(
  account: number,
  conversation: ConversationKey,
  { index, directory, views }: ObjectDoor,
): Record<string, unknown> {
  const peer = peerIn(conversation, account)
  const mark = index.mark(account, peer)
  return {
    client: directory.id(account),
    badge: index.unread(account, peer),
    ...(mark === 0 ? {} : { lastRead: messageId(views.generation, mark) }),
  }
}

/** Whether I blocked the other, and it me, and since when. */
function blocksOf(
  account: number,
  peer: number,
  { directory }: Pick<ObjectDoor, 'directory'>,
): Record<string, unknown> {
  return {
    ...blockedSince('didBlockAt', account, peer, directory),
    ...blockedSince('wasBlockedAt', peer, account, directory),
  }
}

function blockedSince(
  name: string,
  blocker: number,
  blocked: number,
  directory: ObjectDoor['directory'],
): Record<string, unknown> {
  const isBlocked = directory.isBlocked(blocker, blocked)
  const blocks = isBlocked ? directory.blockedBy(blocker) : []
  const since = blocks.find(({ account }) => account === blocked)?.since
  return since === undefined ? { [name]: null, [`${name}MS`]: null } : date(name, since)
}
