/**
 * Random histories, and the comparison of an index with the model after one.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { type Batch, Trait } from '../../../src/domain/batch.ts'
import { END, type Position, placeOf } from '../../../src/domain/place.ts'
import { isBatch, type Stored } from '../../../src/domain/record.ts'
import {
  accounts,
  batch,
  conversation,
  delivered,
  overlay,
  read,
} from '../../../src/engines/conformance/subject.ts'
import type { Index } from '../../../src/engines/index.ts'
import { differences, type Records } from './subject.ts'

export const PEOPLE = [1, 2, 3, 4, 40_000]
const GROUPS = [-1, -2, -70_000]
const PEERS = [...PEOPLE, ...GROUPS]

/** A position by how far it lies in what there is: below 1 the past, above the future. */
export type Point = { part: number; ordinal: number } | 'start' | 'end'

export type Event = { step: number } & (
  | { type: 'batch'; sender: number; to: number[]; traits: number }
  | { type: 'read'; reader: number; peer: number; upTo: Point | null }
  | { type: 'delivered'; account: number; upTo: Point }
  | { type: 'accounts' }
  | { type: 'members'; group: number; joined: number[]; left: number[] }
  | { type: 'pair'; pair: [number, number] }
  | { type: 'overlay'; of: Point | { back: number }; ordinals: number[]; isRecall: boolean }
)

export interface Question {
  points: [Point, Point]
  limit: number
}

/** Two of them write to each other so much that their blocks have levels. */
const person = fc.oneof(fc.constantFrom(1, 2), fc.constantFrom(...PEOPLE))
const group = fc.constantFrom(...GROUPS)
const peer = fc.oneof({ weight: 3, arbitrary: person }, { weight: 1, arbitrary: group })
const traits = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  {
    weight: 4,
    arbitrary: fc
      .subarray([
        Trait.uncounted,
        Trait.unbadged,
        Trait.unlisted,
        Trait.hiddenFromSender,
        Trait.system,
      ])
      .map((set) => set.reduce((all, one) => all | one, 0)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(Trait.readsForSender, Trait.readsForSender | Trait.unbadged),
  },
  { weight: 1, arbitrary: fc.constant(Trait.onlineOnly | Trait.readsForSender) },
)
const point: fc.Arbitrary<Point> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      part: fc.integer({ min: 0, max: 110 }).map((percent) => percent / 100),
      ordinal: fc.oneof(fc.nat({ max: 20 }), fc.constant(4095)),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Point>('start', 'end') },
)
const step = fc.oneof(
  fc.constant(8),
  fc.nat({ max: 1000 }).map((n) => 8 + 8 * n),
)

export const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      type: fc.constant('batch' as const),
      step,
      sender: person,
      to: fc.array(fc.oneof({ weight: 8, arbitrary: peer }, fc.constant(0)), {
        maxLength: 20,
        size: 'max',
      }),
      traits,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('read' as const),
      step,
      reader: person,
      peer,
      upTo: fc.option(point, { freq: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('delivered' as const),
      step,
      account: person,
      upTo: point,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('accounts' as const), step }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('members' as const),
      step,
      group,
      joined: fc.array(person, { maxLength: 4 }),
      left: fc.array(person, { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('pair' as const),
      step,
      pair: fc.constant<[number, number]>([1, 2]),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('overlay' as const),
      step,
      of: fc.oneof(
        { weight: 6, arbitrary: fc.record({ back: fc.nat({ max: 40 }) }) },
        { weight: 1, arbitrary: point },
      ),
      ordinals: fc
        .uniqueArray(fc.nat({ max: 20 }), { maxLength: 12 })
        .map((ordinals) => ordinals.sort((a, b) => a - b)),
      isRecall: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    }),
  },
)

export const question: fc.Arbitrary<Question> = fc.record({
  points: fc.tuple(point, point),
  limit: fc.oneof(fc.nat({ max: 30 }), fc.constant(1000)),
})

