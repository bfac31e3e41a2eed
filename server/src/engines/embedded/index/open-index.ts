/**
 * The embedded index: of each conversation everything but its older copies in
 * memory, and those in a file of blocks. Both are made again from the journal when
 * they are lost.
 *
 *   record ──apply──▶ slots of conversations and accounts ──full ring──▶ blocks
 *                              │                                           │
 *                              └────────── checkpoint, now and then ───────┘
 *
 *   opening ──restore──▶ catching up (its opener applies the journal from `place`) ──▶ serving
 *   serving ──a record cannot be applied──▶ broken: every further record is refused
 *   any ──close──▶ closed: every further question is refused with Fault `stopping`
 *
 * Promises:
 *
 *   1. Applying a record again changes nothing, and counters are exact between any two records.
 *   2. Nothing waits for the disk but who asks for copies in blocks. Exceptions, all rare:
 *      spill.ts, counting.ts, apply-recall.ts, and a disk that is slower than the records (block-file.ts).
 *   3. No walk, checkpoint or growth holds the thread for more than a few milliseconds.
 *   4. A wrong byte on disk is never a wrong answer. Met in a checkpoint at the start: an
 *      older one is used, or none. Met by a question: that question fails with Fault
 *      `damaged`. Met by a record: the index is broken, and the next start makes it again
 *      from the journal.
 */
import { Fault } from '../../../domain/errors.ts'
import { isGroup } from '../../../domain/peer.ts'
import { END, PLACE_MAX, PLACE_STEP, type Place } from '../../../domain/place.ts'
import type { Stored } from '../../../domain/record.ts'
import type { Difference, Index, Totals } from '../../index.ts'
import { TOTAL_BADGE, TOTAL_UNREAD } from './account-slots.ts'
import { applyRecord } from './apply-record.ts'
import { EXTENT_BLOCKS } from './block-file.ts'
import { search } from './chain.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { CheckpointFiles } from './checkpoint-files.ts'
import { COUNT, MARK, positionAt, wordAt } from './conversation-slots.ts'
import { conversationsOf, listedIn, pairsFrom } from './conversations.ts'
import { groupsOf, memberOf, membersOf, totalsOfGroups } from './groups.ts'
import { missedBy } from './missed.ts'
import { recount } from './recount.ts'
import { restore } from './restore.ts'
import { sideNow } from './side.ts'
import { sideOf, slotOf } from './state.ts'
import { timelineSteps } from './timeline.ts'
import { unreadIn } from './unread.ts'

export interface IndexOptions {
  /** A folder of its own; made when it is missing. */
  folder: string
  /** Entries between two checkpoints; at least as many as there are conversations. */
  checkpointEntries: number
  /** Something stored is not what was written. */
  onDamage: (fault: Fault) => void
  /** A checkpoint that the index began by itself has failed. The next one comes in its turn. */
  onCheckpointFailed?: (error: unknown) => void
  /** The place after the journal's last record; a checkpoint that reaches further is not used. */
  journalEnd?: Place
  /** Blocks that are written at once; a power of 2. */
  extentBlocks?: number
}

export interface EmbeddedIndex extends Index {
  /** What has been done since it was opened. */
  readonly work: { blockReads: number; blocksSpilled: number; checkpoints: number }
}

