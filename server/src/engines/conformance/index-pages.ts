/**
 * What every index promises about timelines, lists and what was missed, in pages.
 */
import { expect, test } from 'vitest'
import { END, type Position } from '../../domain/place.ts'
import type { Index } from '../index.ts'
import { ALICE, BOB, CAROL, differences, listOf, newest, type Order } from './index-questions.ts'
import { batch, type Open, positionOf, read, Trait, writer } from './subject.ts'

export function indexGivesPages(open: Open<Index>): void {
  test('gives a timeline in pages, from either end, without its bounds', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const all = Array.from({ length: 100 }, (_, n) =>
      positionOf(write(n % 3 === 0 ? batch(BOB, [ALICE]) : batch(ALICE, [BOB])), 0),
    )
    const page = async (after: Position, before: Position, limit: number, order: Order) => {
      const entries = await index.timeline(ALICE, BOB, { after, before, limit, order })
      return entries.map(({ position }) => all.indexOf(position))
    }

    expect(await page(0, END, 3, 'newest')).toEqual([99, 98, 97])
    expect(await page(0, END, 3, 'oldest')).toEqual([0, 1, 2])
    expect(await page(-1, END, 1, 'oldest')).toEqual([0])
    expect(await page(all[49]!, all[53]!, 10, 'newest')).toEqual([52, 51, 50])
    expect(await page(all[49]!, all[53]!, 10, 'oldest')).toEqual([50, 51, 52])
    expect(await page(all[49]! - 1, all[53]! + 1, 10, 'oldest')).toEqual([49, 50, 51, 52, 53])
    expect(await page(all[49]!, all[50]!, 10, 'newest')).toEqual([])
    expect(await page(all[50]!, all[49]!, 10, 'newest')).toEqual([])
    expect(await page(0, END, 0, 'newest')).toEqual([])
    expect(await page(all[99]!, END, 10, 'oldest')).toEqual([])
    expect(await page(0, all[0]!, 10, 'newest')).toEqual([])
    const paged: number[] = []
    for (let before = END; ; before = all[paged.at(-1)!]!) {
      const next = await page(0, before, 7, 'newest')
      if (next.length === 0) break
      paged.push(...next)
    }
    expect(paged).toEqual(all.map((_, n) => n).toReversed())
  })

  test('fills pages although copies between are hidden', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const shown: Position[] = []
    for (let n = 0; n < 200; n += 1) {
      const place = write(batch(ALICE, [BOB], n % 40 === 5 ? 0 : Trait.hiddenFromSender))
      if (n % 40 === 5) shown.push(positionOf(place, 0))
    }

    const entries = await newest(index, ALICE, BOB, 3)
    expect(entries.map(({ position }) => position)).toEqual(shown.toReversed().slice(0, 3))
    expect(await newest(index, BOB, ALICE, 500)).toHaveLength(200)
  })

  test('lists conversations newest first, in pages', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const peers = Array.from({ length: 50 }, (_, n) => 100 + n)
    write(batch(ALICE, peers))
    // Every third one speaks again, the last first.
    const again = peers.filter((_, n) => n % 3 === 0).toReversed()
    for (const peer of again) write(batch(peer, [ALICE]))
    const expected = [...again.toReversed(), ...peers.filter((_, n) => n % 3 !== 0).toReversed()]

    const listed = await listOf(index, ALICE)
    expect(listed.map(({ peer }) => peer)).toEqual(expected)
    expect(listed.map(({ unread }) => unread)).toEqual(
      expected.map((peer) => (again.includes(peer) ? 1 : 0)),
    )
    const paged: number[] = []
    for (let before = END; ; ) {
      const page = await index.conversations(ALICE, { before, limit: 7 })
      if (page.length === 0) break
      paged.push(...page.map(({ peer }) => peer))
      before = page.at(-1)!.newest
    }
    expect(paged).toEqual(expected)
    expect(await index.conversations(ALICE, { before: END, limit: 0 })).toEqual([])
  })

  test('gives what an account missed, oldest first, over all conversations', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const expected: { position: Position; peer: number }[] = []
    for (let n = 0; n < 60; n += 1) {
      const sender = [ALICE, CAROL, BOB][n % 3]!
      const place = write(batch(sender, [CAROL, BOB], n % 4 === 0 ? Trait.hiddenFromSender : 0))
      expected.push({ position: positionOf(place, 1), peer: sender })
      write(read(BOB, sender))
    }

    expect(await index.missed(BOB, 0, 1000)).toEqual(expected)
    expect(await index.missed(BOB, 0, 5)).toEqual(expected.slice(0, 5))
    expect(await index.missed(BOB, expected[20]!.position, 7)).toEqual(expected.slice(21, 28))
    expect(await index.missed(BOB, expected[20]!.position - 1, 1)).toEqual([expected[20]])
    expect(await index.missed(BOB, END, 10)).toEqual([])
    expect(await index.missed(BOB, 0, 0)).toEqual([])
    expect(await index.missed(ALICE, 0, 10)).toEqual([])
  })

  test('keeps one sender’s conversations with very many apart', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    for (let round = 0; round < 3; round += 1) {
      for (let from = 100; from < 8292; from += 4096) {
        write(
          batch(
            1,
            Array.from({ length: 4096 }, (_, n) => from + n),
          ),
        )
      }
    }

    expect(index.size()).toMatchObject({ conversations: 8192, copies: 3 * 8192 })
    const unread = Array.from({ length: 8192 }, (_, n) => index.unread(100 + n, 1))
    expect(unread.filter((count) => count !== 3)).toEqual([])
    const list = await index.conversations(1, { before: END, limit: 10_000 })
    expect(list.map(({ peer }) => peer)).toEqual(Array.from({ length: 8192 }, (_, n) => 8291 - n))
    expect(await differences(index)).toEqual([])
  })
}
