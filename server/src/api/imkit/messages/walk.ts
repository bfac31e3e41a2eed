/** Reads the messages of a room, a page at a time, until enough are found. */
import type { Message } from '../../../domain/message.ts'
import type { Peer } from '../../../domain/peer.ts'
import { END, type Position } from '../../../domain/place.ts'
import type { ObjectDoor } from '../objects/message.ts'

export interface Walk {
  /** Both are excluded. */
  after?: Position
  before?: Position
  order: 'newest' | 'oldest'
  limit: number
  /** Which of these messages may match, before they are read; left out: all. */
  mayMatch?(positions: readonly Position[]): readonly boolean[]
  /** Left out: all do. */
  matches?(message: Message): boolean
}

/** So many messages are looked at in one walk. */
const WALK_MAX = 10_000
const PAGE = 200

/** Messages that are damaged are left out. */
export async function walk(
  [account, peer]: readonly [number, Peer],
  { after = 0, before = END, order, limit, mayMatch, matches }: Walk,
  { index, views }: ObjectDoor,
): Promise<Message[]> {
  const found: Message[] = []
  let looked = 0
  let bounds = { after, before }
  const isFiltered = mayMatch !== undefined || matches !== undefined
  while (found.length < limit && looked < WALK_MAX) {
    const size = isFiltered ? PAGE : Math.min(limit - found.length, PAGE)
    const entries = await index.timeline(account, peer, { ...bounds, limit: size, order })
    const positions = entries.map(({ position }) => position)
    const may = mayMatch?.(positions)
    const messages = await views.messages(positions.filter((_, i) => may?.[i] ?? true))
    const there = messages.filter((message) => message !== null)
    found.push(...(matches === undefined ? there : there.filter(matches)))
    const last = positions.at(-1)
    if (last === undefined || positions.length < size) break
    bounds = order === 'newest' ? { after, before: last } : { after: last, before }
    looked += size
  }
  return found.slice(0, limit)
}
