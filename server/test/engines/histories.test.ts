/**
 * Random histories, lived through by the memory engine and the embedded one
 * side by side. Whatever may be asked, both must give the same answers.
 *
 * The embedded one is closed and opened again now and then, or left for dead: what a copy of its
 * folder shows at that moment, groups half written and checkpoints half made, is opened in its place.
 *
 * Their places differ, so positions are compared as (number of the record, ordinal).
 * CARILLON_SEED repeats a run, CARILLON_RUNS makes it longer.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  END,
  ordinalOf,
  type Place,
  type Position,
  placeOf,
  positionOf,
} from '../../src/domain/place.ts'
import type { AccountChange, JournalRecord, Stored } from '../../src/domain/record.ts'
import { connect } from '../../src/engines/conformance/engines.ts'
import {
  accounts,
  batch,
  delivered,
  read,
  revoked,
  Trait,
} from '../../src/engines/conformance/subject.ts'
import { openEmbedded } from '../../src/engines/embedded/open.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'

const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 2 ** 31)
const numRuns = Number(process.env.CARILLON_RUNS ?? 15)

test(`the memory and the embedded engine live through the same (CARILLON_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
    liveThrough,
  )
  await fc.assert(property, { seed, numRuns, interruptAfterTimeLimit: 60_000 })
})

// ── what may happen ────────────────────────────────────────────────────────

/** Who writes to one another. */
const PEOPLE = 5
/** Account numbers, in which there may be gaps. */
const NUMBERS = 20

/** A position that both engines can name: so many records back, and an ordinal; or one of the ends. */
type Point = { back: number; ordinal: number } | 'start' | 'end'

/** The same, or the nth newest copy that the peer has sent. */
type ReadPoint = Point | { copy: number }

type Event =
  | { type: 'batch'; sender: number; to: number[]; traits: number }
  | { type: 'read'; reader: number; peer: number; upTo: ReadPoint | null }
  | { type: 'delivered'; marks: [number, Point][] }
  | { type: 'accounts'; changes: AccountChange[] }
  | { type: 'revoked'; account: number; second: number }

type Step =
  | { type: 'burst'; events: Event[] }
  | { type: 'checkpoint' }
  | { type: 'close' }
  | { type: 'abandon'; events: Event[] }
  | { type: 'compare'; points: [Point, Point]; limit: number }

const quietTraits = [
  Trait.uncounted,
  Trait.unbadged,
  Trait.unlisted,
  Trait.hiddenFromSender,
  Trait.system,
]
const person = fc.integer({ min: 1, max: PEOPLE })
const number = fc.integer({ min: 1, max: NUMBERS })
const point: fc.Arbitrary<Point> = weighted<Point>(
  [
    8,
    fc.record({
      back: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 300 })),
      ordinal: fc.oneof(fc.nat({ max: 8 }), fc.constant(4095)),
    }),
  ],
  [1, fc.constantFrom<Point>('start', 'end')],
)
const readPoint: fc.Arbitrary<ReadPoint> = weighted<ReadPoint>(
  [1, point],
  [4, fc.record({ copy: fc.nat({ max: 40 }) })],
)
/** Mostly plain: what reads for its sender leaves little unread, and counters are then easy to get right. */
const traits = weighted<number>(
  [4, fc.constant(0)],
  [3, fc.subarray(quietTraits).map(sum)],
  [1, fc.subarray(quietTraits).map((set) => sum(set) | Trait.readsForSender)],
)
const change = fc.record({
  number,
  id: fc.constantFrom('a', 'b', 'ä', 'user1', 'user2', '𝄞', 'x'.repeat(128)),
  nick: fc.option(fc.constantFrom('', 'Al', 'ü')),
  avatarUrl: fc.option(fc.constantFrom('', 'a.png')),
})
const event = weighted<Event>(
  [
    12,
    fc.record({
      type: fc.constant('batch'),
      sender: person,
      to: fc.array(fc.nat({ max: PEOPLE }), { maxLength: 9, size: 'max' }),
      traits,
    }),
  ],
  [
    1,
    fc.record({
      type: fc.constant('batch'),
      sender: person,
      to: fc.array(person, { maxLength: 2 }),
      traits: fc.constant(Trait.onlineOnly | Trait.readsForSender),
    }),
  ],
  [
    2,
    fc.record({
      type: fc.constant('read'),
      reader: person,
      peer: person,
      upTo: fc.option<ReadPoint>(readPoint, { freq: 20 }),
    }),
  ],
  [
    2,
    fc.record({
      type: fc.constant('delivered'),
      marks: fc.array(fc.tuple(person, point), { maxLength: 4 }),
    }),
  ],
  [
    2,
    fc.record({
      type: fc.constant('accounts'),
      changes: fc.array(change, { minLength: 1, maxLength: 5 }),
    }),
  ],
  [1, fc.record({ type: fc.constant('revoked'), account: number, second: fc.nat({ max: 100 }) })],
)
const events = fc.array(event, { minLength: 1, maxLength: 15, size: 'max' })
const step = weighted<Step>(
  [12, fc.record({ type: fc.constant('burst'), events })],
  [2, fc.record({ type: fc.constant('checkpoint') })],
  [1, fc.record({ type: fc.constant('close') })],
  [1, fc.record({ type: fc.constant('abandon'), events })],
  [
    2,
    fc.record({
      type: fc.constant('compare'),
      points: fc.tuple(point, point),
      limit: fc.nat({ max: 12 }),
    }),
  ],
)

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0)
}

