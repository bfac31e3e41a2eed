/** How rooms are made: groups, and direct rooms of two clients. */
import { randomBytes } from 'node:crypto'
import { isAccountId, NOBODY } from '../../../domain/account.ts'
import { type ConversationKey, conversationOf } from '../../../domain/peer.ts'
import type { Described } from '../../../engines/directory.ts'
import { Refusal } from '../answers.ts'
import { accountOf } from '../clients.ts'
import { directRoomId } from '../direct-room-id.ts'
import { type Fields, optionalText, unexpected } from '../fields.ts'
import type { Door } from '../route.ts'
import { requireSpace } from './members.ts'
import { attributesJson, propertiesIn, statusIn } from './properties.ts'
import { findRoom } from './room.ts'

export interface Made {
  conversation: ConversationKey
  /** It was not there before. */
  isNew: boolean
}

/**
 * Makes the room that a body describes, with these members. A room of its id, or the room of the
 * pair, is given instead, if there is one.
 */
export async function makeRoom(
  body: Fields,
  members: readonly number[],
  door: Door,
): Promise<Made> {
  const roomType = roomTypeIn(body)
  const named = roomIdIn(body)
  const owner = ownerIn(body, door)
  const properties = propertiesIn(body)
  const found = named === undefined ? null : await findRoom(named, door)
  const isTwins = found !== null && roomType === 'direct' && isOfTwins(found, named, members, door)
  if (found !== null && !isTwins) return { conversation: found, isNew: false }

  const id = isTwins ? undefined : named
  const pair = roomType === 'direct' ? pairIn(members) : null
  const hasProperties = owner !== NOBODY || Object.keys(properties).length > 0
  if (pair !== null && id === undefined && !hasProperties) {
    const spoken = door.index.copies(pair[0], pair[1]) > 0
    if (spoken) return { conversation: pair, isNew: false }
  }
  requireSpace(members.length)
  const { described, isNew } = await door.pipeline.conversations.create({
    id: id ?? (pair === null ? randomBytes(12).toString('hex') : door.conversationIds.of(pair)),
    pair,
    owner,
    isFrozen: statusIn(body)?.isFrozen ?? false,
    attributes: attributesJson(pair === null ? { roomType, ...properties } : properties),
    members: pair === null ? members : [],
  })
  return { conversation: described.conversation, isNew }
}

/**
 * Clients derive the id of a direct room themselves. One whose id differs from another's in case alone
 * comes to that one's room by it, and gets its own.
 */
function isOfTwins(
  found: ConversationKey,
  id: string | undefined,
  members: readonly number[],
  { directory }: Door,
): boolean {
  if (members.length !== 2) return false
  const pair = conversationOf(members[0]!, members[1]!)
  const [one, other] = pair
  return (
    String(found) !== String(pair) && id === directRoomId(directory.id(one), directory.id(other))
  )
}

/** Describes a pair that has spoken, or is to, under the id that it has anyway. */
export async function describePair(pair: ConversationKey, door: Door): Promise<Described> {
  const { described } = await door.pipeline.conversations.create({
    id: door.conversationIds.of(pair),
    pair,
    owner: NOBODY,
    isFrozen: false,
    attributes: '',
    members: [],
  })
  return described
}

type RoomType = 'direct' | 'group' | 'custom'

export function roomTypeIn(body: Fields): RoomType {
  const roomType = optionalText(body, 'roomType') ?? 'group'
  if (roomType === 'direct' || roomType === 'group' || roomType === 'custom') return roomType
  throw unexpected('roomType', '"direct", "group" or "custom"', roomType)
}

/** An empty id is absent: some clients send one. */
function roomIdIn(body: Fields): string | undefined {
  const id = optionalText(body, '_id') || undefined
  if (id === undefined || isAccountId(id)) return id
  throw unexpected('_id', 'an id of 1 to 128 bytes of UTF-8 without control characters', id)
}

export function ownerIn(body: Fields, door: Door): number {
  const owner = optionalText(body, 'owner') || undefined
  return owner === undefined ? NOBODY : accountOf('owner', owner, door)
}

function pairIn(members: readonly number[]): ConversationKey {
  if (members.length === 2) return conversationOf(members[0]!, members[1]!)
  throw new Refusal(
    'INVALID_REQUEST',
    `members: expected exactly two different clients in a direct room, but ${members.length} came`,
  )
}
