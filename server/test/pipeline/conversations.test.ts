import { expect, test } from 'vitest'
import { newGroup, openStage } from './stage.ts'

test('two calls at once make one group', async () => {
  const { pipeline, accounts } = await openStage()
  const members = await accounts('ann', 'bob')
  const made = await Promise.all(
    Array.from({ length: 5 }, () =>
      pipeline.conversations.create({ ...newGroup, id: 'team', members }),
    ),
  )
  expect(made.map(({ isNew }) => isNew)).toEqual([true, false, false, false, false])
  expect(new Set(made.map(({ described }) => described.conversation[0])).size).toBe(1)
})

test('a pair is described once, whatever ids come for it', async () => {
  const { pipeline, accounts } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const pair = [ann!, bob!] as const
  const made = await Promise.all(
    ['one', 'two'].map((id) =>
      pipeline.conversations.create({ ...newGroup, id, pair, members: [] }),
    ),
  )
  expect(made.map(({ described: { id } }) => id)).toEqual(['one', 'one'])
  expect(made.map(({ isNew }) => isNew)).toEqual([true, false])
})

test('a group may have more members than a record holds', async () => {
  const { pipeline, engines, accounts, group } = await openStage()
  const numbers = await accounts(...Array.from({ length: 9000 }, (_, i) => `account ${i}`))
  const team = await group('team', ...numbers, ...numbers.slice(0, 10))
  expect([...engines.index.members(team)]).toEqual(numbers)
  expect(await pipeline.conversations.leave(team, numbers.slice(5))).toEqual(numbers.slice(5))
  expect([...engines.index.members(team)]).toEqual(numbers.slice(0, 5))
})

test('joining and leaving say whom they changed, and write nothing when it is nobody', async () => {
  const { pipeline, engines, accounts, group } = await openStage()
  const [ann, bob, cleo] = await accounts('ann', 'bob', 'cleo')
  const team = await group('team', ann!)
  const { join, leave } = pipeline.conversations
  expect(await Promise.all([join(team, [cleo!, bob!, cleo!]), join(team, [bob!])])).toEqual([
    [cleo, bob],
    [],
  ])
  const { end } = engines.journal
  expect(await join(team, [ann!, bob!])).toEqual([])
  expect(await leave(team, [])).toEqual([])
  expect(engines.journal.end).toBe(end)
  expect(await leave(team, [bob!, bob!])).toEqual([bob])
  expect([...engines.index.members(team)]).toEqual([ann, cleo])
})

test('changes of a description that come together all hold', async () => {
  const { pipeline, engines, accounts, group } = await openStage()
  const [ann] = await accounts('ann')
  const team = await group('team', ann!)
  const { describe } = pipeline.conversations
  await Promise.all([
    describe([team, 0], { isFrozen: true }),
    describe([team, 0], { owner: ann! }),
    describe([team, 0], { attributes: '{"name":"Team"}' }),
  ])
  const { end } = engines.journal
  expect(await describe([team, 0], { isFrozen: true })).toMatchObject({
    id: 'team',
    owner: ann,
    isFrozen: true,
    attributes: '{"name":"Team"}',
  })
  expect(engines.journal.end).toBe(end)
  await expect(describe([-99, 0], { owner: ann! })).rejects.toMatchObject({
    kind: 'unknownConversation',
  })
})

test('a token belongs to one account, and is taken back by that one', async () => {
  const { pipeline, engines, accounts, heard } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const given = await Promise.allSettled([
    pipeline.giveToken(ann!, 't', 5000),
    pipeline.giveToken(bob!, 't', 5000),
  ])
  expect(given[0]).toMatchObject({ value: { account: ann, token: 't', expiresAt: 5000 } })
  expect(given[1]).toMatchObject({ reason: { kind: 'tokenTaken' } })
  const { end } = engines.journal
  await pipeline.giveToken(ann!, 't', 5000)
  expect(await pipeline.takeTokens(bob!, ['t', 'unknown'])).toEqual([])
  expect(engines.journal.end).toBe(end)
  expect(await pipeline.giveToken(ann!, 't', 9000)).toMatchObject({ expiresAt: 9000 })
  expect(await pipeline.takeTokens(ann!, ['t', 't'])).toMatchObject([{ token: 't' }])
  expect(engines.directory.token('t')).toBe(null)
  expect(heard).toEqual([{ closed: ann, token: 't' }])
})

test('a block is written only if it changes something', async () => {
  const { pipeline, engines, accounts } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  expect(
    await Promise.all([pipeline.block(ann!, bob!, true), pipeline.block(ann!, bob!, true)]),
  ).toEqual([true, false])
  expect(engines.directory.isBlocked(ann!, bob!)).toBe(true)
  expect(await pipeline.block(bob!, ann!, false)).toBe(false)
  expect(await pipeline.block(ann!, bob!, false)).toBe(true)
})
