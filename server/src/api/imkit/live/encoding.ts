/**
 * A batch in the words of this protocol: a `chat message` for each copy, for
 * its receivers and, by itself, for the sender. The first ones of a new direct
 * room come with the room.
 */
import { type Batch, Trait } from '../../../domain/batch.ts'
import { isGroup } from '../../../domain/peer.ts'
import type { Stored } from '../../../domain/record.ts'
import type { Frame } from '../../../gateway/frame.ts'
import { FramePair, JointFrame } from '../../../gateway/joint-frame.ts'
import type { Encoding } from '../../../gateway/protocol.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { AlikeFrames, isDerivedId } from './alike-frames.ts'
import { type BatchJson, batchJson } from './batch-json.ts'
import { type Packing, plain } from './packets.ts'
import { newRoomFrame } from './room-frames.ts'

export const CHAT_MESSAGE = 'chat message'

/**
 * A room with so few messages is new. More than one, because several that became durable together
 * are all counted by the time the first goes out; to clients a room that comes again is an update.
 */
const NEW_ROOM_MESSAGES = 3

export class ImkitEncoding implements Encoding {
  readonly #stored: Stored<Batch>
  readonly #packing: Packing
  readonly #door: ObjectDoor
  #json: BatchJson | null = null
  #shared: Buffer | null = null
  #alike: AlikeFrames | null = null
  /** The frame that was made last: all members of a group get the same. */
  #frame: Frame | null = null
  #ordinal = -1

  constructor(stored: Stored<Batch>, packing: Packing, door: ObjectDoor) {
    this.#stored = stored
    this.#packing = packing
    this.#door = door
  }

  copy(account: number, ordinal: number): Frame {
    const message = this.#message(ordinal)
    return this.#isInNewRoom(ordinal)
      ? new FramePair(this.#room(account, ordinal), message)
      : message
  }

  /** Of its batch the sender hears each copy. */
  echo(): null {
    return null
  }

  echoOf(ordinal: number): Frame {
    return this.copy(this.#stored.record.sender, ordinal)
  }

  #message(ordinal: number): Frame {
    if (this.#frame !== null && this.#ordinal === ordinal) return this.#frame
    this.#json ??= batchJson(this.#stored, ordinal, this.#door)
    this.#frame = this.#alikeFrame(this.#json, ordinal) ?? this.#jointFrame(this.#json, ordinal)
    this.#ordinal = ordinal
    return this.#frame
  }

  /** Null: this copy differs in more than its ids, or in the length of one. */
  #alikeFrame({ roomOf, shared }: BatchJson, ordinal: number): Frame | null {
    if (roomOf === undefined || this.#packing !== plain) return null
    const room = roomOf(ordinal)
    if (!isDerivedId(room)) return null
    const { generation } = this.#door.views
    this.#alike ??= new AlikeFrames(CHAT_MESSAGE, generation, this.#stored.place, plain.end(shared))
    return this.#alike.of(room)
  }

  #jointFrame(json: BatchJson, ordinal: number): Frame {
    this.#shared ??= this.#packing.end(json.shared)
    const own = json.own(ordinal, this.#packing.ownStep)
    return new JointFrame(this.#packing.begin(CHAT_MESSAGE, own), this.#shared)
  }

  #isInNewRoom(ordinal: number): boolean {
    const { sender, recipients, traits } = this.#stored.record
    const recipient = recipients[ordinal]!
    if (isGroup(recipient) || (traits & Trait.onlineOnly) !== 0) return false
    return this.#door.index.copies(sender, recipient) <= NEW_ROOM_MESSAGES
  }

  #room(account: number, ordinal: number): Frame {
    return newRoomFrame(this.#stored, ordinal, account, this.#packing, this.#door)
  }
}
