/**
 * Compares every counter with a walk of the timelines, while records go on
 * being applied. What was recalled is known from recalls.ts alone, and left out of the walk.
 *
 * One conversation after the other is looked at as it is at one moment, and its copies are counted
 * up to there. The account totals cannot be looked at at one moment: there may be ten
 * million. So what was counted is summed up by account, and the index tells (as to
 * its auditor) what changes afterwards in conversations that were already passed. Hence the sums
 * are those of the present, at every moment, and can be compared at leisure.
 */
import type { Difference } from '../../index.ts'
import {
  ACCOUNT_CHUNK,
  ACCOUNT_CHUNK_BITS,
  ACCOUNT_WORDS,
  TOTAL_BADGE,
  TOTAL_UNREAD,
} from './account-slots.ts'
import { Breath } from './breath.ts'
import { search } from './chain.ts'
import { badge, difference, differencesIn, look, recountSteps } from './recount-one.ts'
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
      const isGroup = state.conversations.isGroup(passed)
      const seen = look(state, passed++)
      const counted = await search(state.blocks, recountSteps(seen))
      if (!isGroup) {
        for (const { account, unread } of counted.readers) {
          sums.add(account, unread.copies, badge(unread))
        }
      }
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
