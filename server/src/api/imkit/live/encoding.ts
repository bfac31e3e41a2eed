/**
 * A batch in the words of this protocol: a `chat message` for each copy, for
 * its receivers and, by itself, for the sender. The first ones of a new direct
 * room come with the room.
 */
import { type Batch, Trait } from '../../../domain/batch.ts'
import type { Stored } from '../../../domain/record.ts'
import type { Frame } from '../../../gateway/frame.ts'
import { FramePair, JointFrame } from '../../../gateway/joint-frame.ts'
import type { Encoding } from '../../../gateway/protocol.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { AlikeFrames } from './alike-frames.ts'
import { type BatchJson, batchJson } from './batch-json.ts'
import type { KnownRooms } from './known-rooms.ts'
import { type Packing, plain } from './packets.ts'
import { Repeats } from './repeats.ts'
import { newRoomFrame } from './room-frames.ts'

export const CHAT_MESSAGE = 'chat message'

export class ImkitEncoding implements Encoding {
  readonly #stored: Stored<Batch>
  readonly #packing: Packing
  readonly #door: ObjectDoor
  readonly #rooms: KnownRooms
  readonly #repeats: Repeats
  #json: BatchJson | null = null
  #shared: Buffer | null = null
  #alike: AlikeFrames | null = null
  /** The frame that was made last: all members of a group get the same. */
  #frame: Frame | null = null
  #ordinal = -1

  constructor(stored: Stored<Batch>, packing: Packing, door: ObjectDoor, rooms: KnownRooms) {
    this.#stored = stored
    this.#packing = packing
    this.#door = door
    this.#rooms = rooms
    this.#repeats = new Repeats(stored.record.recipients)
  }

  copy(account: number, ordinal: number): Frame {
    const { sender, recipients } = this.#stored.record
    const known = this.#rooms.find(sender, recipients[ordinal]!, this.#repeats)
    if (known !== null) return this.#alikeFrame(ordinal, known) ?? this.#jointFrame(ordinal)
    const message = this.#jointFrame(ordinal)
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

  /** Null: the copies differ in more than their ids. */
  #alikeFrame(ordinal: number, room: number): Frame | null {
    if (this.#packing !== plain) return null
    const { isAlike, shared } = this.#jsonFrom(ordinal)
    if (!isAlike) return null
    const { generation } = this.#door.views
    this.#alike ??= new AlikeFrames(CHAT_MESSAGE, generation, this.#stored.place, shared)
    return this.#alike.of(ordinal, this.#rooms.words, room)
  }

  #jointFrame(ordinal: number): Frame {
    if (this.#frame !== null && this.#ordinal === ordinal) return this.#frame
    const json = this.#jsonFrom(ordinal)
    this.#shared ??= this.#packing.end(json.shared)
    const own = json.own(ordinal, this.#packing.ownStep)
    this.#frame = new JointFrame(this.#packing.begin(CHAT_MESSAGE, own), this.#shared)
    this.#ordinal = ordinal
    return this.#frame
  }

  /** `ordinal`: one that has a copy. */
  #jsonFrom(ordinal: number): BatchJson {
    this.#json ??= batchJson(this.#stored, ordinal, this.#door)
    return this.#json
  }

  /** With the first copy of a batch the room comes, and with no other. */
  #isInNewRoom(ordinal: number): boolean {
    const { sender, recipients, traits } = this.#stored.record
    const recipient = recipients[ordinal]!
    if ((traits & Trait.onlineOnly) !== 0) return false
    if (!this.#rooms.isNew(sender, recipient, this.#repeats)) return false
    return recipients.indexOf(recipient) === ordinal
  }

  #room(account: number, ordinal: number): Frame {
    return newRoomFrame(this.#stored, ordinal, account, this.#packing, this.#door)
  }
}
