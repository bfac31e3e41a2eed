/**
 * What every directory promises.
 */
import { describe, expect, test } from 'vitest'
import type { Batch, Content } from '../../domain/batch.ts'
import type { ConversationKey } from '../../domain/peer.ts'
import { ORDINALS_MAX, type Place } from '../../domain/place.ts'
import type { AccountChange, JournalRecord, Stored } from '../../domain/record.ts'
import { type Directory, KEYED_FOR_MS } from '../directory.ts'
import {
  accounts,
  batch,
  block,
  conversation,
  delivered,
  type Open,
  overlay,
  PLACE_STEP,
  positionOf,
  read,
  revoked,
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

    test('says of a conversation what was said last, and since when', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const said = { id: 'room', owner: 3, isFrozen: false, attributes: '{"name":"ü"}' }
      const made = write(conversation([-1, 0], said, [3, 4]))
      const createdAt = timeAt(made)
      const group = { ...said, conversation: [-1, 0], createdAt, changedAt: createdAt }
      expect(directory.described([-1, 0])).toEqual(group)
      expect(directory.conversation('room')).toEqual([-1, 0])

      write(conversation([-1, 0], null, [5], [3]))
      expect(directory.described([-1, 0])).toEqual(group)
      const changes = { owner: 0, isFrozen: true, attributes: '' }
      const changed = write(conversation([-1, 0], { ...changes, id: 'another' }))
      const after = { ...group, ...changes, changedAt: timeAt(changed) }
      expect(directory.described([-1, 0])).toEqual(after)
      expect(directory.conversation('another')).toBeNull()

      write(conversation([3, 4], { id: 'pair' }))
      expect(directory.described([3, 4])).toMatchObject({ id: 'pair', conversation: [3, 4] })
      expect(directory.conversation('pair')).toEqual([3, 4])
      expect(directory.described([3, 5])).toBeNull()
      expect(directory.described([-2, 0])).toBeNull()
    })

    test('leaves an id to the conversation that had it first', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      write(conversation([-1, 0], { id: 'room', attributes: 'first' }))
      write(conversation([-2, 0], { id: 'room', attributes: 'second' }))
      write(conversation([1, 2], { id: 'room' }))

      expect(directory.conversation('room')).toEqual([-1, 0])
      expect(directory.described([-1, 0])?.attributes).toBe('first')
      expect(directory.described([-2, 0])).toBeNull()
      expect(directory.described([1, 2])).toBeNull()
      expect(directory.nextGroup).toBe(3)
      write(conversation([-2, 0], { id: 'room 2' }))
      expect(directory.conversation('room 2')).toEqual([-2, 0])
    })

    test('tells ids of conversations apart by their bytes', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const ids = [...everyId, '\ufffd']
      ids.forEach((id, n) => {
        write(conversation([-n - 1, 0], { id }))
      })

      expect(ids.map((id) => directory.conversation(id))).toEqual(ids.map((_, n) => [-n - 1, 0]))
      expect(ids.map((_, n) => directory.described([-n - 1, 0])?.id)).toEqual(ids)
      for (const id of ['', '\ud800', 'ab\0', 'x'.repeat(100_000)]) {
        expect(directory.conversation(id)).toBeNull()
      }
    })

    test('lists the pairs of an account that have an id, the oldest first', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const pairs: ConversationKey[] = [
        [2, 9],
        [2, 2],
        [1, 2],
        [3, 4],
        [2, 3],
      ]
      write(conversation([-2, 0], {}, [2]))
      for (const pair of pairs) write(conversation(pair))
      write(conversation([2, 9], { isFrozen: true }))

      expect(directory.describedPairs(2)).toEqual([
        [2, 9],
        [2, 2],
        [1, 2],
        [2, 3],
      ])
      expect(directory.describedPairs(9)).toEqual([[2, 9]])
      expect(directory.describedPairs(7)).toEqual([])
      expect(directory.describedPairs(0)).toEqual([])
    })

    test('knows whom an account does not want to hear from, and since when', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      expect(directory.isBlocked(1, 9)).toBe(false)
      const first = write(block(1, 9))
      const second = write(block(1, 2))
      write(block(2, 3))
      write(block(1, 9))

      expect(directory.blockedBy(1)).toEqual([
        { account: 9, since: timeAt(first) },
        { account: 2, since: timeAt(second) },
      ])
      expect(directory.blockedBy(9)).toEqual([])
      expect(directory.isBlocked(1, 9)).toBe(true)
      expect(directory.isBlocked(9, 1)).toBe(false)
      expect(directory.isBlocked(1, 3)).toBe(false)

      write(block(1, 9, false))
      write(block(7, 8, false))
      expect(directory.isBlocked(1, 9)).toBe(false)
      const again = write(block(1, 9))
      expect(directory.blockedBy(1)).toEqual([
        { account: 2, since: timeAt(second) },
        { account: 9, since: timeAt(again) },
      ])
    })

    test('knows tokens until they are taken back, whenever they end', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const createdAt = timeAt(write(tokens(1, { b: null, a: 5 })))
      write(tokens(2, { c: 2 ** 52 }))
      const of = (account: number) => directory.tokensOf(account).map(({ token }) => token)

      const known = { account: 1, createdAt, changedAt: createdAt }
      expect(directory.token('a')).toEqual({ token: 'a', ...known, expiresAt: 5 })
      expect(directory.tokensOf(1)).toEqual([
        { token: 'b', ...known, expiresAt: null },
        { token: 'a', ...known, expiresAt: 5 },
      ])
      expect(directory.token('c')?.expiresAt).toBe(2 ** 52)

      const changedAt = timeAt(write(tokens(1, { b: 7, d: null })))
      expect(directory.token('b')).toEqual({ token: 'b', ...known, expiresAt: 7, changedAt })
      expect(of(1)).toEqual(['b', 'a', 'd'])

      write(tokens(1, {}, ['b', 'never']))
      expect(directory.token('b')).toBeNull()
      expect(of(1)).toEqual(['a', 'd'])
      const again = timeAt(write(tokens(1, { b: null })))
      expect(directory.token('b')).toMatchObject({ createdAt: again, changedAt: again })
      expect(of(1)).toEqual(['a', 'd', 'b'])
      write(tokens(1, { a: 1 }, ['a']))
      expect(directory.token('a')).toBeNull()

      for (const token of ['', 'A', ' c', '\ud800', 'x'.repeat(100_000)]) {
        expect(directory.token(token)).toBeNull()
      }
      expect(of(3)).toEqual([])
    })

    test('says what copies say now, or that they were recalled', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const record = batch(1, [2, 3, 0, -4])
      const place = write(record)
      const other = write(record)
      const at = (ordinal: number) => positionOf(place, ordinal)
      const all = [at(3), at(0), at(1), positionOf(other, 0), at(2), at(0)]
      expect(directory.overlays(all)).toEqual(all.map(() => null))
      expect(directory.overlays([])).toEqual([])

      const edited = timeAt(write(overlay({ place, record }, [0, 3], content, 1)))
      const edit = { change: 'edit', by: 1, time: edited, content }
      expect(directory.overlays(all)).toEqual([edit, edit, null, null, null, edit])

      const recalled = timeAt(write(overlay({ place, record }, [0, 1])))
      const recall = { change: 'recall', by: 0, time: recalled, content: null }
      expect(directory.overlays(all)).toEqual([edit, recall, recall, null, null, recall])
    })

    test('lets the last edit of a copy hold, and a recall for ever', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const record = batch(1, [2, 3, 4])
      const place = write(record)
      const says = (text: string): Content => ({ format: 'imkit', json: '{}', text })
      const texts = () =>
        directory
          .overlays([0, 1, 2].map((ordinal) => positionOf(place, ordinal)))
          .map((overlaid) => overlaid?.content?.text)

      write(overlay({ place, record }, [0, 1], says('first')))
      write(overlay({ place, record }, [1, 2], says('second')))
      expect(texts()).toEqual(['first', 'second', 'second'])
      write(overlay({ place, record }, [1]))
      write(overlay({ place, record }, [0, 1, 2], says('third'), 9))
      write(overlay({ place, record }, [], says('nobody')))
      expect(texts()).toEqual(['third', undefined, 'third'])
      const first = directory.overlays([positionOf(place, 1)])
      write(overlay({ place, record }, [1], null, 9))
      expect(directory.overlays([positionOf(place, 1)])).toEqual(first)
    })

    test('takes a whole record back, and knows the copies beside it untouched', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const record = batch(
        1,
        Array.from({ length: ORDINALS_MAX }, (_, n) => n + 1),
      )
      const places = [write(record), write(record), write(record)]
      const ordinals = Array.from({ length: ORDINALS_MAX }, (_, n) => n)
      write(overlay({ place: places[1]!, record }, ordinals))

      const found = places.map((place) => {
        const overlaid = directory.overlays(ordinals.map((ordinal) => positionOf(place, ordinal)))
        return overlaid.filter((each) => each?.change === 'recall').length
      })
      expect(found).toEqual([0, ORDINALS_MAX, 0])
    })

    test('finds the first batch of a key, until one of the same key comes a day later', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const start = 1_700_000_000_000
      let place = 112
      const write = (key: string | null, time: number) => {
        place += PLACE_STEP
        directory.apply({ place, time, record: batch(1, [2], 0, { key }) })
        return place
      }
      expect(directory.keyed('a')).toBeNull()
      const a = write('a', start)
      const b = write('b', start + 1)
      write('a', start + KEYED_FOR_MS)
      expect(directory.keyed('a')).toBe(a)
      expect(directory.keyed('b')).toBe(b)
      expect(directory.keyed('A')).toBeNull()
      expect(directory.keyed('\ud800')).toBeNull()

      write(null, start + 3 * KEYED_FOR_MS)
      expect(directory.keyed('a')).toBe(a)
      const late = write('a', start + 3 * KEYED_FOR_MS)
      expect(directory.keyed('a')).toBe(late)
      expect(directory.keyed('b')).toBeNull()
    })

    test('finds the other records of a batch that needs several', async () => {
      await using subject = await open()
      const { it: directory } = subject
      const write = writer((stored) => directory.apply(stored))
      const part = (head: Place | null, first: number) =>
        write(batch(1, [2, 3], 0, { series: { head, first, total: 6 } }))
      const head = part(null, 0)
      const other = part(null, 0)
      const parts = [part(head, 2), part(other, 2), part(head, 4)]

      expect(directory.parts(head)).toEqual([parts[0], parts[2]])
      expect(directory.parts(other)).toEqual([parts[1]])
      expect(directory.parts(parts[0]!)).toEqual([])
    })

    test('knows all of that when it was closed and opened, and takes each record once', async () => {
      await using subject = await open()
      const applied: Stored[] = []
      const write = writer((stored) => {
        applied.push(stored)
        subject.it.apply(stored)
      })
      write(accounts({ number: 1, attributes: '{"a":1}' }, { number: 2 }))
      write(conversation([-1, 0], { id: 'room', isFrozen: true, attributes: '{}' }, [1, 2]))
      write(conversation([1, 2], { id: 'pair' }))
      write(block(1, 2))
      write(block(1, 3))
      write(block(1, 2, false))
      write(block(1, 2))
      write(tokens(1, { a: null, b: 5, c: 6 }, ['b']))
      write(tokens(1, { a: 9, b: 5 }, ['c']))
      const record = batch(1, [2, -1, 3], 0, { key: 'once' })
      const place = write(record)
      write(batch(1, [2], 0, { key: 'once' }))
      const parts = [2, 4].map((first) =>
        write(batch(1, [2, 3], 0, { series: { head: place, first, total: 6 } })),
      )
      write(overlay({ place, record }, [0, 1], content))
      write(overlay({ place, record }, [1]))
      const positions = [0, 1, 2].map((ordinal) => positionOf(place, ordinal))
      const answers = (directory: Directory) => ({
        profiles: directory.profiles([1, 2]),
        described: [directory.described([-1, 0]), directory.described([1, 2])],
        found: [directory.conversation('room'), directory.conversation('pair')],
        pairs: directory.describedPairs(2),
        blocked: directory.blockedBy(1),
        isBlocked: [directory.isBlocked(1, 2), directory.isBlocked(2, 1)],
        tokens: directory.tokensOf(1),
        token: [directory.token('a'), directory.token('c')],
        overlays: directory.overlays(positions),
        keyed: directory.keyed('once'),
        parts: directory.parts(place),
      })

      const before = answers(subject.it)
      expect(before).toMatchObject({ keyed: place, parts, isBlocked: [true, false] })
      for (const stored of applied) subject.it.apply(stored)
      expect(answers(subject.it)).toEqual(before)
      if (subject.reopen === null) return
      const directory = await subject.reopen()
      for (const stored of applied) directory.apply(stored)
      expect(answers(directory)).toEqual(before)
    })

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

/** When `writer` writes the record at a place. */
const timeAt = (place: Place) => 1_700_000_000_000 + place

const content: Content = { format: 'imkit', json: '{"message":"ü"}', text: 'ü' }

/** A batch that nobody has heard of. */
function copyOf(sender: number, recipients: number[]): { place: Place; record: Batch } {
  return { place: 8, record: batch(sender, recipients) }
}

/** Ids that are easily taken for one another, in every length. */
const everyId = [
  'a',
  'A',
  ' a',
  'a ',
  'ä',
  'a\u0308',
  '\ufeffa',
  '𝄞',
  '用户',
  '"quoted"',
  "o'brien",
  '1 2 3',
  '0',
  '00',
  'null',
  '\u{10ffff}',
  ...Array.from({ length: 126 }, (_, n) => 'l'.repeat(n + 2)),
  'z'.repeat(128),
  'ü'.repeat(64),
]

/** The number of the id that stands in bytes [from, to). */
function numberAt(directory: Directory, bytes: Uint8Array, from: number, to: number): number {
  const into = new Uint32Array(1)
  directory.numbersAt(bytes, Int32Array.of(from, to), 1, into)
  return into[0]!
}
