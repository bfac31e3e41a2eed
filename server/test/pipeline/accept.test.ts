import { expect, test } from 'vitest'
import { END } from '../../src/domain/place.ts'
import { call as callOf, openStage, said } from './stage.ts'

test('a call of more entries than a record holds is a head and, after it, parts', async () => {
  const { pipeline, views, engines, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const total = 10_000
  const entries = Array.from({ length: total }, (_, i) => ({ $n$: `${i}` }))
  const { place, batch } = await pipeline.accept(
    callOf(shop!, Array<number>(total).fill(ann!), {
      content: said('number $n$'),
      variables: { fields: null, entries },
      failures: [{ ordinal: 9000, id: 'nobody', code: 'unknownAccount' }],
      key: 'k',
    }),
  )
  expect(batch.series).toEqual({ head: null, first: 0, total })
  expect(views.copies(ann!, shop!)).toBe(total)
  const records = await views.batch(place)
  expect(records.map(({ record }) => record.recipients.length)).toEqual([4096, 4096, 1808])
  expect(records.slice(1).map(({ record }) => record.series)).toEqual([
    { head: place, first: 4096, total },
    { head: place, first: 8192, total },
  ])
  expect(records.map(({ record }) => record.key)).toEqual(['k', null, null])
  expect(records[2]!.record.failures).toEqual([
    { ordinal: 9000 - 8192, id: 'nobody', code: 'unknownAccount' },
  ])
  const page = { after: -1, before: END, limit: 1, order: 'newest' } as const
  const [line] = await views.history(ann!, shop!, page)
  expect(line!.message!.content).toEqual(said('number 9999'))
  expect(engines.directory.parts(place)).toHaveLength(2)
})

test('a call of too many entries is refused whole', async () => {
  const { pipeline, views, accounts } = await openStage({ batchEntriesMax: 5000 })
  const [shop, ann] = await accounts('shop', 'ann')
  const entries = (count: number) => callOf(shop!, Array<number>(count).fill(ann!))
  await expect(pipeline.accept(entries(5001))).rejects.toMatchObject({ kind: 'tooLarge' })
  expect(views.copies(ann!, shop!)).toBe(0)
  await pipeline.accept(entries(5000))
})

test('an entry whose content is too large when it is rendered fails alone', async () => {
  const { pipeline, accounts, group } = await openStage()
  const [shop, ann, bob] = await accounts('shop', 'ann', 'bob')
  const team = await group('team', ann!)
  const { batch } = await pipeline.accept(
    callOf(shop!, [ann!, bob!, team], {
      content: said('$a$$a$$a$'),
      variables: {
        fields: null,
        entries: [{ $a$: 'x' }, { $a$: 'x'.repeat(20) }, { $a$: 'ü'.repeat(20) }],
      },
      contentBytesMax: 40,
    }),
  )
  expect([...batch.recipients]).toEqual([ann, 0, 0])
  expect(batch.failures).toEqual([
    { ordinal: 1, id: 'bob', code: 'tooLarge' },
    { ordinal: 2, id: 'team', code: 'tooLarge' },
  ])
})

test('entries without any variable make no template, whatever their content looks like', async () => {
  const { pipeline, views, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const content = said('$5 or $name$')
  const variables = { fields: null, entries: [{}] }
  const { place, batch } = await pipeline.accept(callOf(shop!, [ann!], { content, variables }))
  expect(batch.variables).toBe(null)
  expect((await views.message(place * 512))!.content).toEqual(content)
})

test('only the named fields of a content are templates', async () => {
  const { pipeline, views, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const content = {
    format: 'imkit' as const,
    json: '{"message":"for $a$","reply":"$a$"}',
    text: 'for $a$',
  }
  const entries = [{ $a$: 'half \ud83d "quoted" $a$ $&' }]
  const { place } = await pipeline.accept(
    callOf(shop!, [ann!], { content, variables: { fields: ['message'], entries } }),
  )
  const { json, text } = (await views.message(place * 512))!.content!
  expect(JSON.parse(json)).toEqual({
    message: 'for half \ud83d "quoted" $a$ $&',
    reply: '$a$',
  })
  expect(text).toBe('for half \ud83d "quoted" $a$ $&')
})
