/**
 * What every index promises about copies that were recalled.
 */
import { expect, test } from 'vitest'
import { type Batch, Trait } from '../../domain/batch.ts'
import type { Stored } from '../../domain/record.ts'
import type { Index } from '../index.ts'
import { ALICE, BOB, CAROL, differences, listOf, newest } from './index-questions.ts'
import { batch, conversation, type Open, overlay, positionOf, read, writer } from './subject.ts'

const GROUP = -5

export function indexForgetsWhatWasRecalled(open: Open<Index>): void {
  test('counts a recalled copy no longer, and shows it where it was', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const first = { record: batch(ALICE, [BOB, CAROL, BOB], Trait.unbadged), place: 0 }
    first.place = write(first.record)
    write(batch(ALICE, [BOB]))
    const timeline = await newest(index, BOB, ALICE)
    const list = await listOf(index, CAROL)

    write(overlay(first, [0, 1]))
    expect(index.unread(BOB, ALICE)).toBe(2)
    expect(index.totals(BOB)).toEqual({ unread: 2, badge: 1 })
    expect(index.directTotals(CAROL)).toEqual({ unread: 0, badge: 0 })
    expect(await newest(index, BOB, ALICE)).toEqual(timeline)
    expect(await listOf(index, CAROL)).toEqual([{ ...list[0]!, unread: 0 }])
    expect(await index.missed(CAROL, 0, 10)).toHaveLength(1)
    expect(index.copies(BOB, ALICE)).toBe(3)

    write(overlay(first, [0, 1, 2]))
    expect(index.totals(BOB)).toEqual({ unread: 1, badge: 1 })
    expect(await differences(index)).toEqual([])
  })

  test('passes over recalled copies when a mark moves', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const said = Array.from({ length: 40 }, (_, n) => {
      const record = batch(n % 10 === 9 ? BOB : ALICE, n % 10 === 9 ? [ALICE] : [BOB])
      return { record, place: write(record) }
    })
    for (const n of [35, 3, 20, 9]) write(overlay(said[n]!, [0]))
    expect(index.totals(BOB)).toEqual({ unread: 33, badge: 33 })
    expect(index.totals(ALICE)).toEqual({ unread: 3, badge: 3 })

    write(read(BOB, ALICE, positionOf(said[3]!.place, 0)))
    expect(index.totals(BOB)).toEqual({ unread: 30, badge: 30 })
    // Of those that were read already nothing is counted.
    write(overlay(said[1]!, [0]))
    write(read(BOB, ALICE, positionOf(said[30]!.place, 0)))
    expect(index.unread(BOB, ALICE)).toBe(7)
    expect(await differences(index)).toEqual([])
    write(read(BOB, ALICE))
    write(read(ALICE, BOB))
    for (const one of said) write(overlay(one, [0]))
    expect(index.totals(BOB)).toEqual({ unread: 0, badge: 0 })
    expect(index.totals(ALICE)).toEqual({ unread: 0, badge: 0 })
    expect(await differences(index)).toEqual([])
  })

  test('counts nothing recalled for the members of a group, whenever they read or joined', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    write(conversation([GROUP, 0], {}, [ALICE, BOB]))
    const said = Array.from({ length: 30 }, () => {
      const record = batch(ALICE, [GROUP])
      return { record, place: write(record) }
    })
    write(read(BOB, GROUP, positionOf(said[9]!.place, 0)))
    for (const n of [25, 4, 11]) write(overlay(said[n]!, [0]))
    write(conversation([GROUP, 0], null, [CAROL]))
    const unread = () => [ALICE, BOB, CAROL].map((account) => index.unread(account, GROUP))
    expect(unread()).toEqual([27, 18, 0])
    write(read(BOB, GROUP, positionOf(said[11]!.place, 0)))
    write(overlay(said[2]!, [0]))
    expect(unread()).toEqual([26, 17, 0])
    expect(index.totals(BOB)).toEqual({ unread: 17, badge: 17 })
    write(read(BOB, GROUP, positionOf(said[25]!.place, 0)))
    expect(unread()).toEqual([26, 4, 0])
    expect(await differences(index)).toEqual([])
  })

  test('changes nothing for edits, nor for recalls of what counts nowhere or never was', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    write(conversation([GROUP, 0], {}, [BOB]))
    const own = { record: batch(ALICE, [ALICE, 0, BOB, GROUP], Trait.uncounted), place: 0 }
    own.place = write(own.record)
    const counted = { record: batch(ALICE, [BOB, GROUP]), place: 0 }
    counted.place = write(counted.record)
    write(batch(ALICE, [BOB], Trait.onlineOnly))
    const lost = { record: batch(ALICE, [BOB, GROUP, 999, -999]), place: counted.place + 8 }
    const content = { format: 'native', json: '{}', text: 'other' } as const

    write(overlay(own, [0, 1, 2, 3]))
    write(overlay(counted, [0, 1], content))
    write(overlay(lost, [0, 1, 2, 3]))
    expect(index.unread(BOB, ALICE)).toBe(1)
    expect(index.totals(BOB)).toEqual({ unread: 2, badge: 2 })
    expect(index.size()).toMatchObject({ conversations: 3, copies: 5 })
    expect(await differences(index)).toEqual([])
  })

  test('forgets the whole of a batch with one record', async () => {
    await using subject = await open()
    const { it: index } = subject
    const write = writer((stored) => index.apply(stored))
    const everybody = Array.from({ length: 4096 }, (_, n) => 100 + n)
    const said = { record: batch(ALICE, everybody), place: 0 }
    said.place = write(said.record)
    write(overlay(said, [...everybody.keys()]))

    expect(everybody.filter((account) => index.totals(account).unread !== 0)).toEqual([])
    expect(await differences(index)).toEqual([])
  })

  test('has forgotten it after it was closed and opened too', async () => {
    await using subject = await open()
    if (subject.reopen === null) return
    let index = subject.it
    const applied: Stored[] = []
    const write = writer((stored) => {
      applied.push(stored)
      index.apply(stored)
    })
    write(conversation([GROUP, 0], {}, [BOB]))
    for (let n = 0; n < 60; n += 1) write(batch(ALICE, [BOB, CAROL, GROUP]))
    const said = applied.slice(1) as Stored<Batch>[]
    for (const one of said.slice(0, 20)) write(overlay(one, [0, 2]))
    write(read(BOB, ALICE, positionOf(said[9]!.place, 0)))
    await index.checkpoint()
    index = await subject.reopen()
    for (const stored of applied) if (stored.place >= index.place) index.apply(stored)

    expect(index.unread(BOB, ALICE)).toBe(40)
    expect(index.totals(BOB)).toEqual({ unread: 80, badge: 80 })
    write(overlay(said[5]!, [0, 2]))
    write(overlay(said[30]!, [0, 2]))
    expect(index.totals(BOB)).toEqual({ unread: 78, badge: 78 })
    write(read(BOB, ALICE, positionOf(said[15]!.place, 0)))
    expect(index.unread(BOB, ALICE)).toBe(39)
    expect(await differences(index)).toEqual([])
  })
}
