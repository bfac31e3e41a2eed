import { expect, test } from 'vitest'
import { NOBODY } from '../../src/domain/account.ts'
import { Trait } from '../../src/domain/batch.ts'
import { END } from '../../src/domain/place.ts'
import { call, newGroup, openStage, said } from '../pipeline/stage.ts'

const page = { after: -1, before: END, limit: 10, order: 'oldest' } as const

test('the history of a group tells each member what is its own', async () => {
  const { pipeline, views, accounts, group } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const team = await group('team', ann!, bob!)
  await pipeline.accept(call(ann!, [team], { content: said('one') }))
  await pipeline.accept(call(bob!, [team], { content: said('two') }))
  const lines = await views.history(bob!, team, page)
  expect(lines.map(({ outgoing, message }) => [outgoing, message!.content!.text])).toEqual([
    [false, 'one'],
    [true, 'two'],
  ])
  expect(views.unread(bob!, team)).toBe(2)
  await pipeline.markRead(bob!, team, null)
  expect(views.unread(bob!, team)).toBe(0)
})

test('a list of conversations is of any kind, or of one', async () => {
  const { pipeline, views, accounts, group } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const team = await group('team', ann!)
  await pipeline.accept(call(bob!, [ann!]))
  const peers = async (kind?: 'direct' | 'group') =>
    (await views.conversations(ann!, END, 10, kind)).map(({ peer }) => peer)
  expect(await peers()).toEqual([bob, team])
  expect(await peers('direct')).toEqual([bob])
  expect(await peers('group')).toEqual([team])
  expect((await views.listed(ann!, END, 10, 'group')).map(({ peer }) => peer)).toEqual([team])
  expect([views.unreadTotal(ann!), views.directUnreadTotal(ann!)]).toEqual([1, 1])
})

test('a group that was joined after its newest message is listed with that message', async () => {
  const { pipeline, views, accounts, group } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const team = await group('team', ann!)
  const newest = async () => (await views.conversations(bob!, END, 10))[0]!.newest
  await pipeline.conversations.join(team, [bob!])
  expect(await newest()).toBe(null)
  await pipeline.accept(call(ann!, [team], { content: said('hello') }))
  expect((await newest())!.content!.text).toBe('hello')
  await pipeline.conversations.leave(team, [bob!])
  await pipeline.conversations.join(team, [bob!])
  expect((await newest())!.content!.text).toBe('hello')
})

test('a group is listed with the newest copy that moves it, wherever it was joined', async () => {
  const { pipeline, views, accounts, group } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const team = await group('team', ann!)
  const newest = async (account: number) =>
    (await views.conversations(account, END, 10))[0]!.newest?.content?.text
  await pipeline.accept(call(ann!, [team], { content: said('quiet'), traits: Trait.unlisted }))
  await pipeline.conversations.join(team, [bob!])
  expect([await newest(ann!), await newest(bob!)]).toEqual([undefined, undefined])
  await pipeline.accept(call(ann!, [team], { content: said('hello') }))
  await pipeline.accept(call(ann!, [team], { content: said('quiet'), traits: Trait.unlisted }))
  expect([await newest(ann!), await newest(bob!)]).toEqual(['hello', 'hello'])
  await pipeline.conversations.leave(team, [bob!])
  await pipeline.conversations.join(team, [bob!])
  expect(await newest(bob!)).toBe('hello')
})

test('what was missed has neither what was recalled, nor what the account said in groups', async () => {
  const { pipeline, views, accounts, group } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  const team = await group('team', ann!, bob!)
  const { place } = await pipeline.accept(call(ann!, [bob!], { content: said('wrong') }))
  await pipeline.accept(call(bob!, [team], { content: said('mine') }))
  const edited = await pipeline.accept(call(ann!, [team], { content: said('typo') }))
  await pipeline.change({ place, ordinals: [0], by: NOBODY, content: null })
  const change = { place: edited.place, ordinals: [0], by: ann!, content: said('better') }
  await pipeline.change(change)
  const { messages, isLast } = await views.missed(bob!, 0, 10)
  expect(messages.map(({ content }) => content!.text)).toEqual(['better'])
  expect(isLast).toBe(true)
})

test('a frozen or named pair is one conversation, with the same messages', async () => {
  const { pipeline, views, accounts } = await openStage()
  const [ann, bob] = await accounts('ann', 'bob')
  await pipeline.accept(call(ann!, [bob!]))
  const pair = [ann!, bob!] as const
  await pipeline.conversations.create({ ...newGroup, id: 'ours', pair, members: [] })
  await pipeline.accept(call(bob!, [ann!]))
  expect(views.copies(ann!, bob!)).toBe(2)
  expect(await views.history(bob!, ann!, page)).toHaveLength(2)
})