function weighted<T>(...choices: [weight: number, arbitrary: fc.Arbitrary<T>][]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))
}

// ── how it is lived through ────────────────────────────────────────────────

async function liveThrough(steps: Step[]): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'carillon-histories-'))
  let clock = 1_700_000_000_000
  let folders = 0
  const now = () => clock
  const memory = new Witness(await openMemoryEngines({ now }))
  let embedded = new Witness(await openIn(folder(0)))
  try {
    for (const step of steps) {
      clock += 1000
      if (step.type === 'burst') {
        const [records, same] = [embedded.recordsOf(step.events), memory.recordsOf(step.events)]
        embedded.sees(await embedded.appendAll(records))
        memory.sees(await memory.appendAll(same))
      }
      if (step.type === 'checkpoint') await embedded.engines.index.checkpoint()
      if (step.type === 'close') {
        await embedded.engines.close()
        embedded = new Witness(await openIn(folder(folders)), embedded)
      }
      if (step.type === 'abandon') await abandon(step.events)
      if (step.type === 'compare') await compare(step.points, step.limit)
    }
    await compare(['start', 'end'], 1000)
  } finally {
    await embedded.engines.close().finally(() => rmSync(root, { recursive: true }))
  }

  function folder(n: number): string {
    return join(root, `${n}`)
  }

  /** Dies while these are on their way: any number of them may have become durable, from the first on. */
  async function abandon(events: Event[]): Promise<void> {
    const [records, same] = [embedded.recordsOf(events), memory.recordsOf(events)]
    const dying = embedded.engines
    const checkpoint = dying.index.checkpoint()
    const appends = embedded.appendAll(records)
    if (events.length % 2 === 0) await new Promise(setImmediate)
    folders += 1
    // Nobody may open the lock of a folder that is in use: closing it would give the lock back.
    const filter = (path: string) => !basename(path).startsWith('lock')
    cpSync(folder(folders - 1), folder(folders), { recursive: true, filter })
    await Promise.all([appends, checkpoint])
    await dying.close()

    const known = embedded.records.length
    embedded = new Witness(await openIn(folder(folders)), embedded)
    const survived = (await replayed(embedded.engines, 0)).slice(known)
    expect(survived.map(({ record }) => record)).toEqual(records.slice(0, survived.length))
    embedded.sees(survived)
    memory.sees(await memory.appendAll(same.slice(0, survived.length)))
  }

  async function compare(points: [Point, Point], limit: number): Promise<void> {
    expect(await answers(embedded, points, limit)).toEqual(await answers(memory, points, limit))
  }

  function openIn(folder: string) {
    return openEmbedded({
      folder,
      // So small that segments, checkpoints and spills all happen within a history.
      segmentBytes: 16 * 1024,
      checkpointEntries: 200,
      log: { info() {}, warn: fail, error: fail },
      onFatal: fail,
      now,
    })
  }
}

function fail(...what: unknown[]): never {
  throw new Error(`unexpected: ${what.map(String).join(' ')}`)
}

/** A set of engines, and the records of the history as its journal has them. */
class Witness {
  readonly engines: Engines
  readonly records: Stored[]
  readonly #numbers: Map<Place, number>

  constructor(engines: Engines, before?: Witness) {
    this.engines = engines
    this.records = before?.records ?? []
    this.#numbers = before ? before.#numbers : new Map()
    connect(engines)
  }

  appendAll(records: readonly JournalRecord[]): Promise<Stored[]> {
    return Promise.all(records.map((record) => this.engines.journal.append(record)))
  }

  sees(records: readonly Stored[]): void {
    for (const stored of records) {
      this.#numbers.set(stored.place, this.records.length)
      this.records.push(stored)
    }
  }

  /** What happened, with the positions of this journal. */
  recordsOf(events: readonly Event[]): JournalRecord[] {
    return events.map((event) => {
      if (event.type === 'batch') return batch(event.sender, event.to, event.traits)
      if (event.type === 'accounts') return accounts(...event.changes)
      if (event.type === 'revoked') return revoked(event.account, event.second)
      if (event.type === 'read') {
        return read(event.reader, event.peer, this.#upTo(event))
      }
      return delivered(...event.marks.map(([one, upTo]) => [one, this.at(upTo)] as const))
    })
  }

  #upTo({ reader, peer, upTo }: Event & { type: 'read' }): Position | null {
    if (upTo === null || typeof upTo === 'string' || !('copy' in upTo)) return upTo && this.at(upTo)
    let left = upTo.copy
    for (const { place, record } of this.records.toReversed()) {
      if (record.type !== 'batch' || record.sender !== peer) continue
      for (let ordinal = record.recipients.length - 1; ordinal >= 0; ordinal -= 1) {
        if (record.recipients[ordinal] === reader && left-- === 0) return positionOf(place, ordinal)
      }
    }
    return 0
  }

