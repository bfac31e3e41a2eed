import { type Batch, Trait } from '../../domain/batch.ts'
import { type ConversationKey, conversationOf, isGroup, type Peer } from '../../domain/peer.ts'
import { PLACE_STEP, type Place, type Position, positionOf } from '../../domain/place.ts'
import type { ConversationChange, Overlay, Read, Stored } from '../../domain/record.ts'
import type { Index } from '../index.ts'

interface Copy {
  position: Position
  sender: number
  recipient: Peer
  traits: number
  isRecalled: boolean
}

/** What two accounts, or one with itself, or the members of a group have said, and how far each has read. */
interface Conversation {
  key: ConversationKey
  copies: Copy[]
  marks: Map<number, Position>
  /** Of a group: where each member joined. */
  joined: Map<number, Position>
}

/** An index that keeps copies and marks, and counts whenever it is asked. */
export function openMemoryIndex(): Index {
  /** In the order in which they began. */
  const conversations = new Map<string, Conversation>()
  const deliveredUpTo = new Map<number, Position>()
  let last: Place = 0

  const find = (account: number, peer: Peer) =>
    conversations.get(String(conversationOf(account, peer)))

  function open(account: number, peer: Peer): Conversation {
    const key = conversationOf(account, peer)
    const conversation = find(account, peer) ?? newConversation(key)
    conversations.set(String(key), conversation)
    return conversation
  }

  function addCopies(place: Place, { sender, recipients, traits }: Batch): void {
    recipients.forEach((recipient, ordinal) => {
      if (recipient === 0 || has(traits, Trait.onlineOnly)) return
      const position = positionOf(place, ordinal)
      const conversation = open(sender, recipient)
      conversation.copies.push({ position, sender, recipient, traits, isRecalled: false })
      if (has(traits, Trait.readsForSender)) forward(conversation, sender, position)
    })
  }

  function changeMembers(place: Place, record: ConversationChange): void {
    const [group] = record.conversation
    if (!isGroup(group)) return
    const { joined, marks } = open(0, group)
    for (const account of record.left) {
      joined.delete(account)
      marks.delete(account)
    }
    for (const account of record.joined) {
      if (joined.has(account)) continue
      joined.set(account, positionOf(place, 0))
      marks.set(account, positionOf(place, 0))
    }
  }

  function markRead(place: Place, { reader, peer, upTo }: Read): void {
    const conversation = find(reader, peer)
    if (conversation) forward(conversation, reader, upTo ?? positionOf(place, 0))
  }

  function recall({ place, ordinals, sender, recipients }: Overlay): void {
    ordinals.forEach((ordinal, i) => {
      const copies = find(sender, recipients[i]!)?.copies ?? []
      const copy = copies.find(({ position }) => position === positionOf(place, ordinal))
      if (copy) copy.isRecalled = true
    })
  }

  /** The account's conversations, each with the peer that it has there. */
  function allOf(account: number, kind?: 'direct' | 'group') {
    return [...conversations.values()]
      .filter(({ key, joined }) => (isGroup(key[0]) ? joined.has(account) : key.includes(account)))
      .filter(({ key }) => kind === undefined || isGroup(key[0]) === (kind === 'group'))
      .map((conversation) => ({ conversation, peer: peerOf(account, conversation) }))
  }

  function totals(account: number, kind?: 'direct' | 'group') {
    const unread = allOf(account, kind).flatMap(({ conversation }) =>
      unreadOf(account, conversation),
    )
    const badge = unread.filter(({ traits }) => !has(traits, Trait.unbadged))
    return { unread: unread.length, badge: badge.length }
  }

  return {
    get place() {
      return last === 0 ? 0 : last + PLACE_STEP
    },
    apply({ place, record }: Stored) {
      if (place <= last) return
      last = place
      if (record.type === 'batch') addCopies(place, record)
      if (record.type === 'conversation') changeMembers(place, record)
      if (record.type === 'overlay' && record.change === 'recall') recall(record)
      if (record.type === 'read') markRead(place, record)
      if (record.type === 'delivered') {
        record.accounts.forEach((account, i) => {
          const known = deliveredUpTo.get(account) ?? 0
          deliveredUpTo.set(account, Math.max(known, record.upTo[i]!))
        })
      }
    },
    unread: (account, peer) => unreadOf(account, find(account, peer)).length,
    totals: (account) => totals(account),
    directTotals: (account) => totals(account, 'direct'),
    mark: (account, peer) => find(account, peer)?.marks.get(account) ?? 0,
    copies: (account, peer) => find(account, peer)?.copies.length ?? 0,
    listed(account, peer) {
      const { copies } = find(account, peer) ?? { copies: [] }
      return copies.findLast((copy) => isListed(account, copy))?.position ?? 0
    },
    delivered: (account) => deliveredUpTo.get(account) ?? 0,
    async conversations(account, { before, limit, kind }) {
      return allOf(account, kind)
        .map(({ conversation, peer }) => {
          const listed = conversation.copies.findLast((copy) => isListed(account, copy))
          const joined = conversation.joined.get(account) ?? 0
          const newest = Math.max(listed?.position ?? 0, joined) || Number.POSITIVE_INFINITY
          return { peer, newest, unread: unreadOf(account, conversation).length }
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
        outgoing: copy.sender === account && !isGroup(peer),
        counted: isCounted(copy),
      }))
    },
    members: (group) => Uint32Array.from(find(0, group)?.joined.keys() ?? []),
    isMember: (account, group) => find(account, group)?.joined.has(account) ?? false,
    groups(account) {
      const joinedAt = ({ conversation }: { conversation: Conversation }) =>
        conversation.joined.get(account)!
      const groups = allOf(account, 'group').sort((a, b) => joinedAt(a) - joinedAt(b))
      return Int32Array.from(groups, ({ peer }) => peer)
    },
    pairs: (from, limit) =>
      [...conversations.values()]
        .map(({ key }) => key)
        .filter(([first]) => !isGroup(first))
        .slice(from, from + limit),
    async missed(account, after, limit) {
      return allOf(account)
        .flatMap(({ conversation: { copies, joined }, peer }) => {
          const from = Math.max(after, joined.get(account) ?? 0)
          return copies
            .filter(({ recipient }) => recipient === account || isGroup(peer))
            .filter(({ position }) => position > from)
            .map(({ position }) => ({ position, peer }))
        })
        .sort((a, b) => a.position - b.position)
        .slice(0, limit)
    },
    /** Nothing is kept beside the copies, so nothing can differ from them. */
    async *recount() {},
    size() {
      const all = [...conversations.values()]
      const copies = all.reduce((sum, conversation) => sum + conversation.copies.length, 0)
      return { conversations: conversations.size, copies, bytes: 0 }
    },
    async checkpoint() {},
    async close() {},
  }
}

