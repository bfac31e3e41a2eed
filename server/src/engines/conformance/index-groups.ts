/**
 * What every index promises about groups and their members.
 */
import { expect, test } from 'vitest'
import { END, type Position } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import type { Index } from '../index.ts'
import { ALICE, BOB, CAROL, differences, listOf, newest } from './index-questions.ts'
import {
  accounts,
  batch,
  block,
  conversation,
  type Open,
  positionOf,
  read,
  Trait,
  tokens,
  writer,
} from './subject.ts'

const GROUP = -5
const OTHER = -2

export function indexKnowsGroups(open: Open<Index>): void {
  test('knows a group and its members before anything was said in it', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const place = write(conversation([GROUP, 0], {}, [CAROL, ALICE]))

    const joined = positionOf(place, 0)
    expect(index.members(GROUP)).toEqual(Uint32Array.of(CAROL, ALICE))
    expect([ALICE, BOB].map((account) => index.isMember(account, GROUP))).toEqual([true, false])
    expect(index.groups(ALICE)).toEqual(Int32Array.of(GROUP))
    expect(index.groups(BOB)).toEqual(new Int32Array())
    expect(index.mark(ALICE, GROUP)).toBe(joined)
    expect(index.mark(BOB, GROUP)).toBe(0)
    expect(await listOf(index, ALICE)).toEqual([{ peer: GROUP, newest: joined, unread: 0 }])
    expect(await newest(index, ALICE, GROUP)).toEqual([])
    expect(index.members(OTHER)).toEqual(new Uint32Array())
    expect(index.size()).toMatchObject({ conversations: 1, copies: 0 })
  })

  test('counts a copy to a group for every member, from where each has read', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    write(conversation([GROUP, 0], {}, [ALICE, BOB]))
    const positions = Array.from({ length: 30 }, (_, n) =>
      positionOf(write(batch(ALICE, [GROUP], n % 3 === 0 ? Trait.unbadged : 0)), 0),
    )
    write(batch(CAROL, [GROUP], Trait.uncounted))

    expect([ALICE, BOB, CAROL].map((account) => index.unread(account, GROUP))).toEqual([30, 30, 0])
    expect(index.totals(BOB)).toEqual({ unread: 30, badge: 20 })
    expect(index.directTotals(BOB)).toEqual({ unread: 0, badge: 0 })
    write(read(BOB, GROUP, positions[8]!))
    expect(index.totals(BOB)).toEqual({ unread: 21, badge: 14 })
    write(read(BOB, GROUP, positions[2]!))
    expect(index.mark(BOB, GROUP)).toBe(positions[8])
    write(read(BOB, GROUP, positions[28]!))
    expect(index.unread(BOB, GROUP)).toBe(1)
    write(read(CAROL, GROUP))
    write(read(BOB, GROUP))
    expect([ALICE, BOB, CAROL].map((account) => index.unread(account, GROUP))).toEqual([30, 0, 0])
    expect(index.mark(CAROL, GROUP)).toBe(0)
    expect(await differences(index)).toEqual([])
  })

  test('lets sending to a group mark it read for the sender, when the batch says so', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    write(conversation([GROUP, 0], {}, [ALICE, BOB]))
    write(batch(BOB, [GROUP]))
    const place = write(batch(ALICE, [GROUP, BOB, GROUP], Trait.readsForSender))
    write(batch(CAROL, [GROUP], Trait.readsForSender))

    expect(index.mark(ALICE, GROUP)).toBe(positionOf(place, 2))
    expect([ALICE, BOB, CAROL].map((account) => index.unread(account, GROUP))).toEqual([1, 4, 0])
  })

  test('lets the mark of a member lie before copies that are still to come', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const first = write(conversation([GROUP, 0], {}, [ALICE, BOB]))
    write(read(BOB, GROUP, positionOf(first + 2000, 0)))
    let places: number[] = []
    while ((places.at(-1) ?? 0) < first + 4000) {
      places = [...places, write(batch(ALICE, [GROUP]))]
      const unread = places.filter((place) => place > first + 2000).length
      expect(index.unread(BOB, GROUP)).toBe(unread)
      expect(index.unread(ALICE, GROUP)).toBe(places.length)
    }
    expect(await differences(index)).toEqual([])
  })

  test('counts for a member from its joining, and begins anew with the next', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    write(conversation([GROUP, 0], {}, [ALICE]))
    write(batch(ALICE, [GROUP, GROUP]))
    write(conversation([GROUP, 0], null, [BOB, CAROL]))
    write(batch(ALICE, [GROUP]))
    expect(index.unread(BOB, GROUP)).toBe(1)
    write(read(BOB, GROUP, END))
    write(conversation([GROUP, 0], null, [], [BOB]))
    expect([index.unread(BOB, GROUP), index.mark(BOB, GROUP)]).toEqual([0, 0])
    expect(await listOf(index, BOB)).toEqual([])
    expect(await index.missed(BOB, 0, 10)).toEqual([])
    expect(index.members(GROUP)).toEqual(Uint32Array.of(ALICE, CAROL))

    const again = write(conversation([GROUP, 0], null, [BOB, ALICE]))
    const place = write(batch(ALICE, [GROUP]))
    expect(index.members(GROUP)).toEqual(Uint32Array.of(ALICE, CAROL, BOB))
    expect(index.unread(BOB, GROUP)).toBe(1)
    expect(index.unread(ALICE, GROUP)).toBe(4)
    expect(index.mark(BOB, GROUP)).toBe(positionOf(again, 0))
    expect(await index.missed(BOB, 0, 10)).toEqual([
      { position: positionOf(place, 0), peer: GROUP },
    ])
    const leftAndJoined = write(conversation([GROUP, 0], null, [ALICE], [ALICE]))
    expect(index.members(GROUP)).toEqual(Uint32Array.of(CAROL, BOB, ALICE))
    expect(index.mark(ALICE, GROUP)).toBe(positionOf(leftAndJoined, 0))
    expect(index.unread(ALICE, GROUP)).toBe(0)
    expect(await differences(index)).toEqual([])
  })

  test('shows everybody the whole of a group, and gives members what they missed', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const positions: Position[] = []
    const say = (from: number) => positions.push(positionOf(write(batch(from, [GROUP])), 0))
    say(ALICE)
    write(conversation([GROUP, 0], {}, [ALICE, BOB]))
    for (let n = 0; n < 40; n += 1) say(n % 2 === 0 ? ALICE : BOB)
    const hidden = write(batch(ALICE, [GROUP], Trait.hiddenFromSender))
    positions.push(positionOf(hidden, 0))
    const toBob = positionOf(write(batch(CAROL, [BOB])), 0)

    const timeline = await newest(index, ALICE, GROUP)
    expect(timeline.map(({ position }) => position)).toEqual(positions.toReversed())
    expect(timeline.some(({ outgoing }) => outgoing)).toBe(false)
    expect(await newest(index, CAROL, GROUP)).toEqual(timeline)
    expect(index.copies(CAROL, GROUP)).toBe(42)
    const ofGroup = positions.slice(1).map((position) => ({ position, peer: GROUP }))
    expect(await index.missed(ALICE, 0, 1000)).toEqual(ofGroup)
    expect(await index.missed(BOB, 0, 1000)).toEqual([...ofGroup, { position: toBob, peer: CAROL }])
    expect(await index.missed(BOB, positions[30]!, 3)).toEqual(ofGroup.slice(30, 33))
    expect(await index.missed(CAROL, 0, 1000)).toEqual([])
  })

  test('lists groups among the others, by their newest listed copy or the joining', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    write(conversation([GROUP, 0], {}, [ALICE]))
    const toBob = write(batch(ALICE, [BOB]))
    const joined = write(conversation([OTHER, 0], {}, [ALICE]))
    const said = write(batch(BOB, [GROUP]))
    write(batch(BOB, [OTHER, GROUP], Trait.unlisted))

    const inGroup = { peer: GROUP, newest: positionOf(said, 0), unread: 2 }
    const inOther = { peer: OTHER, newest: positionOf(joined, 0), unread: 1 }
    const withBob = { peer: BOB, newest: positionOf(toBob, 0), unread: 0 }
    expect(await listOf(index, ALICE)).toEqual([inGroup, inOther, withBob])
    const page = { before: END, limit: 10 }
    const groups = await index.conversations(ALICE, { ...page, kind: 'group' })
    expect(groups).toEqual([inGroup, inOther])
    expect(await index.conversations(ALICE, { ...page, kind: 'direct' })).toEqual([withBob])
    expect(await index.conversations(ALICE, { before: inGroup.newest, limit: 1 })).toEqual([
      inOther,
    ])
    expect(index.groups(ALICE)).toEqual(Int32Array.of(GROUP, OTHER))
    for (const account of [ALICE, BOB, 0]) {
      const listed = [GROUP, OTHER].map((group) => index.listed(account, group))
      expect(listed).toEqual([inGroup.newest, 0])
    }
  })

  test('gives pairs in the order in which they began, without the groups', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const strangers = Array.from({ length: 50 }, (_, n) => 100 + n)
    write(batch(ALICE, [GROUP, BOB, ALICE]))
    write(conversation([OTHER, 0], {}, [ALICE]))
    write(batch(CAROL, [BOB, -9, ...strangers, -7, ALICE]))
    write(conversation([ALICE, 200], { id: 'of a pair that is silent' }))

    const expected = [
      [BOB, ALICE],
      [ALICE, ALICE],
      [BOB, CAROL],
      ...strangers.map((stranger) => [CAROL, stranger]),
      [ALICE, CAROL],
    ]
    expect(index.pairs(0, 100)).toEqual(expected)
    for (let from = 0; from <= expected.length; from += 1) {
      expect(index.pairs(from, 2)).toEqual(expected.slice(from, from + 2))
    }
    expect(index.pairs(3, 0)).toEqual([])
  })

  test('changes nothing for what is said about a pair, tokens and blocks', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    write(accounts({ number: ALICE }))
    write(conversation([BOB, ALICE]))
    write(tokens(ALICE, { secret: null }))
    write(block(ALICE, BOB))

    expect(index.size()).toMatchObject({ conversations: 0, copies: 0 })
    expect(await listOf(index, ALICE)).toEqual([])
    expect(index.pairs(0, 10)).toEqual([])
  })

  test('has groups and members as they were after it was closed and opened', async () => {
    await using subject = await open()
    if (subject.reopen === null) return
    let index = subject.it
    const applied: Stored[] = []
    const write = writer((stored) => {
      applied.push(stored)
      index.apply(stored)
    })
    const crowd = Array.from({ length: 4000 }, (_, n) => 1000 + n)
    for (let first = 0; first < 12_000; first += 4000) {
      const some = crowd.map((account) => account + first)
      write(conversation([GROUP, 0], {}, some))
    }
    write(conversation([OTHER, 0], {}, [ALICE, BOB]))
    for (let n = 0; n < 100; n += 1) write(batch(ALICE, [GROUP, BOB, OTHER]))
    write(conversation([GROUP, 0], null, [], [1000, 3000]))
    write(read(1001, GROUP, positionOf(applied[30]!.place, 0)))
    write(read(BOB, OTHER, END))
    const answers = async () => [
      index.members(GROUP),
      [ALICE, BOB, 1000, 1001, 12_999].map((account) => [
        index.unread(account, GROUP),
        index.totals(account),
        index.mark(account, GROUP),
        index.groups(account),
      ]),
      await listOf(index, BOB),
      await index.missed(1001, 0, 1000),
      index.pairs(0, 10),
      index.size().conversations,
    ]
    const expected = await answers()
    await index.checkpoint()
    index = await subject.reopen()
    for (const stored of applied) if (stored.place >= index.place) index.apply(stored)
    expect(await answers()).toEqual(expected)
    expect(await differences(index)).toEqual([])

    write(conversation([GROUP, 0], null, [1000, BOB]))
    write(batch(ALICE, [GROUP]))
    expect(index.members(GROUP).length).toBe(12_000)
    expect(index.members(GROUP).at(-1)).toBe(BOB)
    expect(index.unread(BOB, GROUP)).toBe(1)
    expect(index.unread(1001, GROUP)).toBe(74)
  })
}
