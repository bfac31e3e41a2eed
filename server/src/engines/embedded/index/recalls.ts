/**
 * Which copies were recalled while they counted: 24 bytes each. Of a pair only those that the
 * receiver had not read, for of the others nothing depends on it.
 *
 *   word            what
 *    0   1          position of the copy
 *    2               slot of its conversation
 *    3               the side to which it went, and 2 if it is not in the badge
 *    4               the next older one of the conversation, its number + 1; 0: there is none
 *    5               in the one of each conversation that came here first: the newest, its
 *                    number + 1. Words 4 and 5 are not restored from a checkpoint, but made again
 *
 * The counters in the slots of conversations know nothing of recalls, and so stay what the copies
 * and marks make of them; who asks gets them less what stands here after the mark. What is here
 * is never changed and never goes away: to recall again changes nothing.
 */
import { END, type Position } from '../../../domain/place.ts'
import { type Counted, NONE } from './counting.ts'
import { PairTable } from './pair-table.ts'
import { Slots } from './slots.ts'

const SLOT_WORDS = 6
const CONVERSATION = 2
const KIND = 3
const OLDER = 4
const NEWEST = 5
/** In steps of 8 bytes. */
const POSITION = 0

const SIDE = 1
const UNBADGED = 2

export class Recalls {
  readonly slots = new Slots(SLOT_WORDS)
  /** By conversation the recall that came here first. */
  readonly #table = new PairTable(this)

  /** False: it is here already. */
  add(conversation: number, side: number, position: Position, isUnbadged: boolean): boolean {
    const older = this.#upTo(conversation, position)
    if (older >= 0 && this.#position(older) === position) return false
    const recall = this.slots.add()
    this.slots.setPosition(recall, POSITION, position)
    this.slots.setWord(recall, CONVERSATION, conversation)
    this.slots.setWord(recall, KIND, side | (isUnbadged ? UNBADGED : 0))
    this.enter(recall)
    return true
  }

  /** Makes a slot known in the table and in the chain of its conversation, which goes back in time. */
  enter(recall: number): void {
    const conversation = this.slots.word(recall, CONVERSATION)
    const position = this.#position(recall)
    const first = this.#first(conversation)
    if (first < 0) {
      this.slots.setWord(recall, OLDER, 0)
      this.slots.setWord(recall, NEWEST, recall + 1)
      this.#table.add(conversation, 0, recall)
      return
    }
    let newer = -1
    let older = this.slots.word(first, NEWEST) - 1
    while (older >= 0 && this.#position(older) > position) {
      newer = older
      older = this.#older(older)
    }
    this.slots.setWord(recall, OLDER, older + 1)
    if (newer < 0) this.slots.setWord(first, NEWEST, recall + 1)
    else this.slots.setWord(newer, OLDER, recall + 1)
  }

  /** How many there are of a conversation, to one side, after `after` and up to `upTo`. */
  between(conversation: number, side: number, after: Position, upTo: Position): Counted {
    if (this.slots.count === 0) return NONE
    const counted = { copies: 0, unbadged: 0 }
    let recall = this.#upTo(conversation, upTo)
    for (; recall >= 0 && this.#position(recall) > after; recall = this.#older(recall)) {
      const kind = this.slots.word(recall, KIND)
      if ((kind & SIDE) !== side) continue
      counted.copies++
      if (kind & UNBADGED) counted.unbadged++
    }
    return counted
  }

  /** The positions of all that there are of a conversation. */
  positions(conversation: number): Set<Position> {
    const positions = new Set<Position>()
    let recall = this.#upTo(conversation, END)
    for (; recall >= 0; recall = this.#older(recall)) positions.add(this.#position(recall))
    return positions
  }

  isOf(recall: number, conversation: number): boolean {
    return this.slots.word(recall, CONVERSATION) === conversation
  }

  get bytes(): number {
    return this.slots.bytes + this.#table.bytes
  }

  /** The newest of a conversation that does not stand after a position; -1: there is none. */
  #upTo(conversation: number, position: Position): number {
    const first = this.#first(conversation)
    let recall = first < 0 ? -1 : this.slots.word(first, NEWEST) - 1
    while (recall >= 0 && this.#position(recall) > position) recall = this.#older(recall)
    return recall
  }

  #older(recall: number): number {
    return this.slots.word(recall, OLDER) - 1
  }

  #position(recall: number): Position {
    return this.slots.position(recall, POSITION)
  }

  #first(conversation: number): number {
    return this.slots.count === 0 ? -1 : this.#table.find(conversation, 0)
  }
}
