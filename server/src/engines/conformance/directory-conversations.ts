/**
 * What every directory promises about conversations and what is said in them: who may say it, what
 * it says later, and by what a batch is found again.
 */
import { expect, test } from 'vitest'
import type { Content } from '../../domain/batch.ts'
import type { ConversationKey } from '../../domain/peer.ts'
import { ORDINALS_MAX, type Place } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import { type Directory, KEYED_FOR_MS } from '../directory.ts'
import {
  accounts,
  batch,
  block,
  conversation,
  everyId,
  type Open,
  overlay,
  PLACE_STEP,
  positionOf,
  timeAt,
  tokens,
  writer,
} from './subject.ts'

export function directoryKnowsConversations(open: Open<Directory>): void {
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

    const { descriptions } = directory
    write(conversation([-1, 0], null, [5], [3]))
    expect(directory.described([-1, 0])).toEqual(group)
    expect(directory.descriptions).toBe(descriptions)
    const changes = { owner: 0, isFrozen: true, attributes: '' }
    const changed = write(conversation([-1, 0], { ...changes, id: 'another' }))
    const after = { ...group, ...changes, changedAt: timeAt(changed) }
    expect(directory.described([-1, 0])).toEqual(after)
    expect(directory.conversation('another')).toBeNull()

    write(conversation([3, 4], { id: 'pair' }))
    expect(directory.descriptions).toBe(descriptions + 2)
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

  test('tells for many accounts at once what keeps one from writing to them', async () => {
    await using subject = await open()
    const { it: directory } = subject
    const write = writer((stored) => directory.apply(stored))
    const barriers = () => {
      const into = new Uint8Array(6).fill(9)
      directory.barriers(5, Int32Array.of(1, 2, 3, 4, 5, 9), into)
      return [...into]
    }
    expect(barriers()).toEqual([0, 0, 0, 0, 0, 0])
    write(block(1, 5))
    write(block(5, 9))
    write(block(3, 4))
    expect(barriers()).toEqual([2, 0, 0, 0, 0, 2])
    for (const isFrozen of [true, false]) {
      write(conversation([2, 5], { isFrozen }))
      write(conversation([5, 9], { id: 'other', isFrozen }))
      expect(barriers()).toEqual(isFrozen ? [2, 1, 0, 0, 0, 1] : [2, 0, 0, 0, 0, 2])
    }
    write(block(1, 5, false))
    expect(barriers()).toEqual([0, 0, 0, 0, 0, 2])
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

  test('finds the newest batch of a key, for a day at least', async () => {
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
    write('a', start)
    const b = write('b', start + 1)
    const again = write('a', start + KEYED_FOR_MS)
    expect(directory.keyed('a')).toBe(again)
    expect(directory.keyed('b')).toBe(b)
    expect(directory.keyed('A')).toBeNull()
    expect(directory.keyed('\ud800')).toBeNull()

    write(null, start + 3 * KEYED_FOR_MS)
    expect(directory.keyed('a')).toBe(again)
    const late = write('a', start + 3 * KEYED_FOR_MS)
    expect(directory.keyed('a')).toBe(late)
    expect(directory.keyed('b')).toBeNull()
    const later = write('a', start + 3 * KEYED_FOR_MS + 1)
    expect(directory.keyed('a')).toBe(later)
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
    const again = write(batch(1, [2], 0, { key: 'once' }))
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
    expect(before).toMatchObject({ keyed: again, parts, isBlocked: [true, false] })
    for (const stored of applied) subject.it.apply(stored)
    expect(answers(subject.it)).toEqual(before)
    if (subject.reopen === null) return
    const directory = await subject.reopen()
    for (const stored of applied) directory.apply(stored)
    expect(answers(directory)).toEqual(before)
  })
}

const content: Content = { format: 'imkit', json: '{"message":"ü"}', text: 'ü' }
