/**
 * Compares every counter with a walk of the timelines, while records go on
 * being applied.
 *
 * One conversation after the other is looked at as it is at one moment, and its copies are counted
 * up to there. The account totals cannot be looked at at one moment: there may be ten
 * million. So what was counted is summed up by account, and the index tells (as to
 * its auditor) what changes afterwards in conversations that were already passed. Hence the sums
 * are those of the present, at every moment, and can be compared at leisure.
 */
import { END } from '../../../domain/place.ts'
import type { Difference } from '../../index.ts'
import {
  ACCOUNT_CHUNK,
  ACCOUNT_CHUNK_BITS,
  ACCOUNT_WORDS,
  TOTAL_BADGE,
  TOTAL_UNREAD,
} from './account-slots.ts'
import { countable } from './apply-read.ts'
import { BLOCK_ENTRIES, BLOCK_RING, type Block } from './block.ts'
import { Breath } from './breath.ts'
import { blockBefore, newestBlockBefore, type Search, search } from './chain.ts'
import {
  COUNT,
  HIGHER,
  LOWER,
  MARK,
  positionAt,
  UNBADGED,
  UNREAD,
  wordAt,
} from './conversation-slots.ts'
import { ENTRY_WORDS } from './entry.ts'
import { type Side, sideNow } from './side.ts'
import type { Auditor, State } from './state.ts'

export async function* recount(state: State): AsyncGenerator<Difference> {
  const sums = new Sums()
  const end = state.conversations.count
  let passed = 0
  const auditor: Auditor = {
    changed(account, slot, unread, badge) {
      if (slot < passed || slot >= end) sums.add(account, unread, badge)
    },
  }
  // A later recount takes over: somebody may have given up the earlier one without a word.
  state.auditor = auditor
  const breath = new Breath(1000)
  const turn = async () => {
    await breath.turn()
    if (state.auditor !== auditor) throw new Error('another recount has begun')
  }
  try {
    while (passed < end) {
      const seen = look(state, passed++)
      const counted = await search(state.blocks, countSteps(seen))
      for (const one of counted.sides) sums.add(one.account, one.unread, one.unread - one.unbadged)
      yield* differencesIn(seen, counted)
      if (breath.isDue()) await turn()
    }
    for (const chunk of state.accounts.chunks()) {
      await turn()
      yield* differencesOf(state, sums, chunk)
    }
  } finally {
    if (state.auditor === auditor) state.auditor = null
  }
}

/** What one side of a conversation has, or should have. */
interface Counters {
  account: number
  peer: number
  mark: number
  unread: number
  unbadged: number
}

interface Seen {
  side: Side
  copies: number
  sides: Counters[]
}

interface Counted {
  copies: number
  sides: Counters[]
}

/** A conversation at this moment. */
function look(state: State, slot: number): Seen {
  const words = state.conversations.wordsOf(slot)
  const positions = state.conversations.positionsOf(slot)
  const at = wordAt(slot)
  const side = sideNow(state, slot, 0)
  const sides = (side.toOneself ? [0] : [0, 1]).map((one) => ({
    account: words[at + LOWER + one]!,
    peer: words[at + HIGHER - one]!,
    mark: positions[positionAt(slot) + MARK + one]!,
    unread: words[at + UNREAD + one]!,
    unbadged: words[at + UNBADGED + one]!,
  }))
  return { side, copies: words[at + COUNT]!, sides }
}

function* countSteps({ side, sides }: Seen): Search<Counted> {
  const { chain, ring } = side
  const counted = { copies: 0, sides: sides.map((one) => ({ ...one, unread: 0, unbadged: 0 })) }
  count(counted, ring, 0, ring.length / ENTRY_WORDS)
  let block: Block | null = yield* newestBlockBefore(chain, END)
  while (block) {
    count(counted, block, BLOCK_RING, BLOCK_ENTRIES)
    block = yield* blockBefore(chain, block)
  }
  return counted
}

function count(counted: Counted, words: Int32Array, from: number, entries: number): void {
  counted.copies += entries
  counted.sides.forEach((one, side) => {
    const more = countable(words, from, entries, side, one.mark, END)
    one.unread += more.unread
    one.unbadged += more.unbadged
  })
}

function* differencesIn(seen: Seen, counted: Counted): Generator<Difference> {
  const { account, peer } = seen.sides[0]!
  yield* difference({
    account,
    peer,
    counter: 'copies',
    kept: seen.copies,
    counted: counted.copies,
  })
  for (const [i, kept] of seen.sides.entries()) {
    const { account, peer, unread, unbadged } = counted.sides[i]!
    const badge = unread - unbadged
    yield* difference({ account, peer, counter: 'unread', kept: kept.unread, counted: unread })
    const keptBadge = kept.unread - kept.unbadged
    yield* difference({ account, peer, counter: 'badge', kept: keptBadge, counted: badge })
  }
}

/** The totals of one chunk of accounts, compared at one moment. */
function differencesOf({ accounts }: State, sums: Sums, chunk: number): Difference[] {
  const words = accounts.words[chunk]!
  const found: Difference[] = []
  for (let i = 0; i < ACCOUNT_CHUNK; i++) {
    const account = chunk * ACCOUNT_CHUNK + i
    const unread = words[i * ACCOUNT_WORDS + TOTAL_UNREAD]!
    const badge = words[i * ACCOUNT_WORDS + TOTAL_BADGE]!
    const counted = sums.of(account)
    if (unread === counted.unread && badge === counted.badge) continue
    const total = { account, peer: null }
    found.push(
      ...difference({ ...total, counter: 'unread', kept: unread, counted: counted.unread }),
      ...difference({ ...total, counter: 'badge', kept: badge, counted: counted.badge }),
    )
  }
  return found
}

function difference(one: Difference): Difference[] {
  return one.kept === one.counted ? [] : [one]
}

/** Unread and badge by account, in chunks like those of the accounts. */
class Sums {
  readonly #chunks: (Int32Array | undefined)[] = []

  add(account: number, unread: number, badge: number): void {
    const chunk = (this.#chunks[account >>> ACCOUNT_CHUNK_BITS] ??= new Int32Array(
      2 * ACCOUNT_CHUNK,
    ))
    const at = 2 * (account % ACCOUNT_CHUNK)
    chunk[at]! += unread
    chunk[at + 1]! += badge
  }

  of(account: number): { unread: number; badge: number } {
    const chunk = this.#chunks[account >>> ACCOUNT_CHUNK_BITS]
    const at = 2 * (account % ACCOUNT_CHUNK)
    return { unread: chunk?.[at] ?? 0, badge: chunk?.[at + 1] ?? 0 }
  }
}
