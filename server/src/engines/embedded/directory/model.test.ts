/**
 * The embedded directory lives through the same as the memory one, is closed,
 * killed and opened meanwhile, and gives the same answers.
 */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ConversationKey } from '../../../domain/peer.ts'
import { positionOf } from '../../../domain/place.ts'
import type { JournalRecord, Stored } from '../../../domain/record.ts'
import {
  accounts,
  batch,
  block,
  conversation,
  gone,
  outcomes,
  overlay,
  registered,
  revoked,
  tokens,
} from '../../conformance/subject.ts'
import { type Directory, KEYED_FOR_MS } from '../../directory.ts'
import { openMemoryDirectory } from '../../memory/directory.ts'
import { DIRECTORY_FILE, type EmbeddedDirectory, openDirectory } from './directory.ts'

const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 2 ** 31)

const START = 1_700_000_000_000
const PLACES = Array.from({ length: 60 }, (_, n) => 112 + 8 * n)
const NUMBERS = [1, 2, 3]
const KEYS: ConversationKey[] = [
  [1, 2],
  [1, 1],
  [2, 3],
  [-1, 0],
  [-2, 0],
]
const NAMES = ['a', 'A', 'ü', '\ufffd']

const number = fc.constantFrom(...NUMBERS)
const name = fc.constantFrom(...NAMES)
const text = fc.constantFrom('', 'x', '"ü"')
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const way = fc.constantFrom('apns', 'web')
const content = fc.record({
  format: fc.constantFrom('tim', 'imkit', 'native'),
  json: text,
  text: fc.constantFrom('', 'ü'),
})
const change = fc.record({
  number: fc.integer({ min: 1, max: 6 }),
  id: fc.constantFrom('user1', 'user2', 'ü'),
  nick: maybe(text),
  avatarUrl: maybe(text),
  attributes: maybe(text),
})
const changed = batch(1, new Array<number>(41).fill(2))

const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.array(change, { maxLength: 20 }).map((changes) => accounts(...changes)),
  fc
    .record({
      key: fc.constantFrom(...KEYS),
      said: maybe(fc.record({ id: name, owner: number, isFrozen: fc.boolean(), attributes: text })),
    })
    .map(({ key, said }) => conversation(key, said, [2], [3])),
  fc.tuple(number, number, fc.boolean()).map((said) => block(...said)),
  fc
    .tuple(number, fc.dictionary(fc.constantFrom('t', 'T', 'u'), maybe(fc.nat())), fc.array(name))
    .map(([account, given, taken]) => tokens(account, given, [...taken, 'u'])),
  fc
    .record({
      place: fc.constantFrom(...PLACES.slice(0, 3)),
      ordinals: fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 40 }),
      says: maybe(content),
    })
    .map(({ place, ordinals, says }) => {
      const rising = ordinals.sort((a, b) => a - b)
      return overlay({ place, record: changed }, rising, says, 1)
    }),
  fc
    .record({ key: maybe(name), head: maybe(fc.constantFrom(...PLACES.slice(0, 3))) })
    .map(({ key, head }) => batch(1, [2, -3], 0, { key, series: { head, first: 2, total: 9 } })),
  fc.tuple(number, fc.nat()).map(([account, second]) => revoked(account, second)),
  fc
    .record({
      account: number,
      id: name,
      way,
      token: fc.constantFrom('', 't', 'T'),
      keys: maybe(fc.record({ p256dh: text, auth: text })),
      app: text,
      isGone: fc.boolean(),
    })
    .map(({ account, isGone, ...said }) => (isGone ? gone : registered)(account, said)),
  fc
    .record({
      way,
      upTo: fc.constantFrom(...PLACES),
      places: fc.array(fc.constantFrom(...PLACES.slice(0, 4)), { maxLength: 40 }),
    })
    .map(({ way, upTo, places }) =>
      outcomes(
        way,
        positionOf(upTo, 0),
        ...places.map((place, n) => ({ position: positionOf(place, n) })),
      ),
    ),
)

const step = fc.record({
  record,
  /** Hours after the record before; a clock may be set back. */
  hours: fc.integer({ min: -5, max: 15 }),
  after: fc.constantFrom('', '', '', '', 'flush', 'close', 'kill'),
})

test(`the memory and the embedded directory live through the same (CARILLON_SEED=${seed})`, async () => {
  const histories = fc.array(step, { maxLength: PLACES.length })
  await fc.assert(
    fc.asyncProperty(histories, async (steps) => {
      const root = mkdtempSync(join(tmpdir(), 'carillon-directory-'))
      const model = openMemoryDirectory()
      const applied: Stored[] = []
      let time = START
      let folder = root
      let directory = await openAt(folder)
      try {
        for (const [n, { record, hours, after }] of steps.entries()) {
          time += (hours * KEYED_FOR_MS) / 24
          applied.push({ place: PLACES[n]!, time, record })
          model.apply(applied.at(-1)!)
          directory.apply(applied.at(-1)!)
          if (after === 'flush') directory.flush()
          if (after === 'close' || after === 'kill') {
            const left = after === 'kill' ? copyOf(folder, root) : folder
            await directory.close()
            folder = left
            directory = await openAt(folder)
            for (const stored of applied) directory.apply(stored)
          }
          expect(answersOf(directory)).toEqual(answersOf(model))
        }
      } finally {
        await directory.close()
        rmSync(root, { recursive: true })
      }
    }),
    { seed, numRuns: 40 },
  )
})

function answersOf(directory: Directory) {
  const positions = PLACES.slice(0, 4).flatMap((place) =>
    Array.from({ length: 42 }, (_, ordinal) => positionOf(place, ordinal)),
  )
  return {
    counts: [directory.count, directory.nextNumber, directory.nextGroup],
    profiles: directory.profiles([1, 2, 3, 4, 5, 6]),
    revoked: NUMBERS.map((number) => directory.revokedAt(number)),
    described: KEYS.map((key) => directory.described(key)),
    conversations: NAMES.map((id) => directory.conversation(id)),
    pairs: NUMBERS.map((number) => directory.describedPairs(number)),
    blocks: NUMBERS.map((number) => directory.blockedBy(number)),
    blocked: NUMBERS.flatMap((one) => NUMBERS.map((other) => directory.isBlocked(one, other))),
    tokens: NUMBERS.map((number) => directory.tokensOf(number)),
    token: ['t', 'T', 'u', ...NAMES].map((token) => directory.token(token)),
    overlays: directory.overlays(positions),
    keyed: NAMES.map((key) => directory.keyed(key)),
    parts: PLACES.slice(0, 4).map((head) => directory.parts(head)),
    devices: NUMBERS.map((number) => directory.devices(number)),
    hasDevice: NUMBERS.map((number) => directory.hasDevice(number)),
    device: NAMES.map((id) => [directory.device('apns', id), directory.device('web', id)]),
    deviceCount: directory.deviceCount,
    upTo: [directory.pushedUpTo('apns'), directory.pushedUpTo('web')],
    outcomes: PLACES.slice(0, 4).map((place) => directory.outcomesOf(place)),
  }
}

function openAt(folder: string): Promise<EmbeddedDirectory> {
  const fail = (what: unknown) => {
    throw what
  }
  return openDirectory({ folder, onDamage: fail, onFatal: fail })
}

/** The files as a killed process leaves them. */
function copyOf(folder: string, root: string): string {
  const copy = mkdtempSync(join(root, 'killed-'))
  for (const name of readdirSync(folder)) {
    if (name.startsWith(DIRECTORY_FILE)) copyFileSync(join(folder, name), join(copy, name))
  }
  return copy
}
