/**
 * What every journal promises.
 */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../domain/errors.ts'
import { PLACE_MAX, PLACE_STEP } from '../../domain/place.ts'
import type { JournalRecord, Stored } from '../../domain/record.ts'
import type { Journal } from '../journal.ts'
import { accounts, batch, delivered, type Open, read, revoked } from './subject.ts'

export function journalKeepsItsPromises(name: string, open: Open<Journal>): void {
  describe(`${name} journal`, () => {
    test('is empty at first, and its end is a place', async () => {
      await using subject = await open()
      const { it: journal } = subject

      expect(await replayed(journal, 0)).toEqual([])
      expect(journal.end % PLACE_STEP).toBe(0)
      expect(journal.generation).toBeGreaterThanOrEqual(0)
      expect(journal.generation).toBeLessThan(65_536)
    })

    test('gives places that rise, are multiples of 8, and are never 0', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const stored = await Promise.all([1, 2, 3, 4, 5].map((n) => journal.append(batch(n, [n]))))

      let before = 0
      for (const { place } of stored) {
        expect(place).toBeGreaterThanOrEqual(before + PLACE_STEP)
        expect(place).toBeLessThanOrEqual(PLACE_MAX)
        expect(place % PLACE_STEP).toBe(0)
        before = place
      }
      expect(journal.end).toBeGreaterThan(before)
    })

    test('gives places in the order of the calls, whenever they resolve', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const big = batch(1, Array(4096).fill(2))

      const stored = await Promise.all([
        journal.append(big),
        journal.append(read(1, 2)),
        journal.append(big),
        journal.append(read(2, 1)),
      ])

      const places = stored.map(({ place }) => place)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
    })

    test('brings back every kind of record as it was', async () => {
      await using subject = await open()
      const stored: Stored[] = []
      for (const record of everyKind) stored.push(await subject.it.append(record))

      expect(stored.map(({ record }) => record)).toEqual(everyKind)
      expect(await subject.it.read(stored.map(({ place }) => place))).toEqual(stored)
      expect(await replayed(subject.it, 0)).toEqual(stored)
    })

    test('reads places in the order in which they are asked for, as often as they are', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const one = await journal.append(read(1, 2))
      const two = await journal.append(read(2, 1))

      expect(await journal.read([two.place, one.place, two.place])).toEqual([two, one, two])
      expect(await journal.read([])).toEqual([])
    })

    test('reads null where no record stands', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const { place } = await journal.append(batch(1, Array(100).fill(2)))
      const nowhere = [0, place - PLACE_STEP, journal.end, journal.end + 8_000, PLACE_MAX]

      expect(await journal.read(nowhere)).toEqual(nowhere.map(() => null))
      expect(await journal.read([place + PLACE_STEP])).toEqual([null])
    })

    test('resolves after the follower has had the record, and in a later tick', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const heard: Stored[] = []
      journal.follow((group) => heard.push(...group))

      const appending = journal.append(batch(1, [2]))
      expect(heard).toEqual([])
      const stored = await appending
      expect(heard).toEqual([stored])
    })

    test('lets the follower hear of every record once, in order, when it is durable', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const heard: Stored[] = []
      const late: Stored[] = []
      journal.follow((group) => {
        expect(group.length).toBeGreaterThan(0)
        heard.push(...group)
        late.push(...group.filter(({ place }) => place >= journal.end))
      })

      const appends: Promise<Stored>[] = []
      for (let round = 0; round < 10; round += 1) {
        for (let n = 0; n < 20; n += 1) appends.push(journal.append(read(round + 1, n + 1)))
        await setImmediate()
      }
      const stored = await Promise.all(appends)

      expect(heard).toEqual(stored)
      expect(late).toEqual([])
      expect(await replayed(journal, 0)).toEqual(stored)
    })

    test('lets records that come while a sync is under way share the next', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const groups: number[] = []
      journal.follow((group) => groups.push(group.length))

      await Promise.all(Array.from({ length: 500 }, (_, n) => journal.append(read(1, n + 1))))

      expect(groups.length).toBeLessThan(50)
      expect(groups.reduce((sum, length) => sum + length)).toBe(500)
    })

    test('is followed by one, and from the beginning', async () => {
      await using subject = await open()
      subject.it.follow(() => {})
      expect(() => subject.it.follow(() => {})).toThrow()

      await using another = await open()
      await another.it.append(read(1, 2))
      expect(() => another.it.follow(() => {})).toThrow()
    })

    test('stamps records with the time, which a clock a little behind does not set back', async () => {
      let clock = 1_700_000_000_000
      await using subject = await open(() => clock)
      const timeAt = async (now: number) => {
        clock = now
        return (await subject.it.append(read(1, 2))).time
      }

      const start = clock
      expect(await timeAt(start)).toBe(start)
      expect(await timeAt(start + 5_000)).toBe(start + 5_000)
      expect(await timeAt(start + 4_999)).toBe(start + 5_000)
      expect(await timeAt(start - 4_999)).toBe(start + 5_000)
      expect(await timeAt(start - 5_000)).toBe(start - 5_000)
      expect(await timeAt(start - 5_001)).toBe(start - 5_000)
    })

    test('replays from a record on, in groups', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const stored: Stored[] = []
      for (let n = 1; n <= 6; n += 1) stored.push(await journal.append(read(n, n)))

      for (let from = 0; from < stored.length; from += 1) {
        expect(await replayed(journal, stored[from]!.place)).toEqual(stored.slice(from))
      }
    })

    test('ends a replay that is broken off, and can be replayed again', async () => {
      await using subject = await open()
      const stored = [await subject.it.append(read(1, 2)), await subject.it.append(read(2, 1))]
      for await (const group of subject.it.replay(0)) {
        expect(group[0]).toEqual(stored[0])
        break
      }
      expect(await replayed(subject.it, 0)).toEqual(stored)
    })

    test('says where the records of a span of time are', async () => {
      let clock = 1_700_000_000_000
      const start = clock
      await using subject = await open(() => clock)
      const { it: journal } = subject
      const stored: Stored[] = []
      for (let n = 0; n < 30; n += 1) {
        // Once far back, so that times do not rise with places.
        clock = n === 20 ? start - 60_000 : clock + 1000
        stored.push(await journal.append(read(1, 2)))
      }

      const moments = [
        0,
        start - 60_000,
        start - 50_000,
        start,
        start + 4_500,
        start + 9_000,
        clock,
      ]
      for (const from of moments) {
        for (const to of moments) {
          const span = journal.span(from, to)
          const within = stored.filter(({ time }) => time >= from && time <= to)
          for (const { place } of within) {
            expect(place).toBeGreaterThanOrEqual(span.from)
            expect(place).toBeLessThan(span.to)
          }
        }
      }
    })

    test('waits for what is under way when it closes, and refuses what comes', async () => {
      await using subject = await open()
      const { it: journal } = subject
      const heard: Stored[] = []
      journal.follow((group) => heard.push(...group))

      const appends = [journal.append(read(1, 2)), journal.append(read(2, 1))]
      const closing = journal.close()
      const refused = journal.append(read(3, 1))

      await expect(refused).rejects.toThrow(Fault)
      await expect(refused).rejects.toMatchObject({ kind: 'stopping' })
      await closing
      expect(heard).toEqual(await Promise.all(appends))
      await expect(journal.append(read(3, 1))).rejects.toMatchObject({ kind: 'stopping' })
    })

    test('is the same after it was closed and opened, and goes on behind', async () => {
      await using subject = await open()
      if (subject.reopen === null) return
      const { generation } = subject.it
      const stored: Stored[] = []
      for (const record of everyKind) stored.push(await subject.it.append(record))

      let journal = await subject.reopen()
      expect(journal.generation).toBe(generation)
      expect(journal.end).toBeGreaterThan(stored.at(-1)!.place)
      expect(await replayed(journal, 0)).toEqual(stored)

      const another = await journal.append(read(9, 8))
      expect(another.place).toBeGreaterThan(stored.at(-1)!.place)
      journal = await subject.reopen()
      expect(await replayed(journal, 0)).toEqual([...stored, another])
      expect(await journal.read([stored[0]!.place])).toEqual([stored[0]])
    })
  })
}

