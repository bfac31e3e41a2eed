import { expect, test } from 'vitest'
import type { Peer as PeerNumber } from '../../src/domain/peer.ts'
import { openStack, type Stack } from './stack.ts'

const ID = /^[0-9a-f]{24}$/

async function group(stack: Stack, id: string, ...members: string[]): Promise<PeerNumber> {
  const { described } = await stack.pipeline.conversations.create({
    id,
    pair: null,
    owner: 0,
    isFrozen: false,
    attributes: '',
    members: members.map((member) => stack.number(member)),
  })
  return described.conversation[0]
}

test('a message of a group names the group, on every screen of its members', async () => {
  await using stack = await openStack()
  await stack.accounts('ann', 'bob', 'cleo')
  const team = await group(stack, 'team', 'ann', 'bob')
  const ann = await stack.terminal('ann')
  const bob = await stack.terminal('bob')
  const cleo = await stack.terminal('cleo')
  const { time } = await stack.sendTo('ann', [team], { text: 'hello all' })
  const content = { format: 'native', body: { text: 'hello all' }, text: 'hello all' }
  const message = await bob.next('message')
  expect(message).toEqual({
    type: 'message',
    id: expect.stringMatching(ID),
    group: 'team',
    from: 'ann',
    time,
    counted: true,
    content,
  })
  expect(await ann.next('sent')).toMatchObject({
    id: message.id,
    group: 'team',
    count: 1,
    content,
  })

  bob.say({ type: 'read', group: 'team', upTo: message.id, ref: 1 })
  expect(await bob.next('read')).toMatchObject({ group: 'team', unread: 0, unreadTotal: 0 })
  expect(await bob.next('done')).toEqual({ type: 'done', ref: 1 })
  expect(await ann.next('peer-read')).toEqual({
    type: 'peer-read',
    group: 'team',
    by: 'bob',
    upTo: message.id,
    cursor: expect.stringMatching(ID),
  })
  await stack.send('ann', ['cleo'])
  await cleo.next('message')
  expect(cleo.messages).toHaveLength(1)
})

test('a member that was away gets the messages of its groups on return, but not its own', async () => {
  await using stack = await openStack()
  await stack.accounts('ann', 'bob')
  const team = await group(stack, 'team', 'ann', 'bob')
  await stack.sendTo('ann', [team], { text: 'one' })
  await stack.sendTo('bob', [team], { text: 'mine' })
  await stack.sendTo('ann', [team], { text: 'two' })
  const bob = await stack.terminal('bob', '000100000000000000000000')
  expect(await bob.next('message')).toMatchObject({ group: 'team', from: 'ann' })
  expect(await bob.next('message')).toMatchObject({ content: { text: 'two' } })
  await bob.next('caught-up')
})

test('who joins or leaves a group hears of it', async () => {
  await using stack = await openStack()
  const [, bobNumber] = await stack.accounts('ann', 'bob')
  const ann = await stack.terminal('ann')
  const bob = await stack.terminal('bob')
  const team = await group(stack, 'team', 'ann')
  const event = { type: 'group', group: 'team', cursor: expect.stringMatching(ID) }
  expect(await ann.next('group')).toEqual({ ...event, isMember: true })
  await stack.pipeline.conversations.join(team, [bobNumber!])
  expect(await bob.next('group')).toEqual({ ...event, isMember: true })
  await stack.pipeline.conversations.leave(team, [bobNumber!])
  expect(await bob.next('group')).toEqual({ ...event, isMember: false })

  bob.say({ type: 'read', group: 'team', ref: 3 })
  expect(await bob.next('error')).toMatchObject({ code: 'unknownConversation', ref: 3 })
  bob.say({ type: 'read', group: 'team', with: 'ann', ref: 4 })
  expect(await bob.next('error')).toMatchObject({ field: 'group', ref: 4 })
  bob.say({ type: 'read', ref: 5 })
  expect(await bob.next('error')).toMatchObject({ field: 'with', ref: 5 })
})

test('a group is read over HTTP by its members only', async () => {
  await using stack = await openStack()
  await stack.accounts('ann', 'bob', 'cleo')
  const team = await group(stack, 'team / 1', 'ann', 'bob')
  const get = async (account: string, path: string, method = 'GET') => {
    const headers = { authorization: `Bearer ${stack.userSig(account)}` }
    const response = await fetch(`${stack.url}/v1/${path}`, { method, headers })
    return { status: response.status, body: await response.json() }
  }
  const path = `groups/${encodeURIComponent('team / 1')}`
  expect(await get('bob', 'conversations')).toMatchObject({
    body: { conversations: [{ group: 'team / 1', unread: 0, newest: null }] },
  })
  await stack.sendTo('ann', [team], { text: 'one' })
  expect(await get('bob', 'conversations')).toMatchObject({
    body: { conversations: [{ group: 'team / 1', unread: 1, newest: { group: 'team / 1' } }] },
  })
  const page = await get('bob', `${path}/messages`)
  expect(page.body).toEqual({
    messages: [expect.objectContaining({ group: 'team / 1', from: 'ann' })],
    next: null,
    unread: 1,
    readUpTo: expect.stringMatching(ID),
  })
  expect(await get('bob', 'unread?group=team%20/%201')).toMatchObject({ body: { unread: 1 } })
  expect(await get('bob', `${path}/read`, 'POST')).toEqual({
    status: 200,
    body: { unread: 0, unreadTotal: 0 },
  })
  for (const account of ['cleo', 'bob']) {
    const wrong = account === 'bob' ? 'groups/other' : path
    expect(await get(account, `${wrong}/messages`)).toMatchObject({
      status: 404,
      body: { error: { code: 'unknownConversation' } },
    })
  }
})