export async function openIndex(options: IndexOptions): Promise<EmbeddedIndex> {
  const { onDamage, onCheckpointFailed = () => {}, checkpointEntries } = options
  const { journalEnd = END, extentBlocks = EXTENT_BLOCKS } = options
  const files = new CheckpointFiles(options.folder)
  const state = await restore(files, { journalEnd, extentBlocks, onDamage })
  const { conversations, accounts, blocks } = state
  const firstBlock = blocks.next

  /** Whatever is written down from now on would be wrong, or is not waited for. */
  const givenUp = new AbortController()
  let closed = false
  let broken: unknown = null
  let checkpoints = 0
  let entriesSince = 0
  /** The checkpoint under way, and the one that was asked for meanwhile. */
  let writing: Promise<void> | null = null
  let waiting: Promise<void> | null = null

  function apply(stored: Stored): void {
    if (broken) throw broken
    refuseBadPlace(stored.place)
    if (stored.place <= state.applied) return
    try {
      entriesSince += applyRecord(state, stored)
    } catch (error) {
      breakDown(error)
      throw error
    }
    state.applied = stored.place
    if (entriesSince >= Math.max(checkpointEntries, conversations.count) && !writing) {
      checkpoint().catch(onCheckpointFailed)
    }
  }

  function breakDown(error: unknown): void {
    broken = error
    givenUp.abort()
    if (!isDamage(error)) return
    files.demandRebuild(error.message)
    onDamage(error)
  }

  /** Never two at once. Whoever asks while one is under way gets the next. */
  function checkpoint(): Promise<void> {
    if (!writing) {
      writing = write().finally(() => {
        writing = null
      })
      return writing
    }
    waiting ??= writing
      .catch(() => {})
      .then(() => {
        waiting = null
        return checkpoint()
      })
    return waiting
  }

  async function write(): Promise<void> {
    if (broken) throw broken
    refuseWhenClosed()
    entriesSince = 0
    await writeCheckpoint(state, files, givenUp.signal)
    checkpoints++
  }

  function refuseWhenClosed(): void {
    if (closed) throw new Fault('stopping')
  }

  /** What is damaged concerns the one who asked, and the operator. */
  async function serve<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    refuseWhenClosed()
    try {
      return await ask()
    } catch (error) {
      if (isDamage(error)) onDamage(error)
      throw error
    }
  }

  function serveNow<Answer>(ask: () => Answer): Answer {
    try {
      return ask()
    } catch (error) {
      if (isDamage(error)) onDamage(error)
      throw error
    }
  }

  function directTotals(account: number): Totals {
    const unread = accounts.word(account, TOTAL_UNREAD)
    return { unread, badge: accounts.word(account, TOTAL_BADGE) }
  }

  async function* recounted(): AsyncGenerator<Difference> {
    const differences = recount(state)
    try {
      for (;;) {
        const next = await serve(() => differences.next())
        if (next.done) return
        yield next.value
      }
    } finally {
      await differences.return(null)
    }
  }

  return {
    get place() {
      return state.applied === 0 ? 0 : state.applied + PLACE_STEP
    },
    get work() {
      const blocksSpilled = blocks.next - firstBlock
      return { blockReads: blocks.reads, blocksSpilled, checkpoints }
    },
    apply,
    unread(account, peer) {
      const slot = slotOf(state, account, peer)
      return slot < 0 ? 0 : serveNow(() => unreadIn(state, account, slot).copies)
    },
    totals(account) {
      const direct = directTotals(account)
      const { unread, badge } = serveNow(() => totalsOfGroups(state, account))
      return { unread: direct.unread + unread, badge: direct.badge + badge }
    },
    directTotals,
    mark(account, peer) {
      if (isGroup(peer)) {
        const member = memberOf(state, account, peer)
        return member < 0 ? 0 : state.members.mark(member)
      }
      const slot = slotOf(state, account, peer)
      if (slot < 0) return 0
      return conversations.positionsOf(slot)[positionAt(slot) + MARK + sideOf(account, peer)]!
    },
    copies(account, peer) {
      const slot = slotOf(state, account, peer)
      return slot < 0 ? 0 : conversations.wordsOf(slot)[wordAt(slot) + COUNT]!
    },
    listed(account, peer) {
      const slot = slotOf(state, account, peer)
      return slot < 0 ? 0 : listedIn(state, slot, sideOf(account, peer))
    },
    delivered: (account) => accounts.deliveredUpTo(account),
    conversations: (account, page) => serve(() => conversationsOf(state, account, page)),
    timeline: (account, peer, page) =>
      serve(async () => {
        const slot = slotOf(state, account, peer)
        if (slot < 0) return []
        return search(blocks, timelineSteps(sideNow(state, slot, sideOf(account, peer)), page))
      }),
    members: (group) => membersOf(state, group),
    isMember: (account, group) => memberOf(state, account, group) >= 0,
    groups: (account) => groupsOf(state, account),
    pairs: (from, limit) => pairsFrom(state, from, limit),
    missed: (account, after, limit) => serve(() => missedBy(state, account, after, limit)),
    recount: recounted,
    size: () => ({
      conversations: conversations.count,
      copies: state.copies,
      bytes: [conversations, state.pairs, accounts, state.members, state.recalls, blocks].reduce(
        (sum, { bytes }) => sum + bytes,
        0,
      ),
    }),
    checkpoint,
    async close() {
      if (closed) return
      closed = true
      givenUp.abort()
      await writing?.catch(() => {})
      await blocks.close()
    },
  }
}

function isDamage(error: unknown): error is Fault {
  return error instanceof Fault && error.kind === 'damaged'
}

function refuseBadPlace(place: Place): void {
  if (place > 0 && place <= PLACE_MAX && place % PLACE_STEP === 0) return
  throw new RangeError(`a record stands at ${place}, not at a multiple of 8 from 8 to ${PLACE_MAX}`)
}
