import { expect, test } from 'vitest'
import { NOBODY } from '../../src/domain/account.ts'
import { Trait } from '../../src/domain/batch.ts'
import { positionOf } from '../../src/domain/place.ts'
import { call, openStage, said } from './stage.ts'

test('a message to a group goes to its members with a terminal open, once, and not to its sender', async () => {
  const { pipeline, open, heard, accounts, group } = await openStage()
  const [shop, ann, bob, cleo] = await accounts('shop', 'ann', 'bob', 'cleo')
  const team = await group('team', shop!, ann!, bob!)
  for (const account of [shop!, ann!, cleo!]) open.add(account)
  await pipeline.accept(call(shop!, [cleo!, team], { traits: Trait.echoed }))
  expect(heard).toEqual([{ copy: cleo, ordinal: 0 }, { copy: ann, ordinal: 1 }, { echo: shop }])
})

test('reading a group is told to all its members', async () => {
  const { pipeline, open, heard, accounts, group } = await openStage()
  const [shop, ann, bob, cleo] = await accounts('shop', 'ann', 'bob', 'cleo')
  const team = await group('team', shop!, ann!, bob!)
  const { place } = await pipeline.accept(call(shop!, [team]))
  for (const account of [shop!, ann!, cleo!]) open.add(account)
  const upTo = positionOf(place, 0)
  await pipeline.markRead(ann!, team, upTo)
  await pipeline.markRead(cleo!, team, upTo)
  expect(heard).toEqual([
    {
      told: [shop, ann],
      happening: {
        type: 'read',
        reader: ann,
        conversation: [team, 0],
        upTo,
        at: expect.any(Number),
      },
    },
  ])
})

test('changes are told in their order, each as it was then, to both sides', async () => {
  const { pipeline, open, heard, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const { place } = await pipeline.accept(call(shop!, [ann!]))
  for (const account of [shop!, ann!]) open.add(account)
  const change = { place, ordinals: [0], by: NOBODY }
  await Promise.all([
    pipeline.change({ ...change, content: said('better') }),
    pipeline.change({ ...change, content: null }),
  ])
  await pipeline.close()
  expect(heard).toMatchObject([
    { told: [shop, ann], happening: { change: 'edit', message: { content: said('better') } } },
    { told: [shop, ann], happening: { change: 'recall', message: { content: null } } },
  ])
})

test('a sender that does not see a message does not hear that it was recalled', async () => {
  const { pipeline, open, heard, accounts } = await openStage()
  const [shop, ann] = await accounts('shop', 'ann')
  const traits = Trait.hiddenFromSender
  const { place } = await pipeline.accept(call(shop!, [ann!], { traits }))
  for (const account of [shop!, ann!]) open.add(account)
  await pipeline.change({ place, ordinals: [0], by: NOBODY, content: null })
  await pipeline.close()
  expect(heard).toMatchObject([{ told: [ann] }])
})

test('members hear of their group, and so do those who left it', async () => {
  const { pipeline, open, heard, accounts, group } = await openStage()
  const [ann, bob, cleo] = await accounts('ann', 'bob', 'cleo')
  for (const account of [ann!, bob!, cleo!]) open.add(account)
  const team = await group('team', ann!)
  await pipeline.conversations.join(team, [bob!])
  await pipeline.conversations.leave(team, [ann!])
  expect(heard.map((each) => 'told' in each && each.told)).toEqual([
    [ann],
    [ann, bob],
    [bob],
    [ann],
  ])
})
