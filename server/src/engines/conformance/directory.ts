/**
 * What every directory promises.
 */
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../domain/batch.ts'
import type { Place } from '../../domain/place.ts'
import type { AccountChange, JournalRecord, Stored } from '../../domain/record.ts'
import type { Directory } from '../directory.ts'
import { directoryKnowsConversations } from './directory-conversations.ts'
import { directoryKnowsDevices } from './directory-push.ts'
import {
  accounts,
  batch,
  block,
  conversation,
  delivered,
  everyId,
  type Open,
  overlay,
  PLACE_STEP,
  read,
  revoked,
  timeAt,
  tokens,
  writer,
} from './subject.ts'

export function directoryKeepsItsPromises(name: string, open: Open<Directory>): void {
  describe(`${name} directory`, () => {
    test('has nobody at first', async () => {
      await using subject = await open()
      const { it: directory } = subject

      expect(directory.place).toBe(0)
      expect(directory.count).toBe(0)
      expect(directory.nextNumber).toBe(1)
      expect(directory.number('alice')).toBe(0)
      expect(directory.id(1)).toBe('')
      expect(directory.profiles([1, 2])).toEqual([])
      expect(directory.revokedAt(1)).toBe(0)
    })

    test('knows an account by its id, by the bytes of its id and by its number', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      write(accounts({ number: 1, id: 'alice', nick: 'Alice' }, { number: 2, id: 'bob' }))

      expect(directory.count).toBe(2)
      expect(directory.nextNumber).toBe(3)
      expect(directory.number('bob')).toBe(2)
      expect(directory.id(2)).toBe('bob')
      const body = Buffer.from('["alice","bob"]')
      expect(numberAt(directory, body, 2, 7)).toBe(1)
      expect(numberAt(directory, body, 10, 13)).toBe(2)
      expect(numberAt(directory, body, 10, 12)).toBe(0)
      expect(numberAt(directory, body, 2, 2)).toBe(0)
      expect(numberAt(directory, new Uint8Array(body), 2, 7)).toBe(1)
      expect(directory.profiles([2, 7, 1, 2])).toMatchObject([
        { id: 'bob', nick: '', avatarUrl: '' },
        { id: 'alice', nick: 'Alice', avatarUrl: '' },
        { id: 'bob', nick: '', avatarUrl: '' },
      ])
    })

    test('tells ids apart by their bytes', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      write(accounts(...everyId.map((id, n) => ({ number: n + 1, id, nick: id }))))

      expect(directory.count).toBe(everyId.length)
      everyId.forEach((id, n) => {
        const bytes = Buffer.from(id)
        expect(directory.number(id)).toBe(n + 1)
        expect(numberAt(directory, bytes, 0, bytes.length)).toBe(n + 1)
        expect(directory.id(n + 1)).toBe(id)
        expect(directory.profiles([n + 1])).toMatchObject([{ id, nick: id, avatarUrl: '' }])
      })
    })

    test('finds nobody by what no id can be', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      write(accounts({ number: 1, id: '\ufffd' }, { number: 2, id: 'ab' }))

      expect(directory.number('')).toBe(0)
      expect(directory.number('\ud800')).toBe(0)
      expect(directory.number('ab\0')).toBe(0)
      expect(directory.number('x'.repeat(100_000))).toBe(0)
      expect(directory.number('ü'.repeat(100_000))).toBe(0)
      expect(numberAt(directory, Uint8Array.of(0xff), 0, 1)).toBe(0)
      expect(numberAt(directory, Uint8Array.of(0xed, 0xa0, 0x80), 0, 3)).toBe(0)
      expect(numberAt(directory, new Uint8Array(100_000), 0, 100_000)).toBe(0)
      expect(directory.id(0)).toBe('')
      expect(directory.id(0x7fffffff)).toBe('')
      expect(directory.profiles([0, 0x7fffffff])).toEqual([])
    })

    test('changes what is given of a profile, leaves the rest, and says when', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const change = (...changes: Omit<Partial<AccountChange>, 'number'>[]) => {
        const place = write(accounts(...changes.map((each) => ({ ...each, number: 1 }))))
        return { ...directory.profiles([1])[0], place }
      }
      const attributes = '{"level":"ü"}'

      const made = change({ nick: 'Alice', avatarUrl: 'a.png', attributes })
      const { place } = made
      const said = { id: 'user1', nick: 'Alice', avatarUrl: 'a.png', attributes }
      expect(made).toEqual({ ...said, changedAt: timeAt(place), place })
      expect(change({ nick: 'Al' })).toMatchObject({ nick: 'Al', avatarUrl: 'a.png', attributes })
      expect(change({ avatarUrl: '' })).toMatchObject({ nick: 'Al', avatarUrl: '', attributes })
      expect(change({ attributes: '' })).toMatchObject({ nick: 'Al', attributes: '' })
      expect(change({ nick: 'A' }, { nick: 'B' })).toMatchObject({ nick: 'B', avatarUrl: '' })
      const again = change({})
      expect(again).toMatchObject({ nick: 'B', changedAt: timeAt(again.place) })

      write(revoked(1, 5))
      expect(directory.profiles([1])[0]?.changedAt).toBe(timeAt(again.place))
      expect(directory.count).toBe(1)
    })

    test('tells a profile that was asked for as it is by now, whatever a caller made of it', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      expect([directory.profiles([1]), directory.revokedAt(1)]).toEqual([[], 0])
      write(accounts({ number: 1, nick: 'Alice' }))
      for (const nick of ['Al', 'A', '']) {
        const [asked] = directory.profiles([1])
        const before = { ...asked! }
        asked!.nick = 'of the caller'
        expect(directory.profiles([1])).toEqual([before])

        const place = write(accounts({ number: 1, nick }, { number: 2 }))
        expect(directory.profiles([1])).toEqual([{ ...before, nick, changedAt: timeAt(place) }])
      }
      write(revoked(1, 5))
      expect([directory.revokedAt(1), directory.revokedAt(2)]).toEqual([5, 0])
      write(accounts({ number: 1, nick: 'Alice' }))
      write(revoked(1, 9))
      expect(directory.profiles([1])).toMatchObject([{ nick: 'Alice' }])
      expect(directory.revokedAt(1)).toBe(9)
    })

    test('never gives an account another number, or a number another account', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      write(accounts({ number: 1, id: 'alice' }, { number: 2, id: 'bob' }))
      write(accounts({ number: 9, id: 'alice', nick: 'Alice' }))
      write(accounts({ number: 2, id: 'robert', nick: 'Bob' }))

      expect(directory.number('alice')).toBe(1)
      expect(directory.id(9)).toBe('')
      expect(directory.number('robert')).toBe(0)
      expect(directory.profiles([1, 2, 9]).map(({ nick }) => nick)).toEqual(['Alice', 'Bob'])
      expect(directory.count).toBe(2)
      expect(directory.nextNumber).toBe(10)
    })

    test('keeps numbers that do not follow one another', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      write(accounts({ number: 500_000, id: 'late' }, { number: 7, id: 'seven' }))
      write(accounts({ number: 0x7fffffff, id: 'last' }))

      expect(directory.number('late')).toBe(500_000)
      expect(directory.number('seven')).toBe(7)
      expect(directory.id(0x7fffffff)).toBe('last')
      expect(directory.id(8)).toBe('')
      expect(directory.count).toBe(3)
      expect(directory.nextNumber).toBe(2 ** 31)
    })

    test('never gives a number that a record has named, be its account known or lost', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const next = (record: JournalRecord) => {
        write(record)
        return directory.nextNumber
      }

      expect(next(accounts({ number: 3 }))).toBe(4)
      expect(next(batch(9, [5, 0, 3]))).toBe(10)
      expect(next(batch(1, [5, 12, 3]))).toBe(13)
      expect(next(read(14, 1))).toBe(15)
      expect(next(read(1, 16))).toBe(17)
      expect(next(delivered([18, 0], [2, 0]))).toBe(19)
      expect(next(revoked(20, 5))).toBe(21)
      expect(next(tokens(21, {}))).toBe(22)
      expect(next(block(22, 1))).toBe(23)
      expect(next(block(1, 23, false))).toBe(24)
      expect(next(conversation([1, 24]))).toBe(25)
      expect(next(conversation([-1, 0], { owner: 25 }))).toBe(26)
      expect(next(conversation([-1, 0], null, [26, 1]))).toBe(27)
      expect(next(conversation([-1, 0], null, [], [1, 27]))).toBe(28)
      expect(next(overlay(copyOf(1, [2, 28]), [1]))).toBe(29)
      expect(next(overlay(copyOf(29, [1]), [0]))).toBe(30)
      expect(next(overlay(copyOf(1, [1]), [0], null, 30))).toBe(31)
      expect(next(batch(1, [-40]))).toBe(31)
      expect(directory.count).toBe(1)
      if (subject.reopen !== null) expect((await subject.reopen()).nextNumber).toBe(31)
    })

    test('never gives a group number that a record has named', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const next = (record: JournalRecord) => {
        write(record)
        return directory.nextGroup
      }

      expect(directory.nextGroup).toBe(1)
      expect(next(batch(7, [8]))).toBe(1)
      expect(next(conversation([-1, 0], {}, [7]))).toBe(2)
      expect(next(batch(7, [1, -3, -2, 0, 9]))).toBe(4)
      expect(next(read(7, -5))).toBe(6)
      expect(next(overlay(copyOf(7, [-6]), [0]))).toBe(7)
      expect(next(conversation([-0x7fffffff, 0], null))).toBe(2 ** 31)
      if (subject.reopen !== null) expect((await subject.reopen()).nextGroup).toBe(2 ** 31)
    })

    test('remembers until when credentials are void, and never earlier than before', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      write(accounts({ number: 1 }, { number: 2 }))
      write(revoked(1, 1_700_000_000))
      expect(directory.revokedAt(1)).toBe(1_700_000_000)
      write(revoked(1, 1_600_000_000))
      expect(directory.revokedAt(1)).toBe(1_700_000_000)
      write(revoked(1, 0xffffffff))
      expect(directory.revokedAt(1)).toBe(0xffffffff)
      expect(directory.revokedAt(2)).toBe(0)
      write(revoked(3, 5))
      expect(directory.revokedAt(3)).toBe(0)
      write(accounts({ number: 3 }))
      expect(directory.revokedAt(3)).toBe(0)
    })

    directoryKnowsConversations(open)
    directoryKnowsDevices(open)

    test('takes a record once', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const applied: Stored[] = []
      const write = writer((stored) => {
        applied.push(stored)
        directory.apply(stored)
      })
      write(accounts({ number: 1, id: 'alice', nick: 'first' }))
      write(accounts({ number: 1, id: 'alice', nick: 'second' }))

      for (const stored of applied) directory.apply(stored)
      expect(directory.profiles([1])[0]?.nick).toBe('second')
    })

    test('says up to which place it reflects the journal, of records that do not concern it too', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))

      for (const record of [accounts({ number: 1 }), batch(1, [1]), batch(1, [1])]) {
        const place = write(record)
        expect(directory.place).toBeLessThanOrEqual(place + PLACE_STEP)
        directory.flush()
        expect(directory.place).toBe(place + PLACE_STEP)
      }
    })

    test('is the same with many accounts', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      writeMany(write)

      expectMany(directory)
    })

    test('is the same after it was closed and opened, and goes on', async () => {
      await using subject = await open()
      if (subject.reopen === null) return
      const applied: Stored[] = []
      const write = writer((stored) => {
        applied.push(stored)
        subject.it.apply(stored)
      })
      writeMany(write)
      write(accounts({ number: 3, id: 'never', nick: 'three' }, { number: 99_999, id: 'user2' }))
      write(revoked(2, 77))
      const last = write(batch(1, [2]))

      const directory = await subject.reopen()
      expect(directory.place).toBe(last + PLACE_STEP)
      for (const stored of applied.slice(-3)) directory.apply(stored)
      expectMany(directory, 100_000)
      expect(directory.revokedAt(2)).toBe(77)
      expect(directory.profiles([3])[0]?.nick).toBe('three')
      everyId.forEach((id, n) => {
        expect(directory.number(id)).toBe(50_000 + n)
        expect(directory.id(50_000 + n)).toBe(id)
      })

      writer((stored) => directory.apply(stored), last + 80)(accounts({ number: 100_000 }))
      const again = await subject.reopen()
      expect(again.number('user100000')).toBe(100_000)
      expect(again.nextNumber).toBe(100_001)
    })
  })
}

