/**
 * Who is, or was, a member of which group, and how far each has read there:
 * 48 bytes for an account and a group, kept when the account leaves.
 *
 *   word            what
 *    0               slot of the group
 *    1               account
 *    2   3           where it joined the last time, with its number among those who joined there,
 *                    so that members sort by joining; 0: never
 *    4   5           where it left the last time; 0: never
 *    6   7           mark: up to where it has read, at least where it joined
 *    8               countable copies of the group up to the mark; UNKNOWN: the mark lies ahead
 *                    of what was there when it was set
 *    9               those of them that are not in the badge
 *   10               the next of the group, its slot + 1; 0: the last
 *   11               the next of the account, likewise. Neither is restored from a
 *                    checkpoint, but made again
 *
 * Whether an account is a member follows from where it joined and left.
 *
 * Invariant: a slot is a function of the last joining and the last leaving that changed something,
 * of the furthest mark since that joining, and of the copies up to that mark. Applying a
 * record again changes nothing:
 *
 *   - A joining or leaving that is not after the last joining or leaving is known; one after
 *     both had changed nothing, since it found a member or none, and finds the same again.
 *   - A mark that is not after the mark is known. One from before the last joining, which may
 *     have gone further, is of a membership that is over, and is told by its place.
 *   - The count up to a mark is taken by position, so copies that came since do not disturb it.
 */
import type { Position } from '../../../domain/place.ts'
import { type ConversationSlots, FIRST_MEMBER, wordAt } from './conversation-slots.ts'
import type { Counted } from './counting.ts'
import { PairTable } from './pair-table.ts'
import { Slots } from './slots.ts'

const SLOT_WORDS = 12
const GROUP = 0
const ACCOUNT = 1
const COUNTED = 8
const UNBADGED = 9
const NEXT_OF_GROUP = 10
const NEXT_OF_ACCOUNT = 11
/** In steps of 8 bytes. */
const JOINED = 1
const LEFT = 2
const MARK = 3

const UNKNOWN = -1

const ACCOUNT_CHUNK_BITS = 15
const ACCOUNT_CHUNK = 2 ** ACCOUNT_CHUNK_BITS

export class Members {
  readonly slots = new Slots(SLOT_WORDS)
  /** By slot of a group that was asked for: its members by joining, until they change. */
  readonly lists = new Map<number, Uint32Array>()
  readonly #conversations: ConversationSlots
  readonly #table = new PairTable(this)
  /** The first of each account, its slot + 1; chunks of accounts without any are missing. */
  readonly #firsts: (Int32Array | undefined)[] = []

  constructor(conversations: ConversationSlots) {
    this.#conversations = conversations
  }

  /** A new slot for an account that never was a member of the group before. */
  add(group: number, account: number): number {
    const member = this.slots.add()
    this.slots.setWord(member, GROUP, group)
    this.slots.setWord(member, ACCOUNT, account)
    this.enter(member)
    return member
  }

  /** Makes a slot known in the table and in the chains of its group and its account. */
  enter(member: number): void {
    const [group, account] = [this.groupOf(member), this.accountOf(member)]
    this.#table.add(group, account, member)
    const words = this.#conversations.wordsOf(group)
    const first = wordAt(group) + FIRST_MEMBER
    this.slots.setWord(member, NEXT_OF_GROUP, words[first]!)
    words[first] = member + 1
    const firsts = (this.#firsts[account >>> ACCOUNT_CHUNK_BITS] ??= new Int32Array(ACCOUNT_CHUNK))
    this.slots.setWord(member, NEXT_OF_ACCOUNT, firsts[account % ACCOUNT_CHUNK]!)
    firsts[account % ACCOUNT_CHUNK] = member + 1
  }

  /** The slot of an account in a group; -1: it never was a member. */
  find(group: number, account: number): number {
    return this.slots.count === 0 ? -1 : this.#table.find(group, account)
  }

  isOf(member: number, group: number, account: number): boolean {
    return this.groupOf(member) === group && this.accountOf(member) === account
  }

  groupOf(member: number): number {
    return this.slots.word(member, GROUP)
  }

  accountOf(member: number): number {
    return this.slots.word(member, ACCOUNT)
  }

  /** Whether it is a member now. Who leaves and joins in one record is. */
  isIn(member: number): boolean {
    const joined = this.joined(member)
    return joined > 0 && joined >= this.left(member)
  }

  joined(member: number): Position {
    return this.slots.position(member, JOINED)
  }

  left(member: number): Position {
    return this.slots.position(member, LEFT)
  }

  mark(member: number): Position {
    return this.slots.position(member, MARK)
  }

  join(member: number, joined: Position): void {
    this.slots.setPosition(member, JOINED, joined)
    this.lists.delete(this.groupOf(member))
  }

  leave(member: number, left: Position): void {
    this.slots.setPosition(member, LEFT, left)
    this.lists.delete(this.groupOf(member))
  }

  /** `upToMark`: what counted up to there; null: not all of that has come yet. */
  moveMark(member: number, mark: Position, upToMark: Counted | null): void {
    this.slots.setPosition(member, MARK, mark)
    this.count(member, upToMark)
  }

  count(member: number, upToMark: Counted | null): void {
    this.slots.setWord(member, COUNTED, upToMark?.copies ?? UNKNOWN)
    this.slots.setWord(member, UNBADGED, upToMark?.unbadged ?? UNKNOWN)
  }

  /** What counted up to the mark; null: that has to be looked up. */
  counted(member: number): Counted | null {
    const copies = this.slots.word(member, COUNTED)
    return copies === UNKNOWN ? null : { copies, unbadged: this.slots.word(member, UNBADGED) }
  }

  /** Everybody who ever was a member of the group, the last one first. */
  *ofGroup(group: number): Generator<number> {
    const first = this.#conversations.wordsOf(group)[wordAt(group) + FIRST_MEMBER]! - 1
    for (let member = first; member >= 0; member = this.slots.word(member, NEXT_OF_GROUP) - 1) {
      yield member
    }
  }

  /** Wherever the account ever was a member, the last one first. */
  *ofAccount(account: number): Generator<number> {
    const firsts = this.#firsts[account >>> ACCOUNT_CHUNK_BITS]
    const first = (firsts?.[account % ACCOUNT_CHUNK] ?? 0) - 1
    for (let member = first; member >= 0; member = this.slots.word(member, NEXT_OF_ACCOUNT) - 1) {
      yield member
    }
  }

  get bytes(): number {
    let bytes = this.slots.bytes + this.#table.bytes
    for (const firsts of this.#firsts) bytes += firsts?.byteLength ?? 0
    for (const list of this.lists.values()) bytes += list.byteLength
    return bytes
  }
}
