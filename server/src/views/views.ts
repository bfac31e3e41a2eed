/**
 * What can be asked. Views join the index, which knows where things stand,
 * with the journal, which knows what they say. Doors turn the answers into
 * their own words.
 */
import type { Batch } from '../domain/batch.ts'
import { isExpired, type Message } from '../domain/message.ts'
import { isGroup, type Peer } from '../domain/peer.ts'
import { type Place, type Position, positionOf } from '../domain/place.ts'
import { isBatch, type Stored } from '../domain/record.ts'
import type { Engines } from '../engines/engines.ts'
import type { Listed, ListPage, TimelinePage } from '../engines/index.ts'
import { openLedger } from './ledger.ts'
import { openMessages } from './messages.ts'

export interface Conversation {
  peer: Peer
  unread: number
  /**
   * The newest copy that moves the conversation in the list. Null: it is damaged, or nothing was
   * said in the group yet that does.
   */
  newest: Message | null
  /** Where the conversation stands in the list. */
  position: Position
}

/** A message of a conversation, or the place of one that cannot be read any more. */
export interface Line {
  position: Position
  outgoing: boolean
  message: Message | null
}

export type Views = ReturnType<typeof openViews>

export function openViews(engines: Engines, now: () => number = Date.now) {
  const { journal, index, directory } = engines

  function listed(
    account: number,
    before: Position,
    limit: number,
    kind?: ListPage['kind'],
  ): Promise<Listed[]> {
    const page = { before, limit }
    return index.conversations(account, kind === undefined ? page : { ...page, kind })
  }

  return {
    /** A page of a conversation, as one side or one member sees it. */
    async history(account: number, peer: Peer, page: TimelinePage): Promise<Line[]> {
      const entries = await index.timeline(account, peer, page)
      const messages = await openMessages(
        engines,
        entries.map(({ position }) => position),
      )
      return entries.map(({ position, outgoing }, i) => {
        const message = messages[i]!
        return {
          position,
          outgoing: isGroup(peer) ? message?.sender === account : outgoing,
          message,
        }
      })
    },

    /** The positions between which every message of a span of time stands; both are excluded. */
    between(fromMs: number, toMs: number): { after: Position; before: Position } {
      const { from, to } = journal.span(fromMs, toMs)
      return { after: positionOf(from, 0) - 1, before: positionOf(to, 0) }
    },

    /** The account's conversations, newest first. */
    async conversations(
      account: number,
      before: Position,
      limit: number,
      kind?: ListPage['kind'],
    ): Promise<Conversation[]> {
      const entries = await listed(account, before, limit, kind)
      // A group stands in the list where it was joined, too, and then its newest copy is older.
      const positions = entries.map(({ peer, newest }) =>
        isGroup(peer) ? index.listed(account, peer) : newest,
      )
      const messages = await openMessages(engines, positions)
      return entries.map(({ peer, unread, newest: position }, i) => {
        return { peer, unread, newest: messages[i]!, position }
      })
    },

    /** The same without their messages, which need not be read then. */
    listed,

    /** The copies at these positions, in this order; null: there is none, or it is damaged. */
    messages: (positions: readonly Position[]) => openMessages(engines, positions),

    async message(position: Position): Promise<Message | null> {
      return (await openMessages(engines, [position]))[0]!
    },

    /** The records of a batch by that of its first, in order; those that are damaged are left out. */
    async batch(head: Place): Promise<Stored<Batch>[]> {
      const records = await journal.read([head, ...directory.parts(head)])
      return records.filter((stored): stored is Stored<Batch> => stored !== null && isBatch(stored))
    },

    /**
     * What was sent to an account after a position: one page, oldest first, without what it sent
     * itself to groups, and without what has expired or was recalled.
     */
    async missed(
      account: number,
      after: Position,
      limit: number,
    ): Promise<{ messages: Message[]; upTo: Position; isLast: boolean }> {
      const entries = await index.missed(account, after, limit)
      const positions = entries.map(({ position }) => position)
      const messages = await openMessages(engines, positions)
      const nowMs = now()
      return {
        messages: messages.filter((m): m is Message => m !== null && isMissed(m, account, nowMs)),
        upTo: positions.at(-1) ?? after,
        isLast: entries.length < limit,
      }
    },

    /** The last position a message up to a time can have in a conversation; null: there is none so old. */
    async lastUpTo(account: number, peer: Peer, timeMs: number): Promise<Position | null> {
      let { before } = this.between(0, timeMs)
      for (;;) {
        const lines = await this.history(account, peer, {
          after: -1,
          before,
          limit: 64,
          order: 'newest',
        })
        const found = lines.find(({ message }) => message !== null && message.time <= timeMs)
        if (found !== undefined) return found.position
        if (lines.length < 64) return null
        before = lines.at(-1)!.position
      }
    },

    /** What became of the entries of a batch. */
    ledger: openLedger(engines),

    unread: (account: number, peer: Peer) => index.unread(account, peer),
    unreadTotal: (account: number) => index.totals(account).unread,
    directUnreadTotal: (account: number) => index.directTotals(account).unread,
    mark: (account: number, peer: Peer) => index.mark(account, peer),
    /** How many copies stand in the conversation, recalled ones too. */
    copies: (account: number, peer: Peer) => index.copies(account, peer),
    isMember: (account: number, group: Peer) => index.isMember(account, group),
    delivered: (account: number) => index.delivered(account),

    /** The newest position there is. Everything after it is new. */
    newest: (): Position => (index.place === 0 ? 0 : positionOf(index.place, 0) - 1),
    generation: journal.generation,
  }
}

function isMissed(message: Message, account: number, nowMs: number): boolean {
  if (message.content === null || isExpired(message, nowMs)) return false
  return !isGroup(message.recipient) || message.sender !== account
}