const MANY = 20_000

function writeMany(write: (record: JournalRecord) => void): void {
  for (let from = 1; from <= MANY; from += 4000) {
    const numbers = Array.from({ length: 4000 }, (_, n) => from + n)
    write(accounts(...numbers.map((number) => ({ number, nick: `n${number}` }))))
  }
  write(accounts(...everyId.map((id, n) => ({ number: 50_000 + n, id }))))
}

function expectMany(directory: Directory, nextNumber = 50_000 + everyId.length): void {
  const wrong = Array.from({ length: MANY }, (_, n) => n + 1).filter(
    (number) =>
      directory.number(`user${number}`) !== number || directory.id(number) !== `user${number}`,
  )
  expect(wrong).toEqual([])
  expect(directory.number(`user${MANY + 1}`)).toBe(0)
  expect(directory.count).toBe(MANY + everyId.length)
  expect(directory.nextNumber).toBe(nextNumber)
  expect(directory.profiles([MANY])).toMatchObject([
    { id: `user${MANY}`, nick: `n${MANY}`, avatarUrl: '' },
  ])
}

/** A batch that nobody has heard of. */
function copyOf(sender: number, recipients: number[]): { place: Place; record: Batch } {
  return { place: 8, record: batch(sender, recipients) }
}

/** The number of the id that stands in bytes [from, to). */
function numberAt(directory: Directory, bytes: Uint8Array, from: number, to: number): number {
  const into = new Uint32Array(1)
  directory.numbersAt(bytes, Int32Array.of(from, to), 1, into)
  return into[0]!
}
