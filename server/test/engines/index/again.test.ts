/**
 * What lets a checkpoint be written while records are applied: slots may be of different moments
 * after its beginning. When all records from the beginning on are applied again, nothing
 * is different from what it was.
 */
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { positionOf } from '../../../src/domain/place.ts'
import type { JournalRecord, Stored } from '../../../src/domain/record.ts'
import {
  batch,
  conversation,
  overlay,
  read,
  Trait,
} from '../../../src/engines/conformance/subject.ts'
import { TOTAL_BADGE, TOTAL_UNREAD } from '../../../src/engines/embedded/index/account-slots.ts'
import { applyRecord } from '../../../src/engines/embedded/index/apply-record.ts'
import { BlockFile } from '../../../src/engines/embedded/index/block-file.ts'
import {
  BLOCK,
  LANDING,
  SLOT_WORDS,
} from '../../../src/engines/embedded/index/conversation-slots.ts'
import { derive } from '../../../src/engines/embedded/index/restore.ts'
import type { Slots } from '../../../src/engines/embedded/index/slots.ts'
import { emptyState, type State } from '../../../src/engines/embedded/index/state.ts'
import { unreadOfSide } from '../../../src/engines/embedded/index/unread.ts'
import { newFolder, seed } from './subject.ts'

const numRuns = 20 * Number(process.env.CARILLON_RUNS ?? 15)
const GROUP = -1

/** Records stand at 8, 16, 24 and so on, so that one can name another that is still to come. */
const placeOfNth = (n: number) => 8 * (n + 1)

const person = fc.integer({ min: 1, max: 3 })
const nth = fc.nat({ max: 50 })
const somebody = fc.oneof(person, fc.constant(GROUP))
const people = fc.array(person, { maxLength: 2 })

type Make = (all: readonly JournalRecord[]) => JournalRecord

const plain: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc
    .tuple(
      person,
      fc.array(somebody, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(0, 0, Trait.unbadged, Trait.uncounted, Trait.readsForSender),
    )
    .map(([sender, to, traits]) => batch(sender, to, traits)),
  fc.tuple(people, people).map(([joined, left]) => conversation([GROUP, 0], null, joined, left)),
  fc
    .tuple(person, somebody, fc.option(nth))
    .map(([reader, peer, upTo]) =>
      read(reader, peer, upTo === null ? null : positionOf(placeOfNth(upTo), 1)),
    ),
)

/** A recall of a batch, wherever that stands: before it, after it, or nowhere. */
const recall: fc.Arbitrary<Make> = nth.map((n) => (all) => {
  const record = all[n]
  if (record?.type !== 'batch') return overlay({ place: placeOfNth(n), record: batch(1, [2]) }, [0])
  return overlay({ place: placeOfNth(n), record }, [...record.recipients.keys()])
})

/** Whatever a checkpoint holds was there before what is applied again. */
const conversations = [batch(1, [1, 2, 3, GROUP]), batch(2, [2, 3]), batch(3, [3])]

const history: fc.Arbitrary<Stored[]> = fc
  .array(fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: recall }), {
    minLength: 10,
    maxLength: 50,
    size: 'max',
  })
  .map((some) => {
    const made = [...conversations, ...some]
    const records = made.map((one) => (typeof one === 'function' ? batch(1, []) : one))
    return made.map((one, n) => ({
      place: placeOfNth(n),
      time: 0,
      record: typeof one === 'function' ? one(records) : one,
    }))
  })

test(`slots of different moments become the same again (CARILLON_SEED=${seed})`, {
  timeout: 300_000,
}, async () => {
  const folder = newFolder()
  let files = 0
  const moments = fc.tuple(fc.nat(), fc.nat(), fc.nat())
  await fc.assert(
    fc.asyncProperty(history, moments, async (records, chosen) => {
      const blocks = BlockFile.create(join(folder, `blocks${files++}`), 1, 4)
      const [began, ...moments] = momentsOf(chosen, records)
      const state = emptyState(blocks)
      const older = emptyState(blocks)
      for (const [n, stored] of records.entries()) {
        copySlots(state, older, n, began, moments)
        apply(state, stored)
      }
      copySlots(state, older, records.length, began, moments)
      await derive(older)
      for (const stored of records.slice(began)) apply(older, stored)
      expect(keptIn(older)).toEqual(keptIn(state))
    }),
    { seed, numRuns },
  )
})

type Moments = [began: number, conversations: number, members: number]

/** When a checkpoint begins, and after which records it takes conversations and members: any time later. */
function momentsOf([began, ...later]: Moments, { length }: readonly Stored[]): Moments {
  const first = conversations.length + (began % (length - conversations.length))
  const [taken, takenOfMembers] = later.map((moment) => first + (moment % (length - first + 1)))
  return [first, taken!, takenOfMembers!]
}

/** What a checkpoint takes before the nth record: of each kind as many as there were when it began. */
function copySlots(
  from: State,
  to: State,
  n: number,
  began: number,
  [conversations, members]: number[],
): void {
  if (n === began) {
    to.conversations.reserve(from.conversations.count)
    to.conversations.count = from.conversations.count
    to.members.slots.resize(from.members.slots.count)
    to.recalls.slots.resize(from.recalls.slots.count)
    copy(from.recalls.slots, to.recalls.slots)
  }
  const { count } = to.conversations
  if (n === conversations) {
    to.conversations.bytesOf(0, count).set(from.conversations.bytesOf(0, count))
  }
  if (n === members) copy(from.members.slots, to.members.slots)
}

function copy(from: Slots, to: Slots): void {
  const slices = [...from.slices(to.count)]
  for (const [i, slice] of [...to.slices(to.count)].entries()) slice.set(slices[i]!)
}

function apply(state: State, stored: Stored): void {
  applyRecord(state, stored)
  state.applied = Math.max(state.applied, stored.place)
}

/**
 * All that is kept, but for where blocks stand, from whom somebody heard last, which is known
 * coarsely, and recalls of what was read since, on which nothing depends.
 */
function keptIn(state: State) {
  const { conversations, members, accounts, copies } = state
  const words = (bytes: Uint8Array) => Array.from(new Int32Array(bytes.slice().buffer))
  const slots = Array.from({ length: conversations.count }, (_, slot) => slot)
  return {
    copies,
    conversations: words(conversations.bytesOf(0, conversations.count)).map((word, i) =>
      [BLOCK, LANDING].includes(i % SLOT_WORDS) ? 0 : word,
    ),
    members: [...members.slots.slices(members.slots.count)].map(words),
    unread: slots.map((slot) => [0, 1].map((side) => unreadOfSide(state, slot, side))),
    totals: [1, 2, 3].map((account) =>
      [TOTAL_UNREAD, TOTAL_BADGE].map((word) => accounts.word(account, word)),
    ),
  }
}
