/**
 * What was sent to an account after a position, over all its conversations,
 * oldest first.
 *
 * The walk along the account's chain passes over conversations without such
 * copies at one look at their slot. Of the others, the one that was created first
 * is asked first, for its oldest copies, and never for any after those that are
 * known already. When one was created after all of these, so were the rest.
 *
 * Groups of which the account is a member are asked likewise, for what came after its joining.
 *
 * The answer is cut where the index ended when the walk began. Otherwise it could
 * hold a copy that came during the walk and lack an older one that came to a
 * conversation already passed; whoever goes on from the last copy of the answer
 * would never see that one.
 */
import { END, lastPositionOf, type Position } from '../../../domain/place.ts'
import type { Missed } from '../../index.ts'
import { firstOf, nextOf, peerIn, sideIn } from './account-chain.ts'
import { LAST } from './account-slots.ts'
import { Breath } from './breath.ts'
import { type Search, search } from './chain.ts'
import { COUNT, newestPosition, wordAt } from './conversation-slots.ts'
import { isCertainlyBefore } from './entry.ts'
import { joinedAt } from './groups.ts'
import { isIncoming, newestIncoming, type Side, sideNow } from './side.ts'
import { Smallest } from './smallest.ts'
import type { State } from './state.ts'
import { goForward } from './timeline.ts'

/** The oldest before `end`, as many as `limit`, and those that are known so far. */
interface Wanted {
  end: Position
  limit: number
  oldest: Smallest
}

export async function missedBy(
  state: State,
  account: number,
  after: Position,
  limit: number,
): Promise<Missed[]> {
  const oldest = new Smallest(limit)
  const wanted = { end: lastPositionOf(state.applied) + 1, limit, oldest }
  await takeFromGroups(state, account, after, wanted)
  await takeFromPairs(state, account, after, wanted)
  return oldest.sorted().map(({ key, value }) => ({ position: key, peer: value }))
}

async function takeFromPairs(
  state: State,
  account: number,
  after: Position,
  wanted: Wanted,
): Promise<void> {
  if (!hasIncoming(state, account, state.accounts.word(account, LAST) - 1, after)) return
  const slots = await slotsWithIncoming(state, account, after)
  const breath = new Breath(1000)
  while (slots.length > 0) {
    const slot = slots.pop()!
    const side = sideNow(state, slot, sideIn(state, account, slot))
    const peer = peerIn(state, account, slot)
    const steps = missedSteps(side, peer, after, wanted)
    // Those that are left were created later still.
    if (!(await search(state.blocks, steps))) break
    if (breath.isDue()) await breath.turn()
  }
}

async function takeFromGroups(
  state: State,
  account: number,
  after: Position,
  wanted: Wanted,
): Promise<void> {
  const breath = new Breath(1000)
  for (const member of state.members.ofAccount(account)) {
    const slot = state.members.groupOf(member)
    const from = Math.max(after, joinedAt(state, member))
    if (state.members.isIn(member) && newestOf(state, slot) > from) {
      const peer = peerIn(state, account, slot)
      await search(state.blocks, missedSteps(sideNow(state, slot, 0), peer, from, wanted))
    }
    if (breath.isDue()) await breath.turn()
  }
}

function newestOf({ conversations }: State, slot: number): Position {
  const words = conversations.wordsOf(slot)
  return newestPosition(words, wordAt(slot), words[wordAt(slot) + COUNT]!)
}

/** The conversations with copies to the account after a position, the one created last first. */
async function slotsWithIncoming(state: State, account: number, after: Position) {
  const slots: number[] = []
  const breath = new Breath()
  for (let slot = firstOf(state, account); slot >= 0; slot = nextOf(state, account, slot)) {
    if (hasIncoming(state, account, slot, after)) slots.push(slot)
    if (breath.isDue()) await breath.turn()
  }
  return slots
}

function hasIncoming(state: State, account: number, slot: number, after: Position): boolean {
  if (slot < 0) return false
  const words = state.conversations.wordsOf(slot)
  const side = sideIn(state, account, slot)
  return !isCertainlyBefore(newestIncoming(words, wordAt(slot), side), after)
}

/** Adds the oldest copies of one conversation. False: it was created too late to have any. */
function* missedSteps(
  side: Side,
  peer: number,
  after: Position,
  { end, limit, oldest }: Wanted,
): Search<boolean> {
  let taken = 0
  const isNew = yield* goForward(side, after, END, limit, (position, high) => {
    if (position >= end || position >= oldest.bound) return false
    if (isIncoming(side, high)) oldest.add(position, peer)
    taken++
    return true
  })
  return taken > 0 || !isNew
}