/** Gives an event its place, and has it happen. */
export function happen(event: Event, records: Records, ...to: { apply(stored: Stored): void }[]) {
  const stored = records.add(recordOf(event, records), event.step)
  for (const one of to) one.apply(stored)
  return stored
}

function recordOf(event: Event, records: Records) {
  switch (event.type) {
    case 'batch':
      return batch(event.sender, event.to, event.traits)
    case 'read':
      return read(event.reader, event.peer, event.upTo && positionAt(event.upTo, records))
    case 'delivered':
      return delivered([event.account, positionAt(event.upTo, records)])
    case 'accounts':
      return accounts({ number: 1 })
    case 'members':
      return conversation([event.group, 0], {}, event.joined, event.left)
    case 'pair':
      return conversation(event.pair)
    case 'overlay': {
      const { ordinals, isRecall } = event
      const stored = batchOf(event.of, records)
      const own = ordinals.filter((ordinal) => ordinal < stored.record.recipients.length)
      return overlay(stored, own, isRecall ? null : stored.record.content)
    }
  }
}

/** The nth newest batch, or the one that stands there; or what a lost one there might have said. */
function batchOf(
  of: Point | { back: number },
  records: Records,
): Pick<Stored<Batch>, 'place' | 'record'> {
  if (typeof of === 'object' && 'back' in of) {
    const batches = records.all.filter(isBatch)
    if (batches.length > 0) return batches[Math.max(0, batches.length - 1 - of.back)]!
    return batchOf('end', records)
  }
  const place = placeOf(positionAt(of, records))
  const stored = records.all.filter(isBatch).find((one) => one.place === place)
  return stored ?? { place, record: batch(1, [2, ...PEERS, ...PEERS]) }
}

function positionAt(point: Point, { all }: Records): Position {
  if (point === 'start') return 0
  if (point === 'end') return END
  const first = all[0]?.place ?? 8
  const last = all.at(-1)?.place ?? 8
  const place = first + Math.floor(((last - first) * point.part) / 8) * 8
  return place * 512 + point.ordinal
}

/** Whatever may be asked, the index and the model give the same answers. */
export async function compare(
  index: Index,
  model: Index,
  records: Records,
  { points, limit }: Question,
): Promise<void> {
  const [after, before] = points.map((point) => positionAt(point, records)) as [Position, Position]
  const seen = await answers(index, after, before, limit)
  expect(seen).toEqual(await answers(model, after, before, limit))
  expect(await differences(index)).toEqual([])
}

async function answers(
  index: Index,
  after: Position,
  before: Position,
  limit: number,
): Promise<unknown[]> {
  const { conversations, copies } = index.size()
  const from = limit % 4
  const all: unknown[] = [conversations, copies, index.pairs(0, 1000), index.pairs(from, limit)]
  for (const group of GROUPS) all.push(group, index.members(group), index.copies(1, group))
  for (const account of PEOPLE) {
    all.push({
      account,
      totals: index.totals(account),
      direct: index.directTotals(account),
      delivered: index.delivered(account),
      groups: index.groups(account),
      missed: await index.missed(account, after, limit),
      missedEver: await index.missed(account, 0, 1000),
      list: await index.conversations(account, { before, limit }),
      listEver: await index.conversations(account, { before: END, limit: 1000 }),
      listOfPairs: await index.conversations(account, { before, limit, kind: 'direct' }),
      listOfGroups: await index.conversations(account, { before, limit, kind: 'group' }),
    })
    for (const peer of PEERS) {
      const ever = { after: 0, before: END, limit: 1000 }
      all.push({
        account,
        peer,
        unread: index.unread(account, peer),
        mark: index.mark(account, peer),
        listed: index.listed(account, peer),
        copies: index.copies(account, peer),
        isMember: index.isMember(account, peer),
        newest: await index.timeline(account, peer, { after, before, limit, order: 'newest' }),
        oldest: await index.timeline(account, peer, { after, before, limit, order: 'oldest' }),
        ever: await index.timeline(account, peer, { ...ever, order: 'oldest' }),
      })
    }
  }
  return all
}
