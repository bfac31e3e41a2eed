import { expect, test } from 'vitest'
import { NOBODY } from '../../src/domain/account.ts'
import { Trait } from '../../src/domain/batch.ts'
import { END, positionOf } from '../../src/domain/place.ts'
import { call, openStage, said } from './stage.ts'

const page = { after: -1, before: END, limit: 10, order: 'newest' } as const

test('a recalled message says nothing, is not counted, and stays recalled', async () => {
  const { pipeline, views, accounts } = await openStage()
  const [shop, ann, bob] = await accounts('shop', 'ann', 'bob')
  const { place } = await pipeline.accept(call(shop!, [ann!, 0, bob!]))
  const recall = { place, ordinals: [2, 0, 0, 1, 4000], by: NOBODY, content: null }
  const [first, twin] = await Promise.all([pipeline.change(recall), pipeline.change(recall)])
  expect(first.ordinals).toEqual([0, 2])
  expect(twin.ordinals).toEqual([])
  expect(views.unread(ann!, shop!)).toBe(0)
  const [line] = await views.history(ann!, shop!, page)
  expect(line).toMatchObject({ message: { content: null, changedAt: first.time } })

  const edit = { ...recall, content: said('other') }
  expect((await pipeline.change(edit)).ordinals).toEqual([])
  expect((await views.message(positionOf(place, 0)))!.content).toBe(null)
})

test('an edited message says what it was edited to, and the other copies do not', async () => {
  const { pipeline, views, accounts } = await openStage()
  const [shop, ann, bob] = await accounts('shop', 'ann', 'bob')
  const variables = { fields: null, entries: [{ $n$: 'Ann' }, { $n$: 'Bob' }] }
  const content = said('hello $n$')
  const { place } = await pipeline.accept(call(shop!, [ann!, bob!], { content, variables }))
  await pipeline.change({ place, ordinals: [0], by: shop!, content: said('better \ud800 words') })
  const messages = await views.messages([positionOf(place, 0), positionOf(place, 1)])
  expect(messages[0]!.content!.text).toBe('better \ufffd words')
  expect(messages[1]).toMatchObject({ content: said('hello Bob'), changedAt: null })
  expect(views.unread(ann!, shop!)).toBe(1)
})

test('nothing is changed where there is no batch, nor what only open screens got', async () => {
  const { pipeline, engines, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const { place } = await pipeline.accept(call(shop!, [ann!], { traits: Trait.onlineOnly }))
  const { end } = engines.journal
  for (const where of [place, 8, end]) {
    const change = { place: where, ordinals: [0], by: NOBODY, content: null }
    expect((await pipeline.change(change)).ordinals).toEqual([])
  }
  expect(engines.journal.end).toBe(end)
})
