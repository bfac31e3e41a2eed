import { type Batch, Trait } from '../../domain/batch.ts'
import { PLACE_STEP, type Place, type Position, positionOf } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import type { Index } from '../index.ts'

interface Copy {
  position: Position
  sender: number
  recipient: number
  traits: number
}

/** What two accounts, or one with itself, have said to each other, and how far each has read. */
interface Conversation {
  copies: Copy[]
  marks: Map<number, Position>
}

/** An index that keeps copies and marks, and counts whenever it is asked. */
export function openMemoryIndex(): Index {
  /** By account, then by peer. The two sides of a pair hold the same conversation. */
  const sides = new Map<number, Map<number, Conversation>>()
  const deliveredUpTo = new Map<number, Position>()
  let last: Place = 0

  const sideOf = (account: number) => sides.get(account) ?? new Map<number, Conversation>()
  const allOf = (account: number) => [...sideOf(account).values()]
  const find = (account: number, peer: number) => sideOf(account).get(peer)

  function open(account: number, peer: number): Conversation {
    const conversation = find(account, peer) ?? { copies: [], marks: new Map() }
    sides.set(account, sideOf(account).set(peer, conversation))
    sides.set(peer, sideOf(peer).set(account, conversation))
    return conversation
  }

  function addCopies(place: Place, { sender, recipients, traits }: Batch): void {
    recipients.forEach((recipient, ordinal) => {
      if (recipient === 0 || has(traits, Trait.onlineOnly)) return
      const position = positionOf(place, ordinal)
      const conversation = open(sender, recipient)
      conversation.copies.push({ position, sender, recipient, traits })
      if (has(traits, Trait.readsForSender)) forward(conversation.marks, sender, position)
    })
  }

  return {
    get place() {
      return last === 0 ? 0 : last + PLACE_STEP
    },
    apply({ place, record }: Stored) {
      if (place <= last) return
      last = place
      if (record.type === 'batch') addCopies(place, record)
      if (record.type === 'read') {
        const marks = find(record.reader, record.peer)?.marks
        if (marks) forward(marks, record.reader, record.upTo ?? positionOf(place, 0))
      }
      if (record.type === 'delivered') {
        record.accounts.forEach((account, i) => {
          forward(deliveredUpTo, account, record.upTo[i]!)
        })
      }
    },
    unread: (account, peer) => unreadOf(account, find(account, peer)).length,
    totals(account) {
      const unread = allOf(account).flatMap((conversation) => unreadOf(account, conversation))
      const badge = unread.filter(({ traits }) => !has(traits, Trait.unbadged))
      return { unread: unread.length, badge: badge.length }
    },
    mark: (account, peer) => find(account, peer)?.marks.get(account) ?? 0,
    delivered: (account) => deliveredUpTo.get(account) ?? 0,
    async conversations(account, { before, limit }) {
      return [...sideOf(account)]
        .map(([peer, conversation]) => {
          const newest = conversation.copies.findLast((copy) => isListed(account, copy))
          const unread = unreadOf(account, conversation).length
          return { peer, newest: newest?.position ?? Number.POSITIVE_INFINITY, unread }
        })
        .filter(({ newest }) => newest < before)
        .sort((a, b) => b.newest - a.newest)
        .slice(0, limit)
    },
    async timeline(account, peer, { after, before, limit, order }) {
      const copies = (find(account, peer)?.copies ?? [])
        .filter((copy) => isVisible(account, copy))
        .filter(({ position }) => position > after && position < before)
      if (order === 'newest') copies.reverse()
      return copies.slice(0, limit).map((copy) => ({
        position: copy.position,
        outgoing: copy.sender === account,
        counted: isCounted(copy),
      }))
    },
    async missed(account, after, limit) {
      return allOf(account)
        .flatMap(({ copies }) => copies)
        .filter(({ recipient, position }) => recipient === account && position > after)
        .sort((a, b) => a.position - b.position)
        .slice(0, limit)
        .map(({ position, sender }) => ({ position, peer: sender }))
    },
    /** Nothing is kept beside the copies, so nothing can differ from them. */
    async *recount() {},
    size() {
      const conversations = new Set([...sides.keys()].flatMap(allOf))
      const copies = [...conversations].flatMap((conversation) => conversation.copies)
      return { conversations: conversations.size, copies: copies.length, bytes: 0 }
    },
    async checkpoint() {},
    async close() {},
  }
}

const has = (traits: number, trait: number) => (traits & trait) !== 0

/** A mark never moves back. */
function forward(marks: Map<number, Position>, account: number, upTo: Position): void {
  marks.set(account, Math.max(marks.get(account) ?? 0, upTo))
}

/** A copy to oneself never counts. */
const isCounted = ({ sender, recipient, traits }: Copy) =>
  sender !== recipient && !has(traits, Trait.uncounted)

function unreadOf(account: number, conversation?: Conversation): Copy[] {
  const mark = conversation?.marks.get(account) ?? 0
  return (conversation?.copies ?? []).filter(
    (copy) => copy.recipient === account && copy.position > mark && isCounted(copy),
  )
}

const isVisible = (account: number, { sender, recipient, traits }: Copy) =>
  recipient === account || sender !== account || !has(traits, Trait.hiddenFromSender)

/** Moves the conversation in the account's list. What one sends to oneself always does. */
const isListed = (account: number, copy: Copy) =>
  copy.sender === account ? isVisible(account, copy) : !has(copy.traits, Trait.unlisted)
