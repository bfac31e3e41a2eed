import { expect, test } from 'vitest'
import { type Entry, entriesOf } from '../../src/pipeline/entries.ts'
import type { SettleRules } from '../../src/pipeline/settle.ts'
import { call, newGroup, openStage, type Stage } from './stage.ts'

const rules = { membersOnly: true, notToSelf: true }

/** Settles entries as a door brings them. */
function settle({ engines, pipeline }: Stage, sender: number, list: Entry[], by: SettleRules) {
  return pipeline.settle(sender, entriesOf(list, engines.directory), by)
}

test('every entry gets its fate, and the bad ones do not harm the others', async () => {
  const stage = await openStage()
  const { pipeline, accounts, group } = stage
  const [shop, ann, bob, cleo] = await accounts('shop', 'ann', 'bob', 'cleo')
  const team = await group('team', shop!, ann!)
  await group('others', ann!)
  const iced = await group('iced', shop!)
  await pipeline.conversations.describe([iced, 0], { isFrozen: true })
  await pipeline.block(bob!, shop!, true)
  await pipeline.block(shop!, cleo!, true)
  const entries: Entry[] = [
    { account: 'ann' },
    { account: 'nobody' },
    { account: 'shop' },
    { conversation: 'team' },
    { conversation: 'others' },
    { conversation: 'nowhere' },
    { conversation: 'iced' },
    { account: 'bob' },
    { account: 'cleo' },
    { account: 'ann' },
  ]
  const { recipients, failures } = await settle(stage, shop!, entries, rules)
  expect([...recipients]).toEqual([ann, 0, 0, team, 0, 0, 0, 0, 0, ann])
  expect(failures).toEqual([
    { ordinal: 1, id: 'nobody', code: 'unknownAccount' },
    { ordinal: 2, id: 'shop', code: 'self' },
    { ordinal: 4, id: 'others', code: 'notMember' },
    { ordinal: 5, id: 'nowhere', code: 'unknownConversation' },
    { ordinal: 6, id: 'iced', code: 'frozen' },
    { ordinal: 7, id: 'bob', code: 'blocked' },
    { ordinal: 8, id: 'cleo', code: 'blocked' },
  ])
})

test('the platform may write to any group, but to no pair of which the sender is no part', async () => {
  const stage = await openStage()
  const { pipeline, accounts, group, ids } = stage
  const [shop, ann, bob] = await accounts('shop', 'ann', 'bob')
  const others = await group('others', ann!)
  await pipeline.accept(call(ann!, [bob!]))
  const pair = ids.of([ann!, bob!])
  const entries = [{ conversation: 'others' }, { conversation: pair }]
  const free = { membersOnly: false, notToSelf: true }
  const { recipients, failures } = await settle(stage, shop!, entries, free)
  expect([...recipients]).toEqual([others, 0])
  expect(failures).toEqual([{ ordinal: 1, id: pair, code: 'notMember' }])
})

test('a direct conversation by its id is the other account', async () => {
  const stage = await openStage()
  const { pipeline, accounts, ids } = stage
  const [shop, ann, bob] = await accounts('shop', 'ann', 'bob')
  await pipeline.accept(call(shop!, [ann!]))
  const pair = [shop!, bob!] as const
  await pipeline.conversations.create({ ...newGroup, id: 'chosen', pair, members: [] })
  const entries = [{ conversation: ids.of([shop!, ann!]) }, { conversation: 'chosen' }]
  expect((await settle(stage, shop!, entries, rules)).recipients).toEqual(Int32Array.of(ann!, bob!))
  expect((await settle(stage, bob!, entries.slice(1), rules)).recipients).toEqual(
    Int32Array.of(shop!),
  )

  await pipeline.conversations.describe(pair, { isFrozen: true })
  const { failures } = await settle(stage, shop!, [{ account: 'bob' }, entries[1]!], rules)
  expect(failures.map(({ code }) => code)).toEqual(['frozen', 'frozen'])
})

test('thousands of entries are settled between which others get the thread', async () => {
  const stage = await openStage()
  const { accounts } = stage
  const [shop] = await accounts('shop')
  const names = Array.from({ length: 5000 }, (_, i) => `account ${i}`)
  const numbers = await accounts(...names)
  let turns = 0
  const settling = settle(
    stage,
    shop!,
    names.map((account) => ({ account })),
    rules,
  )
  let isDone = false
  void settling.then(() => (isDone = true))
  while (!isDone) {
    await new Promise(setImmediate)
    turns += 1
  }
  expect([...(await settling).recipients]).toEqual(numbers)
  expect(turns).toBeGreaterThan(3)
})