  /** A record without the positions of this journal. */
  plain({ record, time }: Stored): unknown {
    const name = (position: Position) => this.name(position)
    if (record.type === 'read') return { ...record, time, upTo: record.upTo && name(record.upTo) }
    if (record.type === 'delivered') return { ...record, time, upTo: Array.from(record.upTo, name) }
    return { ...record, time }
  }

  at(point: Point): Position {
    if (point === 'start') return 0
    if (point === 'end') return END
    const stored = this.records[this.records.length - 1 - point.back]
    return stored === undefined ? 0 : positionOf(stored.place, point.ordinal)
  }

  name(position: Position): string {
    const number = this.#numbers.get(placeOf(position))
    return number === undefined ? `${position}` : `${number}.${ordinalOf(position)}`
  }
}

// ── every question of the contracts ────────────────────────────────────────

async function answers(witness: Witness, points: [Point, Point], limit: number) {
  const { engines } = witness
  const { journal, directory } = engines
  const places = witness.records.map(({ place }) => place)
  const records = await journal.read(places)
  return {
    records: records.map((stored) => stored && witness.plain(stored)),
    isReplayed: (await replayed(engines, 0)).map(({ place }) => witness.name(positionOf(place, 0))),
    isReplayedFromTheMiddle: await replayedFromTheMiddle(witness),
    isWithinSpans: isWithinSpans(witness),
    isCaughtUp: places.length === 0 || engines.index.place > places.at(-1)!,
    accounts: directory.count,
    nextNumber: directory.nextNumber,
    profiles: directory.profiles(Array.from({ length: NUMBERS + 2 }, (_, number) => number)),
    people: Array.from({ length: NUMBERS + 2 }, (_, number) => [
      directory.id(number),
      directory.number(directory.id(number)),
      directory.revokedAt(number),
    ]),
    ...(await answersOfIndex(witness, points, limit)),
  }
}

async function answersOfIndex(witness: Witness, points: [Point, Point], limit: number) {
  const { index } = witness.engines
  const [after, before] = points.map((point) => witness.at(point)) as [Position, Position]
  const people = Array.from({ length: PEOPLE }, (_, n) => n + 1)
  const list = async (account: number, page: { before: Position; limit: number }) =>
    (await index.conversations(account, page)).map(({ newest, ...listed }) => ({
      ...listed,
      newest: witness.name(newest),
    }))
  const timeline = async (
    account: number,
    peer: number,
    order: 'newest' | 'oldest',
    all = false,
  ) => {
    const page = all ? { after: 0, before: END, limit: 10_000 } : { after, before, limit }
    const entries = await index.timeline(account, peer, { ...page, order })
    return entries.map(({ position, ...entry }) => ({ ...entry, position: witness.name(position) }))
  }
  const { conversations, copies } = index.size()
  const differences: unknown[] = []
  for await (const difference of index.recount()) differences.push(difference)

  return {
    conversations,
    copies,
    differences,
    sides: await Promise.all(
      people.map(async (account) => ({
        account,
        totals: index.totals(account),
        delivered: witness.name(index.delivered(account)),
        list: await list(account, { before: END, limit: 1000 }),
        page: await list(account, { before, limit }),
        missed: (await index.missed(account, after, limit)).map(({ position, peer }) => [
          witness.name(position),
          peer,
        ]),
        pairs: await Promise.all(
          people.map(async (peer) => ({
            peer,
            unread: index.unread(account, peer),
            mark: witness.name(index.mark(account, peer)),
            all: await timeline(account, peer, 'newest', true),
            newest: await timeline(account, peer, 'newest'),
            oldest: await timeline(account, peer, 'oldest'),
          })),
        ),
      })),
    ),
  }
}

async function replayed({ journal }: Engines, from: Place): Promise<Stored[]> {
  const records: Stored[] = []
  for await (const group of journal.replay(from)) records.push(...group)
  return records
}

async function replayedFromTheMiddle({ engines, records }: Witness): Promise<number> {
  const middle = records[records.length >>> 1]
  return middle === undefined ? 0 : (await replayed(engines, middle.place)).length
}

/** Every record is where `span` says that records of its time are. */
function isWithinSpans({ engines, records }: Witness): boolean {
  return records.every(({ place, time }) => {
    const { from, to } = engines.journal.span(time, time)
    return place >= from && place < to
  })
}
