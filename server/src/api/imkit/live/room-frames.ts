/**
 * The event `room`: a room as it stands, for each who hears of it. Nothing is
 * read for it: what only the journal knows is left out, and clients keep what they have.
 */
import type { Batch } from '../../../domain/batch.ts'
import { conversationOf, peerIn } from '../../../domain/peer.ts'
import type { ConversationChange, Stored } from '../../../domain/record.ts'
import { type Frame, PlainFrame } from '../../../gateway/frame.ts'
import { JointFrame } from '../../../gateway/joint-frame.ts'
import { lookUpClients } from '../objects/client.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { roomObjectOf } from '../objects/room.ts'
import { hasMuted } from '../push/mutes.ts'
import { isSuperuser, membersOf, type Viewer } from '../rooms/room.ts'
import { messageNow, newCopy } from './batch-json.ts'
import type { Packing } from './packets.ts'

const ROOM = 'room'

/**
 * Of a larger group nobody is told: each event has all members in it, so what goes out grows with
 * the square of their number. Clients ask for such a room when a message of it comes.
 */
const ROOM_EVENT_MEMBERS_MAX = 500

/**
 * A direct room in which this copy is among the first, for one of the two. Where another copy is
 * its last message, that is left out: the event of that copy has it.
 */
export function newRoomFrame(
  stored: Stored<Batch>,
  ordinal: number,
  account: number,
  packing: Packing,
  door: ObjectDoor,
): Frame {
  const message = newCopy(stored, ordinal)
  const conversation = conversationOf(message.sender, message.recipient)
  const client = lookUpClients(membersOf(conversation, door), door)
  const listed = door.index.listed(account, peerIn(conversation, account))
  const isLast = listed === message.position
  const reading = {
    createdAt: message.time,
    lastMessage: isLast ? messageNow(message, door) : null,
    isMentioned: false,
  }
  const room = roomObjectOf(conversation, viewerOf(account, door), reading, client, door)
  const { lastMessage, ...others } = room
  const shown = isLast || listed === 0 ? room : others
  return new PlainFrame(packing.event(ROOM, JSON.stringify(shown)))
}

/** A room that was made, described anew, joined or left. */
export function changedRoomFrames(
  { time, record }: Stored<ConversationChange>,
  packing: Packing,
  door: ObjectDoor,
): (account: number) => Frame | null {
  const { conversation } = record
  const [first, second] = conversation
  const members = membersOf(conversation, door)
  if (members.length > ROOM_EVENT_MEMBERS_MAX) return () => null
  const described = door.directory.described(conversation)
  const client = lookUpClients(members, door)
  const shared = packing.end(sharedJson())
  return (account) => new JointFrame(packing.begin(ROOM, ownJson(account)), shared)

  /** As the platform sees it, without what each member sees differently or has to be read. */
  function sharedJson(): string {
    const reading = {
      createdAt: described?.createdAt ?? time,
      lastMessage: null,
      isMentioned: false,
    }
    const room = roomObjectOf(conversation, { kind: 'platform' }, reading, client, door)
    const { unread, muted, isSuperuser, isMentioned, lastMessage, ...shared } = room
    const isEmpty = door.index.copies(second, first) === 0
    return JSON.stringify(isEmpty ? { ...shared, lastMessage } : shared).slice(1)
  }

  function ownJson(account: number): string {
    const peer = peerIn(conversation, account)
    const unread = door.index.unread(account, peer)
    const own = {
      unread,
      muted: hasMuted(account, conversation, door),
      isSuperuser: isSuperuser(viewerOf(account, door), described),
    }
    return `${JSON.stringify(own).slice(0, -1)},`
  }
}

function viewerOf(account: number, { directory }: ObjectDoor): Viewer {
  return { kind: 'client', account, id: directory.id(account), token: null }
}
