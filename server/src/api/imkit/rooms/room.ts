/** Rooms of which a call speaks, as conversations, and what somebody may do in them. */
import { isAccountId, NOBODY } from '../../../domain/account.ts'
import { type ConversationKey, isGroup, type Peer, peerIn } from '../../../domain/peer.ts'
import type { Described } from '../../../engines/directory.ts'
import { Refusal } from '../answers.ts'
import { attributesOf } from '../objects/client.ts'
import type { Client, Door, Platform } from '../route.ts'

export type RoomDoor = Pick<Door, 'directory' | 'index' | 'conversationIds'>

/** Whoever looks at a room: a client, or the platform. */
export type Viewer = Client | Platform

/** A room that a call names. Throws 404, and 403 for a client that is no member. */
export async function namedRoom(
  id: string,
  caller: Viewer,
  door: RoomDoor,
): Promise<ConversationKey> {
  const conversation = await existingRoom(id, door)
  requireMember(caller, conversation, door)
  return conversation
}

/** The same, whoever calls. */
export async function existingRoom(id: string, door: RoomDoor): Promise<ConversationKey> {
  const conversation = await findRoom(id, door)
  if (conversation !== null) return conversation
  throw new Refusal('ROOM_NOT_FOUND', `there is no room ${JSON.stringify(id)}`)
}

/** Throws 403 for a client that is no member. */
export function requireMember(caller: Viewer, conversation: ConversationKey, door: RoomDoor): void {
  if (caller.kind === 'platform' || isMember(caller.account, conversation, door)) return
  throw notMember(door.conversationIds.of(conversation))
}

/** A room by its id; null: there is none. */
export async function findRoom(id: string, door: RoomDoor): Promise<ConversationKey | null> {
  return isAccountId(id) ? door.conversationIds.find(id) : null
}

export function notMember(id: string): Refusal {
  return new Refusal('NOT_ROOM_MEMBER', `the client is no member of the room ${JSON.stringify(id)}`)
}

function isMember(
  account: number,
  conversation: ConversationKey,
  { index }: Pick<RoomDoor, 'index'>,
): boolean {
  const [first] = conversation
  return isGroup(first) ? index.isMember(account, first) : conversation.includes(account)
}

/** The accounts in a room; whoever has a conversation with itself is there once. */
export function membersOf(
  [first, second]: ConversationKey,
  { index }: Pick<RoomDoor, 'index'>,
): readonly number[] | Uint32Array {
  if (isGroup(first)) return index.members(first)
  return first === second ? [first] : [first, second]
}

/** Platform, owner or manager. */
export function isSuperuser(
  caller: Viewer,
  described: Pick<Described, 'owner' | 'attributes'> | null,
): boolean {
  if (caller.kind === 'platform') return true
  if (described === null) return false
  const { managers } = attributesOf(described.attributes)
  return (
    described.owner === caller.account || (Array.isArray(managers) && managers.includes(caller.id))
  )
}

/** Whose view of a room it is. The platform sees a pair as the first of the two does. */
export function viewOf(caller: Viewer, conversation: ConversationKey): [account: number, Peer] {
  const [first] = conversation
  const outsider = isGroup(first) ? NOBODY : first
  const account = caller.kind === 'platform' ? outsider : caller.account
  return [account, peerIn(conversation, account)]
}
