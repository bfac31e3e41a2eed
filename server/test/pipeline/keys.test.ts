import { expect, test } from 'vitest'
import { Fault } from '../../src/domain/errors.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import { call, openStage } from './stage.ts'

test('a retry with the same key gets the same answer, and makes nothing', async () => {
  const { pipeline, views, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const first = await pipeline.accept(call(shop!, [ann!], { key: 'k' }))
  const again = await pipeline.accept(call(shop!, [ann!], { key: 'k' }))
  expect(first.repeated).toBe(false)
  expect(again).toEqual({ ...first, repeated: true })
  expect(views.copies(ann!, shop!)).toBe(1)
})

test('twins that come together make one batch', async () => {
  const { pipeline, views, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const twins = Array.from({ length: 20 }, () => pipeline.accept(call(shop!, [ann!], { key: 'k' })))
  const accepted = await Promise.all(twins)
  expect(accepted.map(({ repeated }) => repeated)).toEqual([false, ...Array(19).fill(true)])
  expect(new Set(accepted.map(({ place }) => place)).size).toBe(1)
  expect(views.copies(ann!, shop!)).toBe(1)
})

test('a key with another call is refused, durable or under way', async () => {
  const { pipeline, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const first = pipeline.accept(call(shop!, [ann!], { key: 'k', contentCrc: 1 }))
  const others = [
    call(shop!, [ann!], { key: 'k', contentCrc: 2 }),
    call(ann!, [shop!], { key: 'k', contentCrc: 1 }),
  ]
  for (const other of others) {
    await expect(pipeline.accept(other)).rejects.toMatchObject({ kind: 'keyReused' })
  }
  await first
  for (const other of others) {
    await expect(pipeline.accept(other)).rejects.toMatchObject({ kind: 'keyReused' })
  }
})

test('after a day a key is free again', async () => {
  let now = 1_800_000_000_000
  const { pipeline, accounts } = await openStage({ now: () => now })
  const [shop, ann] = await accounts('shop', 'ann')
  const first = await pipeline.accept(call(shop!, [ann!], { key: 'k' }))
  now += 24 * 3_600_000 - 1
  expect(await pipeline.accept(call(shop!, [ann!], { key: 'k' }))).toMatchObject({
    place: first.place,
    repeated: true,
  })
  now += 1
  const later = await pipeline.accept(call(shop!, [ann!], { key: 'k', contentCrc: 7 }))
  expect(later).toMatchObject({ repeated: false })
  const again = await pipeline.accept(call(shop!, [ann!], { key: 'k', contentCrc: 7 }))
  expect(again).toEqual({ ...later, repeated: true })
})

test('when a call is refused, one of its twins makes it', async () => {
  const engines = await openMemoryEngines()
  const { pipeline, views, accounts } = await openStage({ engines })
  const [shop, ann] = await accounts('shop', 'ann')
  refuse(engines, 1)
  const twins = Array.from({ length: 3 }, () => pipeline.accept(call(shop!, [ann!], { key: 'k' })))
  const settled = await Promise.allSettled(twins)
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(views.copies(ann!, shop!)).toBe(1)
})

test('a retry appends the parts that did not follow their head', async () => {
  const engines = await openMemoryEngines()
  const { pipeline, views, accounts } = await openStage({ engines })
  const [shop, ann] = await accounts('shop', 'ann')
  const large = call(shop!, Array<number>(15_000).fill(ann!), { key: 'k' })
  refuse(engines, 2, 1)
  await expect(pipeline.accept(large)).rejects.toMatchObject({ kind: 'overloaded' })
  expect(views.copies(ann!, shop!)).toBe(4096 + 2712)

  const { place, repeated } = await pipeline.accept(large)
  expect(repeated).toBe(true)
  expect(views.copies(ann!, shop!)).toBe(15_000)
  await pipeline.accept(large)
  const records = await views.batch(place)
  const firsts = records.map(({ record }) => record.series!.first)
  expect(firsts.sort((a, b) => a - b)).toEqual([0, 4096, 8192, 12_288])
})

/** Lets the journal refuse so many of the next appends, after some that it takes. */
function refuse({ journal }: Engines, count: number, after = 0): void {
  const append = journal.append.bind(journal)
  let number = 0
  journal.append = async (record) => {
    number += 1
    if (number > after && number <= after + count) throw new Fault('overloaded')
    return append(record)
  }
}
