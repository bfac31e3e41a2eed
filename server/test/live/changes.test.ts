import { expect, test } from 'vitest'
import type { MessageFrame } from '../../../wire/frames.ts'
import { NOBODY } from '../../src/domain/account.ts'
import type { Content } from '../../src/domain/batch.ts'
import { openStack } from './stack.ts'

const ID = /^[0-9a-f]{24}$/
const START = '000100000000000000000000'

const said = (text: string): Content => ({ format: 'native', json: JSON.stringify({ text }), text })

test('open screens hear that a message was edited, and that it was recalled', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  const shop = await stack.terminal('shop')
  const ann = await stack.terminal('ann')
  const { place } = await stack.send('shop', ['ann'])
  const { id } = await ann.next('message')
  await shop.next('sent')

  const change = { place, ordinals: [0], by: NOBODY }
  const edited = await stack.pipeline.change({ ...change, content: said('better') })
  const event = {
    type: 'edited',
    id,
    from: 'shop',
    changedAt: edited.time,
    content: { format: 'native', body: { text: 'better' }, text: 'better' },
    cursor: expect.stringMatching(ID),
  }
  expect(await ann.next('edited')).toEqual({ ...event, with: 'shop' })
  expect(await shop.next('edited')).toEqual({ ...event, with: 'ann' })

  const recalled = await stack.pipeline.change({ ...change, content: null })
  expect(await ann.next('recalled')).toEqual({
    type: 'recalled',
    id,
    with: 'shop',
    from: 'shop',
    changedAt: recalled.time,
    cursor: expect.stringMatching(ID),
  })
  expect(await shop.next('recalled')).toMatchObject({ id, with: 'ann' })
})

test('who was away gets messages as they stand now; lists keep the place of a recalled one', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  const wrong = await stack.send('shop', ['ann'], { text: 'wrong' })
  const typo = await stack.send('shop', ['ann'], { text: 'typo' })
  const by = NOBODY
  const recalled = await stack.pipeline.change({
    place: wrong.place,
    ordinals: [0],
    by,
    content: null,
  })
  const edited = await stack.pipeline.change({
    place: typo.place,
    ordinals: [0],
    by,
    content: said('better'),
  })

  const ann = await stack.terminal('ann', START)
  const message = await ann.next('message')
  expect(message).toMatchObject({ changedAt: edited.time, content: { text: 'better' } })
  await ann.next('caught-up')

  const headers = { authorization: `Bearer ${stack.userSig('ann')}` }
  const response = await fetch(`${stack.url}/v1/conversations/shop/messages`, { headers })
  const { messages, unread } = (await response.json()) as { messages: object[]; unread: number }
  expect(messages[1]).toMatchObject({ with: 'shop', content: null, changedAt: recalled.time })
  expect([{ type: 'message', ...messages[0] }]).toEqual([message])
  expect(unread).toBe(1)
})

test('each copy of a template says its own, live and later', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann', 'bob', 'cleo')
  const names = ['ann', 'bob', 'cleo']
  const values = ['Ann "A"', 'ü'.repeat(70_000), 'Cleo $n$ \ud83d\ude00']
  const terminals = await Promise.all(names.map((name) => stack.terminal(name)))
  const shop = await stack.terminal('shop')
  const content = said('Hello $n$, or $other$')
  const entries = values.map((value) => ({ $n$: value }))
  await stack.sendTo(
    'shop',
    names.map((name) => stack.number(name)),
    { content, variables: { fields: null, entries } },
  )
  for (const [i, name] of names.entries()) {
    const text = `Hello ${values[i]}, or $other$`
    const live: MessageFrame = await terminals[i]!.next('message')
    expect(live.content).toEqual({ format: 'native', body: { text }, text })
    expect(live.id.slice(16)).toBe(`0000000${i}`)
    const later = await stack.terminal(name, START)
    expect(await later.next('message')).toEqual(live)
  }
  expect(await shop.next('sent')).toMatchObject({
    count: 3,
    content: { text: 'Hello $n$, or $other$' },
  })
})
