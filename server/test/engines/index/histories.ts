/**
 * Random histories, and the comparison of an index with the model after one.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { Trait } from '../../../src/domain/batch.ts'
import { END, type Position } from '../../../src/domain/place.ts'
import type { Stored } from '../../../src/domain/record.ts'
import { accounts, batch, delivered, read } from '../../../src/engines/conformance/subject.ts'
import type { EmbeddedIndex } from '../../../src/engines/embedded/index/open-index.ts'
import type { Model } from './model.ts'
import { differences, type Records } from './subject.ts'

export const PEOPLE = [1, 2, 3, 4, 40_000]

/** A position by how far it lies in what there is: below 1 the past, above the future. */
export type Point = { part: number; ordinal: number } | 'start' | 'end'

export type Event = { step: number } & (
  | { type: 'batch'; sender: number; to: number[]; traits: number }
  | { type: 'read'; reader: number; peer: number; upTo: Point | null }
  | { type: 'delivered'; account: number; upTo: Point }
  | { type: 'accounts' }
)

export interface Question {
  points: [Point, Point]
  limit: number
}

/** Two of them write to each other so much that their blocks have levels. */
const person = fc.oneof(fc.constantFrom(1, 2), fc.constantFrom(...PEOPLE))
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
      to: fc.array(fc.oneof({ weight: 8, arbitrary: person }, fc.constant(0)), {
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
      peer: person,
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
  }
}

export function positionAt(point: Point, { all }: Records): Position {
  if (point === 'start') return 0
  if (point === 'end') return END
  const first = all[0]?.place ?? 8
  const last = all.at(-1)?.place ?? 8
  const place = first + Math.floor(((last - first) * point.part) / 8) * 8
  return place * 512 + point.ordinal
}

/** Whatever may be asked, the index and the model give the same answers. */
export async function compare(
  index: EmbeddedIndex,
  model: Model,
  records: Records,
  { points, limit }: Question,
): Promise<void> {
  const [after, before] = points.map((point) => positionAt(point, records)) as [Position, Position]
  const seen = await answers(index, after, before, limit)
  expect(seen).toEqual(await answers(model, after, before, limit))
  expect(index.size().copies).toBe(model.copies)
  expect(await differences(index)).toEqual([])
}

async function answers(
  index: EmbeddedIndex | Model,
  after: Position,
  before: Position,
  limit: number,
): Promise<unknown[]> {
  const all: unknown[] = []
  for (const account of PEOPLE) {
    all.push({
      account,
      totals: index.totals(account),
      delivered: index.delivered(account),
      missed: await index.missed(account, after, limit),
      missedEver: await index.missed(account, 0, 1000),
      list: await index.conversations(account, { before, limit }),
      listEver: await index.conversations(account, { before: END, limit: 1000 }),
    })
    for (const peer of PEOPLE) {
      all.push({
        account,
        peer,
        unread: index.unread(account, peer),
        mark: index.mark(account, peer),
        newest: await index.timeline(account, peer, { after, before, limit, order: 'newest' }),
        oldest: await index.timeline(account, peer, { after, before, limit, order: 'oldest' }),
        ever: await index.timeline(account, peer, {
          after: 0,
          before: END,
          limit: 1000,
          order: 'oldest',
        }),
      })
    }
  }
  return all
}
