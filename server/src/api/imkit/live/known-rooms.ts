/**
 * The direct rooms of which terminals heard last: their ids, and that they are not new. Every copy
 * asks, and so needs no look at the directory and the index.
 *
 *   row: the two accounts · how much was described by then · the id
 *
 * A row holds until a conversation is described: that may give a pair another id, and nothing else
 * does. Each pair has one place, which the next that belongs there takes over. 2 MB of memory, of
 * which the system gives what is touched.
 */
import { conversationOf, isGroup, type Peer } from '../../../domain/peer.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { readHexWords } from './hex-words.ts'
import type { Repeats } from './repeats.ts'

/**
 * A room with fewer messages than this before a batch is new. More than none, because batches that
 * became durable together are all counted by the time the first goes out; to clients a room that
 * comes again is an update.
 */
const NEW_ROOM_MESSAGES = 3

const PLACE_BITS = 16
const ROW_WORDS = 8
const [FIRST, SECOND, DESCRIPTIONS, ID] = [0, 1, 2, 3] as const

export type KnownDoor = Pick<ObjectDoor, 'directory' | 'index' | 'conversationIds'>

export class KnownRooms {
  /** The rows. No pair has 0 as the higher of its numbers: there a row is free. */
  readonly words = new Int32Array(2 ** PLACE_BITS * ROW_WORDS)
  readonly #door: KnownDoor

  constructor(door: KnownDoor) {
    this.#door = door
  }

  /**
   * Where in `words` the id of the room of a pair stands. Null: it is not like those that are
   * derived, or may change yet, or the room is new or a group. `repeats`: of the recipients of the
   * batch at hand.
   */
  find(sender: number, recipient: Peer, repeats: Repeats): number | null {
    const first = Math.min(sender, recipient)
    const second = Math.max(sender, recipient)
    const row = placeOf(first, second) * ROW_WORDS
    const { words } = this
    const isKept =
      words[row + FIRST] === first &&
      words[row + SECOND] === second &&
      words[row + DESCRIPTIONS] === this.#door.directory.descriptions
    return isKept || this.#keep(row, sender, recipient, repeats) ? row + ID : null
  }

  /** The whole batch is counted already. */
  isNew(sender: number, recipient: Peer, repeats: Repeats): boolean {
    if (isGroup(recipient)) return false
    const copies = this.#door.index.copies(sender, recipient)
    return copies < NEW_ROOM_MESSAGES || copies - repeats.of(recipient) < NEW_ROOM_MESSAGES
  }

  #keep(row: number, sender: number, recipient: Peer, repeats: Repeats): boolean {
    const { directory, conversationIds } = this.#door
    if (isGroup(recipient) || this.isNew(sender, recipient, repeats)) return false
    const [first, second] = [Math.min(sender, recipient), Math.max(sender, recipient)]
    const pair = conversationOf(first, second)
    const id = conversationIds.of(pair)
    if (!conversationIds.isCertain(pair)) return false
    const { words } = this
    // What stood there is gone, even if this id turns out to be no such.
    words[row + SECOND] = 0
    if (!readHexWords(id, words, row + ID)) return false
    words[row + FIRST] = first
    words[row + SECOND] = second
    words[row + DESCRIPTIONS] = directory.descriptions
    return true
  }
}

/** Accounts that follow one another do so here, too: a batch often has them in this order. */
function placeOf(first: number, second: number): number {
  const from = Math.imul(first, 0x9e3779b1) >>> (32 - PLACE_BITS)
  return (from + second) & (2 ** PLACE_BITS - 1)
}
