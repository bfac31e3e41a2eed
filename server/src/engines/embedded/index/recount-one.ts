/**
 * One conversation for a recount: what is kept of it at one moment, and what its copies say,
 * which are walked once, from the newest to the oldest, whoever reads it.
 */
import { NOBODY } from '../../../domain/account.ts'
import type { Peer } from '../../../domain/peer.ts'
import { END, type Position } from '../../../domain/place.ts'
import type { Difference } from '../../index.ts'
import type { Search } from './chain.ts'
import { COUNT, HIGHER, LOWER, MARK, positionAt, wordAt } from './conversation-slots.ts'
import type { Counted } from './counting.ts'
import { Flag } from './entry.ts'
import { type Side, sideNow } from './side.ts'
import type { State } from './state.ts'
import { goBack } from './timeline.ts'
import { unreadOfMember, unreadOfSide } from './unread.ts'

/** Somebody who reads a conversation, and what is kept, or was counted, as unread. */
export interface Reader {
  account: number
  peer: Peer
  side: number
  mark: Position
  unread: Counted
}

export interface Seen {
  side: Side
  copies: number
  recalled: Set<Position>
  /** Whose mark lies furthest is first. */
  readers: Reader[]
}

interface Recounted {
  copies: number
  /** As many as were seen, in the same order. */
  readers: Reader[]
}

/** A conversation at this moment. */
export function look(state: State, slot: number): Seen {
  const { conversations, recalls } = state
  const isGroup = conversations.isGroup(slot)
  return {
    side: sideNow(state, slot, 0),
    copies: conversations.wordsOf(slot)[wordAt(slot) + COUNT]!,
    recalled: recalls.positions(slot),
    readers: [...(isGroup ? readersOfGroup(state, slot) : readersOfPair(state, slot))].sort(
      (a, b) => b.mark - a.mark,
    ),
  }
}

function* readersOfPair(state: State, slot: number): Generator<Reader> {
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  const sides = words[at + LOWER] === words[at + HIGHER] ? [0] : [0, 1]
  for (const side of sides) {
    const [account, peer] = [words[at + LOWER + side]!, words[at + HIGHER - side]!]
    yield readerOfSide(state, slot, side, account, peer)
  }
}

/** The group itself, whose counter is that of all copies, is a reader that has read nothing. */
function* readersOfGroup(state: State, slot: number): Generator<Reader> {
  const { members } = state
  const peer = state.conversations.wordsOf(slot)[wordAt(slot) + LOWER]!
  yield readerOfSide(state, slot, 0, NOBODY, peer)
  for (const member of members.ofGroup(slot)) {
    if (!members.isIn(member)) continue
    const [account, mark] = [members.accountOf(member), members.mark(member)]
    yield { account, peer, side: 0, mark, unread: unreadOfMember(state, member) }
  }
}

function readerOfSide(
  state: State,
  slot: number,
  side: number,
  account: number,
  peer: Peer,
): Reader {
  const mark = state.conversations.positionsOf(slot)[positionAt(slot) + MARK + side]!
  return { account, peer, side, mark, unread: unreadOfSide(state, slot, side) }
}

export function* recountSteps({ side, recalled, readers }: Seen): Search<Recounted> {
  const bySide: [Counted, Counted] = [
    { copies: 0, unbadged: 0 },
    { copies: 0, unbadged: 0 },
  ]
  const counted: Reader[] = []
  let copies = 0
  const countReaders = (upTo: Position) => {
    while (counted.length < readers.length && readers[counted.length]!.mark >= upTo) {
      const reader = readers[counted.length]!
      counted.push({ ...reader, unread: { ...bySide[reader.side as 0 | 1] } })
    }
  }
  yield* goBack(side, 0, END, (position, high) => {
    countReaders(position)
    copies++
    if (!(high & Flag.uncounted) && !recalled.has(position)) {
      const count = bySide[(high & Flag.fromLower) as 0 | 1]
      count.copies++
      if (high & Flag.unbadged) count.unbadged++
    }
    return true
  })
  countReaders(0)
  return { copies, readers: counted }
}

export function* differencesIn(seen: Seen, counted: Recounted): Generator<Difference> {
  const { account, peer } = seen.readers.at(-1)!
  yield* difference({
    account,
    peer,
    counter: 'copies',
    kept: seen.copies,
    counted: counted.copies,
  })
  for (const [i, { account, peer, unread: kept }] of seen.readers.entries()) {
    const { unread } = counted.readers[i]!
    const one = { account, peer }
    yield* difference({ ...one, counter: 'unread', kept: kept.copies, counted: unread.copies })
    yield* difference({ ...one, counter: 'badge', kept: badge(kept), counted: badge(unread) })
  }
}

export const badge = ({ copies, unbadged }: Counted) => copies - unbadged

export function difference(one: Difference): Difference[] {
  return one.kept === one.counted ? [] : [one]
}
