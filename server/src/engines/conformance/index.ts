/**
 * What every index promises.
 */
import { describe, expect, test } from 'vitest'
import type { Position } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import type { Index } from '../index.ts'
import { indexKnowsGroups } from './index-groups.ts'
import { indexGivesPages } from './index-pages.ts'
import { ALICE, BOB, CAROL, differences, listOf, newest } from './index-questions.ts'
import { indexForgetsWhatWasRecalled } from './index-recalls.ts'
import {
  accounts,
  batch,
  delivered,
  type Open,
  PLACE_STEP,
  positionOf,
  read,
  revoked,
  Trait,
  writer,
} from './subject.ts'

export function indexKeepsItsPromises(name: string, open: Open<Index>): void {
  describe(`${name} index`, () => {
    test('has nothing at first', async () => {
      await using subject = await open()
      const { it: index } = subject

      expect(index.place).toBe(0)
      expect(index.unread(ALICE, BOB)).toBe(0)
      expect(index.totals(ALICE)).toEqual({ unread: 0, badge: 0 })
      expect(index.mark(ALICE, BOB)).toBe(0)
      expect(index.delivered(ALICE)).toBe(0)
      expect(await listOf(index, ALICE)).toEqual([])
      expect(await newest(index, ALICE, BOB)).toEqual([])
      expect(await index.missed(ALICE, 0, 10)).toEqual([])
      expect(await differences(index)).toEqual([])
      expect(index.size()).toMatchObject({ conversations: 0, copies: 0 })
    })

    test('adds a copy for every recipient, in one conversation of both sides', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      const place = write(batch(ALICE, [BOB, 0, CAROL]))
      const answer = write(batch(BOB, [ALICE]))

      const [toBob, toCarol] = [positionOf(place, 0), positionOf(place, 2)]
      const toAlice = positionOf(answer, 0)
      expect(await newest(index, ALICE, BOB)).toEqual([
        { position: toAlice, outgoing: false, counted: true },
        { position: toBob, outgoing: true, counted: true },
      ])
      expect(await newest(index, BOB, ALICE)).toEqual([
        { position: toAlice, outgoing: true, counted: true },
        { position: toBob, outgoing: false, counted: true },
      ])
      expect(await newest(index, CAROL, ALICE)).toEqual([
        { position: toCarol, outgoing: false, counted: true },
      ])
      expect(index.unread(BOB, ALICE)).toBe(1)
      expect(index.unread(ALICE, BOB)).toBe(1)
      expect(index.unread(ALICE, CAROL)).toBe(0)
      expect(index.totals(CAROL)).toEqual({ unread: 1, badge: 1 })
      expect(await listOf(index, ALICE)).toEqual([
        { peer: BOB, newest: toAlice, unread: 1 },
        { peer: CAROL, newest: toCarol, unread: 0 },
      ])
      expect(index.size()).toMatchObject({ conversations: 2, copies: 3 })
    })

    test('takes several copies of one batch for one recipient', async () => {
      await using subject = await open()
      const { it: index } = subject
      const place = writer((stored) => index.apply(stored))(batch(ALICE, [BOB, BOB, CAROL, BOB]))

      expect((await newest(index, BOB, ALICE)).map(({ position }) => position)).toEqual(
        [3, 1, 0].map((ordinal) => positionOf(place, ordinal)),
      )
      expect(index.unread(BOB, ALICE)).toBe(3)
    })

    test('knows nothing of what is for open terminals only', async () => {
      await using subject = await open()
      const { it: index } = subject
      const place = writer((stored) => index.apply(stored))(
        batch(ALICE, [BOB, ALICE], Trait.onlineOnly | Trait.readsForSender),
      )

      expect(index.place).toBe(place + PLACE_STEP)
      expect(index.totals(BOB)).toEqual({ unread: 0, badge: 0 })
      expect(index.mark(ALICE, BOB)).toBe(0)
      expect(await listOf(index, BOB)).toEqual([])
      expect(await newest(index, ALICE, ALICE)).toEqual([])
      expect(await index.missed(BOB, 0, 10)).toEqual([])
      expect(index.size()).toMatchObject({ conversations: 0, copies: 0 })
    })

    test('counts an uncounted copy nowhere, and an unbadged one in no badge', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      write(batch(ALICE, [BOB], Trait.uncounted))
      write(batch(ALICE, [BOB], Trait.unbadged))
      write(batch(ALICE, [BOB], Trait.uncounted | Trait.unbadged))
      write(batch(ALICE, [BOB]))

      expect(index.unread(BOB, ALICE)).toBe(2)
      expect(index.totals(BOB)).toEqual({ unread: 2, badge: 1 })
      const counted = (await newest(index, BOB, ALICE)).map((entry) => entry.counted)
      expect(counted).toEqual([true, false, true, false])
      expect((await newest(index, ALICE, BOB)).map((entry) => entry.counted)).toEqual(counted)
      expect(await index.missed(BOB, 0, 10)).toHaveLength(4)
    })

    test('hides a copy from its sender, in the timeline and in the list', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      const hidden = write(batch(ALICE, [BOB], Trait.hiddenFromSender))

      expect(await newest(index, ALICE, BOB)).toEqual([])
      expect(await listOf(index, ALICE)).toEqual([])
      expect(await newest(index, BOB, ALICE)).toHaveLength(1)
      expect(await listOf(index, BOB)).toEqual([
        { peer: ALICE, newest: positionOf(hidden, 0), unread: 1 },
      ])

      const shown = write(batch(ALICE, [BOB]))
      write(batch(ALICE, [BOB], Trait.hiddenFromSender))
      expect((await newest(index, ALICE, BOB)).map(({ position }) => position)).toEqual([
        positionOf(shown, 0),
      ])
      expect((await listOf(index, ALICE))[0]?.newest).toBe(positionOf(shown, 0))
      expect(index.listed(ALICE, BOB)).toBe(positionOf(shown, 0))
      expect(index.unread(BOB, ALICE)).toBe(3)
    })

    test("leaves the conversation where it is in the receiver's list for an unlisted copy", async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      const unlisted = write(batch(ALICE, [BOB], Trait.unlisted))

      expect(await listOf(index, BOB)).toEqual([])
      expect([index.listed(BOB, ALICE), index.listed(BOB, CAROL)]).toEqual([0, 0])
      expect(await newest(index, BOB, ALICE)).toHaveLength(1)
      expect(index.totals(BOB)).toEqual({ unread: 1, badge: 1 })
      expect((await listOf(index, ALICE))[0]?.newest).toBe(positionOf(unlisted, 0))

      const listed = write(batch(ALICE, [BOB]))
      const carols = write(batch(CAROL, [BOB]))
      const last = write(batch(ALICE, [BOB], Trait.unlisted))
      expect(await listOf(index, BOB)).toEqual([
        { peer: CAROL, newest: positionOf(carols, 0), unread: 1 },
        { peer: ALICE, newest: positionOf(listed, 0), unread: 3 },
      ])
      expect((await listOf(index, ALICE))[0]?.newest).toBe(positionOf(last, 0))
      expect(index.listed(BOB, ALICE)).toBe(positionOf(listed, 0))
      expect(index.listed(ALICE, BOB)).toBe(positionOf(last, 0))
    })

    test('keeps a copy to oneself once, always visible and never unread', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      const traits = Trait.hiddenFromSender | Trait.unlisted
      const own = [write(batch(ALICE, [ALICE])), write(batch(ALICE, [ALICE], traits))]

      expect(await newest(index, ALICE, ALICE)).toEqual(
        own.toReversed().map((place) => ({
          position: positionOf(place, 0),
          outgoing: true,
          counted: false,
        })),
      )
      expect(index.unread(ALICE, ALICE)).toBe(0)
      expect(index.totals(ALICE)).toEqual({ unread: 0, badge: 0 })
      expect(await listOf(index, ALICE)).toEqual([
        { peer: ALICE, newest: positionOf(own[1]!, 0), unread: 0 },
      ])
      expect(await index.missed(ALICE, 0, 10)).toEqual(
        own.map((place) => ({ position: positionOf(place, 0), peer: ALICE })),
      )

      write(read(ALICE, ALICE, positionOf(own[0]!, 0)))
      expect(index.mark(ALICE, ALICE)).toBe(positionOf(own[0]!, 0))
      expect(index.unread(ALICE, ALICE)).toBe(0)
      expect(index.size()).toMatchObject({ conversations: 1, copies: 2 })
    })

    test('moves a mark forward, never back, and the counters with it', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      const positions = Array.from({ length: 40 }, (_, n) =>
        positionOf(write(batch(ALICE, [BOB], n % 4 === 0 ? Trait.unbadged : 0)), 0),
      )
      const expectRead = (count: number, mark: Position) => {
        const badge = positions.slice(count).filter((_, n) => (n + count) % 4 !== 0).length
        expect(index.unread(BOB, ALICE)).toBe(40 - count)
        expect(index.totals(BOB)).toEqual({ unread: 40 - count, badge })
        expect(index.mark(BOB, ALICE)).toBe(mark)
        expect(index.mark(ALICE, BOB)).toBe(0)
      }

      expectRead(0, 0)
      write(read(BOB, ALICE, positions[0]! - 1))
      expectRead(0, positions[0]! - 1)
      write(read(BOB, ALICE, positions[9]!))
      expectRead(10, positions[9]!)
      write(read(BOB, ALICE, positions[3]!))
      expectRead(10, positions[9]!)
      write(read(BOB, ALICE, positions[38]!))
      expectRead(39, positions[38]!)
      write(read(BOB, ALICE, 0))
      const place = write(read(BOB, ALICE))
      expectRead(40, positionOf(place, 0))
    })

    test('lets a mark lie before copies that are still to come', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      const first = write(batch(ALICE, [BOB]))
      const ahead = positionOf(first, 0) + 2 ** 40
      write(read(BOB, ALICE, ahead))
      write(batch(ALICE, [BOB]))

      expect(index.mark(BOB, ALICE)).toBe(ahead)
      expect(index.unread(BOB, ALICE)).toBe(0)
      expect(index.totals(BOB)).toEqual({ unread: 0, badge: 0 })
      expect(await differences(index)).toEqual([])
    })

    test('lets sending mark read for the sender, when the batch says so', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      write(batch(BOB, [ALICE]))
      write(batch(ALICE, [BOB]))
      expect(index.unread(ALICE, BOB)).toBe(1)

      const place = write(batch(ALICE, [CAROL, BOB], Trait.readsForSender))
      expect(index.unread(ALICE, BOB)).toBe(0)
      expect(index.mark(ALICE, BOB)).toBe(positionOf(place, 1))
      expect(index.mark(ALICE, CAROL)).toBe(positionOf(place, 0))
      expect(index.mark(BOB, ALICE)).toBe(0)
      expect(index.unread(BOB, ALICE)).toBe(2)
    })

    test('changes nothing for a read of a pair that has no conversation', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      const place = write(read(BOB, ALICE, 2 ** 50))

      expect(index.place).toBe(place + PLACE_STEP)
      expect(index.mark(BOB, ALICE)).toBe(0)
      expect(index.size()).toMatchObject({ conversations: 0, copies: 0 })
      write(batch(ALICE, [BOB]))
      expect(index.unread(BOB, ALICE)).toBe(1)
    })

    test('moves what was delivered forward, never back', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      write(delivered([ALICE, 4096], [BOB, 2 ** 52 + 1]))
      write(delivered([ALICE, 4095], [BOB, 5], [CAROL, 0]))

      expect(index.delivered(ALICE)).toBe(4096)
      expect(index.delivered(BOB)).toBe(2 ** 52 + 1)
      expect(index.delivered(CAROL)).toBe(0)
      write(delivered([ALICE, 4097]))
      expect(index.delivered(ALICE)).toBe(4097)
    })

    test('takes a record once', async () => {
      await using subject = await open()
      const { it: index } = subject
      const applied: Stored[] = []
      const write = writer((stored) => {
        applied.push(stored)
        index.apply(stored)
      })
      for (let n = 0; n < 30; n += 1) write(batch(ALICE, [BOB, CAROL], Trait.readsForSender))
      write(read(BOB, ALICE, positionOf(applied[10]!.place, 0)))
      write(delivered([BOB, 99]))

      for (const stored of applied) index.apply(stored)
      expect(index.unread(BOB, ALICE)).toBe(19)
      expect(index.size()).toMatchObject({ conversations: 2, copies: 60 })
      expect(await newest(index, BOB, ALICE)).toHaveLength(30)
      expect(await differences(index)).toEqual([])
    })

    test('passes over records that do not concern it', async () => {
      await using subject = await open()
      const { it: index } = subject
      const write = writer((stored) => index.apply(stored))
      write(accounts({ number: ALICE }))
      const place = write(revoked(ALICE, 5))

      expect(index.place).toBe(place + PLACE_STEP)
      expect(index.size()).toMatchObject({ conversations: 0, copies: 0 })
    })

    test('is the same after it was closed and opened, and goes on', async () => {
      await using subject = await open()
      if (subject.reopen === null) return
      let index = subject.it
      const applied: Stored[] = []
      const write = writer((stored) => {
        applied.push(stored)
        index.apply(stored)
      })
      for (let n = 0; n < 100; n += 1) write(batch(ALICE, [BOB, CAROL], n % 2 ? Trait.unbadged : 0))
      write(read(BOB, ALICE, positionOf(applied[40]!.place, 0)))
      write(delivered([BOB, 12_345]))
      const expected = await answers(index)

      await index.checkpoint()
      index = await subject.reopen()
      for (const stored of applied) if (stored.place >= index.place) index.apply(stored)
      expect(await answers(index)).toEqual(expected)
      expect(await differences(index)).toEqual([])

      const place = write(batch(CAROL, [BOB]))
      expect((await index.missed(BOB, 0, 1000)).at(-1)?.position).toBe(positionOf(place, 0))
      expect(index.unread(BOB, CAROL)).toBe(1)
      expect(index.unread(BOB, ALICE)).toBe(59)
    })

    indexGivesPages(open)
    indexKnowsGroups(open)
    indexForgetsWhatWasRecalled(open)
  })
}

async function answers(index: Index) {
  const people = [ALICE, BOB, CAROL]
  const { conversations, copies } = index.size()
  const pairs = people.flatMap((one) => people.map((other) => [one, other] as const))
  return {
    place: index.place,
    conversations,
    copies,
    people: await Promise.all(
      people.map(async (account) => [
        index.totals(account),
        index.delivered(account),
        await listOf(index, account),
        await index.missed(account, 0, 1000),
      ]),
    ),
    pairs: await Promise.all(
      pairs.map(async ([account, peer]) => [
        index.unread(account, peer),
        index.mark(account, peer),
        await newest(index, account, peer),
      ]),
    ),
  }
}