const newConversation = (key: ConversationKey): Conversation => ({
  key,
  copies: [],
  marks: new Map(),
  joined: new Map(),
})

const has = (traits: number, trait: number) => (traits & trait) !== 0

function peerOf(account: number, { key: [first, second] }: Conversation): Peer {
  if (isGroup(first)) return first
  return first === account ? second : first
}

/** A mark never moves back. Whoever is no member of a group has none. */
function forward({ key, marks, joined }: Conversation, account: number, upTo: Position): void {
  if (isGroup(key[0]) && !joined.has(account)) return
  marks.set(account, Math.max(marks.get(account) ?? 0, upTo))
}

/** A copy to oneself never counts. */
const isCounted = ({ sender, recipient, traits }: Copy) =>
  sender !== recipient && !has(traits, Trait.uncounted)

function unreadOf(account: number, conversation?: Conversation): Copy[] {
  if (conversation === undefined) return []
  const { key, copies, marks, joined } = conversation
  if (isGroup(key[0]) && !joined.has(account)) return []
  const mark = marks.get(account) ?? 0
  return copies
    .filter(({ recipient }) => recipient === account || isGroup(recipient))
    .filter((copy) => copy.position > mark && isCounted(copy) && !copy.isRecalled)
}

const isVisible = (account: number, { sender, recipient, traits }: Copy) =>
  isGroup(recipient) ||
  recipient === account ||
  sender !== account ||
  !has(traits, Trait.hiddenFromSender)

/** Moves the conversation in the account's list. What one sends to oneself always does. */
const isListed = (account: number, copy: Copy) =>
  copy.sender === account && !isGroup(copy.recipient)
    ? isVisible(account, copy)
    : !has(copy.traits, Trait.unlisted)
