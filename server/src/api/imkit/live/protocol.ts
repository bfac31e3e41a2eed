/**
 * The live protocol of this door in the two forms that a socket may ask for;
 * docs/protocols/imkit-live.md tells it from the client's side.
 */
import type { Batch } from '../../../domain/batch.ts'
import { messageId } from '../../../domain/message-id.ts'
import type { Stored } from '../../../domain/record.ts'
import { type Frame, PlainFrame } from '../../../gateway/frame.ts'
import type { Protocol } from '../../../gateway/protocol.ts'
import type { Happening } from '../../../pipeline/audience.ts'
import { lookUpClients } from '../objects/client.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { messageNow } from './batch-json.ts'
import { CHAT_MESSAGE, ImkitEncoding } from './encoding.ts'
import type { KnownRooms } from './known-rooms.ts'
import type { Packing } from './packets.ts'
import { changedRoomFrames } from './room-frames.ts'

/** The forms share what they know of rooms. */
export function openImkitProtocol(packing: Packing, door: ObjectDoor, rooms: KnownRooms): Protocol {
  return {
    begin: (stored: Stored<Batch>) => new ImkitEncoding(stored, packing, door, rooms),
    tell(happening) {
      if (happening.type === 'conversation') {
        return changedRoomFrames(happening.stored, packing, door)
      }
      const [event, json] = wordsOf(happening, door)
      const frame: Frame = new PlainFrame(packing.event(event, json))
      return () => frame
    },
  }
}

type SameForAll = Exclude<Happening, { type: 'conversation' }>

function wordsOf(happening: SameForAll, door: ObjectDoor): [event: string, json: string] {
  switch (happening.type) {
    case 'read':
      return ['lastRead', JSON.stringify(lastRead(happening, door))]
    case 'changed':
      return [CHAT_MESSAGE, JSON.stringify(messageNow(happening.message, door))]
    case 'typing':
      return ['typing', JSON.stringify(typing(happening, door))]
  }
}

function lastRead(
  { conversation, reader, upTo }: Extract<Happening, { type: 'read' }>,
  { conversationIds, directory, views }: ObjectDoor,
) {
  return {
    roomID: conversationIds.of(conversation),
    memberID: directory.id(reader),
    messageID: messageId(views.generation, upTo),
  }
}

function typing(
  { account, conversation, text }: Extract<Happening, { type: 'typing' }>,
  door: ObjectDoor,
) {
  return {
    room: door.conversationIds.of(conversation),
    sender: door.directory.id(account),
    message: text,
    senderInfo: lookUpClients([account], door)(account),
  }
}