async function replayed(journal: Journal, from: number): Promise<Stored[]> {
  const records: Stored[] = []
  for await (const group of journal.replay(from)) records.push(...group)
  return records
}

const longest = 'ü'.repeat(64)

/** Every kind of record, at its emptiest and at its fullest. */
const everyKind: JournalRecord[] = [
  batch(1, [2]),
  batch(0x7fffffff, [0x7fffffff, 0, 5], 4095, {
    failures: [{ ordinal: 1, id: longest, code: 'unknownAccount' }],
    content: { format: 'tim', json: '{"a":["\\u0000 ü 𝄞"]}', text: 'ü 𝄞\n' },
    lifetimeSeconds: 604_800,
    seq: 0xffffffff,
    random: 0xffffffff,
    contentCrc: 0xffffffff,
    push: '{"title":"ü"}',
  }),
  batch(1, [0, 0], 0, {
    failures: [
      { ordinal: 0, id: '', code: 'unknownAccount' },
      { ordinal: 1, id: 'big', code: 'tooLarge' },
    ],
    content: { format: 'imkit', json: '{}', text: '' },
    lifetimeSeconds: 0,
    seq: 0,
  }),
  batch(
    3,
    Array.from({ length: 4096 }, (_, n) => n + 1),
  ),
  accounts({ number: 1 }),
  accounts({ number: 2, id: longest, nick: '', avatarUrl: 'https://example.org/ü.png' }),
  accounts(...Array.from({ length: 4096 }, (_, n) => ({ number: n + 10, nick: `nick ${n}` }))),
  read(1, 2),
  read(2, 1, 0),
  read(0x7fffffff, 0x7fffffff, Number.MAX_SAFE_INTEGER),
  delivered([1, 4096]),
  delivered(...Array.from({ length: 4096 }, (_, n): [number, number] => [n + 1, 2 ** 52 + n])),
  revoked(1, 0),
  revoked(2, 0xffffffff),
]
