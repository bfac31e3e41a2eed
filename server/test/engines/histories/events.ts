/**
 * What may happen in a random history.
 */
import fc from 'fast-check'
import type { PushWay } from '../../../src/domain/device.ts'
import type { ConversationKey } from '../../../src/domain/peer.ts'
import type { AccountChange } from '../../../src/domain/record.ts'
import { Trait } from '../../../src/engines/conformance/subject.ts'

/** Who writes to one another, and to which groups. */
export const PEOPLE = 5
export const GROUPS = 3
/** Account numbers, in which there may be gaps. */
export const NUMBERS = 20
/** What callers choose. */
export const IDS = ['room', 'räume', '𝄞', 'x'.repeat(128)]
export const KEYS = ['monday', 'tuesday', 'ü']
export const TOKENS = ['t1', 't2', 't3', 't4']
export const WAYS: readonly PushWay[] = ['apns', 'fcm']
export const DEVICES = ['phone', 'tablet', 'ü']

/** A position that both engines can name: so many records back, and an ordinal; or one of the ends. */
export type Point = { back: number; ordinal: number } | 'start' | 'end'

/** The same, or the nth newest copy that the peer has sent. */
export type ReadPoint = Point | { copy: number }

export type Event =
  | {
      type: 'batch'
      sender: number
      to: number[]
      traits: number
      key: string | null
      /** The nth newest batch is the first of those that belong together; null: it is alone. */
      headBack: number | null
    }
  | { type: 'read'; reader: number; peer: number; upTo: ReadPoint | null }
  | { type: 'delivered'; marks: [number, Point][] }
  | { type: 'accounts'; changes: AccountChange[] }
  | { type: 'revoked'; account: number; second: number }
  | { type: 'group'; group: number; id: string | null; joined: number[]; left: number[] }
  | { type: 'pair'; pair: ConversationKey; id: string }
  | { type: 'overlay'; batchBack: number; ordinals: number[]; by: number; says: string | null }
  | { type: 'tokens'; account: number; given: Record<string, number | null>; taken: string[] }
  | { type: 'block'; blocker: number; blocked: number; isOn: boolean }
  | { type: 'device'; account: number; way: PushWay; id: string; token: string; isGone: boolean }
  | { type: 'outcomes'; way: PushWay; upTo: Point; batchesBack: number[] }

export type Step =
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
const group = fc.integer({ min: -GROUPS, max: -1 })
const peer = weighted<number>([3, person], [1, group])
const number = fc.integer({ min: 1, max: NUMBERS })
const token = fc.constantFrom(...TOKENS)
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
  attributes: fc.option(fc.constantFrom('', '{"a":1}')),
})
const event = weighted<Event>(
  [
    12,
    fc.record({
      type: fc.constant('batch'),
      sender: person,
      to: fc.array(weighted<number>([8, peer], [1, fc.constant(0)]), { maxLength: 9, size: 'max' }),
      traits,
      key: fc.option<string>(fc.constantFrom(...KEYS), { freq: 2 }),
      headBack: fc.option<number>(fc.nat({ max: 5 }), { freq: 2 }),
    }),
  ],
  [
    1,
    fc.record({
      type: fc.constant('batch'),
      sender: person,
      to: fc.array(person, { maxLength: 2 }),
      traits: fc.constant(Trait.onlineOnly | Trait.readsForSender),
      key: fc.constant(null),
      headBack: fc.constant(null),
    }),
  ],
  [
    2,
    fc.record({
      type: fc.constant('read'),
      reader: person,
      peer,
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
  [
    3,
    fc.record({
      type: fc.constant('group'),
      group,
      id: fc.option<string>(fc.constantFrom(...IDS)),
      joined: fc.array(person, { maxLength: 4 }),
      left: fc.array(person, { maxLength: 2 }),
    }),
  ],
  [
    1,
    fc.record({
      type: fc.constant('pair'),
      pair: fc.constantFrom<ConversationKey>([1, 2], [2, 2], [1, 5]),
      id: fc.constantFrom(...IDS),
    }),
  ],
  [
    4,
    fc.record({
      type: fc.constant('overlay'),
      batchBack: fc.nat({ max: 20 }),
      ordinals: fc.uniqueArray(fc.nat({ max: 8 }), { maxLength: 6 }).map(rising),
      by: fc.nat({ max: PEOPLE }),
      says: fc.option<string>(fc.constantFrom('{}', '{"text":"other"}'), { freq: 2 }),
    }),
  ],
  [
    1,
    fc.record({
      type: fc.constant('tokens'),
      account: person,
      given: fc.dictionary(token, fc.option(fc.nat()), { noNullPrototype: true, maxKeys: 2 }),
      taken: fc.array(token, { maxLength: 2 }),
    }),
  ],
  [
    1,
    fc.record({
      type: fc.constant('block'),
      blocker: person,
      blocked: person,
      isOn: fc.boolean(),
    }),
  ],
  [
    2,
    fc.record({
      type: fc.constant('device'),
      account: person,
      way: fc.constantFrom(...WAYS),
      id: fc.constantFrom(...DEVICES),
      token: fc.constantFrom('', ...TOKENS),
      isGone: fc.boolean(),
    }),
  ],
  [
    2,
    fc.record({
      type: fc.constant('outcomes'),
      way: fc.constantFrom(...WAYS),
      upTo: point,
      batchesBack: fc.array(fc.nat({ max: 20 }), { maxLength: 5 }),
    }),
  ],
)
const events = fc.array(event, { minLength: 1, maxLength: 15, size: 'max' })
export const step = weighted<Step>(
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

function rising(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0)
}

function weighted<T>(...choices: [weight: number, arbitrary: fc.Arbitrary<T>][]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))
}
