/**
 * What can be asked. Views join the index, which knows where things stand,
 * with the journal, which knows what they say. Doors turn the answers into
 * their own words.
 */
import { isExpired, type Message } from '../domain/message.ts'
import { type Position, positionOf } from '../domain/place.ts'
import type { Engines } from '../engines/engines.ts'
import type { Listed, TimelinePage } from '../engines/index.ts'
import { openMessages } from './messages.ts'

export interface Conversation {
  peer: number
  unread: number
  /** The newest copy that moves the conversation in the list; null: it is damaged. */
  newest: Message | null
  position: Position
}

/** A message of a conversation, or the place of one that cannot be read any more. */
export interface Line {
  position: Position
  outgoing: boolean
  message: Message | null
}

export type Views = ReturnType<typeof openViews>

export function openViews({ journal, index }: Engines, now: () => number = Date.now) {
  return {
    /** A page of a conversation, as one side sees it. */
    async history(account: number, peer: number, page: TimelinePage): Promise<Line[]> {
      const entries = await index.timeline(account, peer, page)
      const messages = await openMessages(
        journal,
        entries.map(({ position }) => position),
      )
      return entries.map(({ position, outgoing }, i) => ({
        position,
        outgoing,
        message: messages[i]!,
      }))
    },

    /** The positions between which every message of a span of time stands; both are excluded. */
    between(fromMs: number, toMs: number): { after: Position; before: Position } {
      const { from, to } = journal.span(fromMs, toMs)
      return { after: positionOf(from, 0) - 1, before: positionOf(to, 0) }
    },

    /** The account's conversations, newest first. */
    async conversations(account: number, before: Position, limit: number): Promise<Conversation[]> {
      const listed = await index.conversations(account, { before, limit })
      const newest = await openMessages(
        journal,
        listed.map((entry) => entry.newest),
      )
      return listed.map((entry, i) => ({
        peer: entry.peer,
        unread: entry.unread,
        newest: newest[i]!,
        position: entry.newest,
      }))
    },

    /** The same without their messages, which need not be read then. */
    listed(account: number, before: Position, limit: number): Promise<Listed[]> {
      return index.conversations(account, { before, limit })
    },

    /** What was sent to an account after a position: one page, oldest first, without what has expired. */
    async missed(
      account: number,
      after: Position,
      limit: number,
    ): Promise<{ messages: Message[]; upTo: Position; isLast: boolean }> {
      const entries = await index.missed(account, after, limit)
      const positions = entries.map(({ position }) => position)
      const messages = await openMessages(journal, positions)
      return {
        messages: messages.filter((m): m is Message => m !== null && !isExpired(m, now())),
        upTo: positions.at(-1) ?? after,
        isLast: entries.length < limit,
      }
    },

    /** The last position a message up to a time can have in a conversation; null: there is none so old. */
    async lastUpTo(account: number, peer: number, timeMs: number): Promise<Position | null> {
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

    unread: (account: number, peer: number) => index.unread(account, peer),
    unreadTotal: (account: number) => index.totals(account).unread,
    mark: (account: number, peer: number) => index.mark(account, peer),
    delivered: (account: number) => index.delivered(account),

    /** The newest position there is. Everything after it is new. */
    newest: (): Position => (index.place === 0 ? 0 : positionOf(index.place, 0) - 1),
    generation: journal.generation,
  }
}
