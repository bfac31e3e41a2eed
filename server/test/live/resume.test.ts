import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Trait } from '../../src/domain/batch.ts'
import { parseMessageId } from '../../src/domain/message-id.ts'
import type { Peer } from './peer.ts'
import { openStack, type Stack, turns } from './stack.ts'

const texts = (peer: Peer) => peer.messages.map(({ content }) => content.text)
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => String(from + i))

async function sendNumbers(stack: Stack, from: number, to: number): Promise<void> {
  for (const text of numbers(from, to)) await stack.send('shop', ['ann'], { text })
}

test('a terminal that was away gets what it missed, in order and once, then what is new', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'bank', 'ann')
  const first = await stack.terminal('ann')
  await stack.send('shop', ['ann'], { text: 'before' })
  const { id: cursor } = await first.next('message')
  first.close()
  await first.end()

  await sendNumbers(stack, 0, 250)
  await stack.send('bank', ['ann'], { text: '250' })
  const second = await stack.peer()
  second.say({ type: 'connect', usersig: stack.userSig('ann'), cursor })
  expect(await second.next('connected')).toMatchObject({ cursor, unreadTotal: 252 })
  await second.until(() => second.received.some(({ type }) => type === 'caught-up'))
  expect(texts(second)).toEqual(numbers(0, 251))
  const caughtUp = second.received.at(-1)
  await stack.send('shop', ['ann'], { text: '251' })
  await second.until(() => second.messages.length === 252)
  expect(texts(second).at(-1)).toBe('251')
  expect(caughtUp).toMatchObject({ type: 'caught-up' })
  expect((caughtUp as { cursor: string }).cursor < second.messages.at(-1)!.id).toBe(true)

  const third = await stack.terminal('ann', second.messages.at(-1)!.id)
  expect(await third.next('caught-up')).toBeTruthy()
  expect(third.messages).toEqual([])
})

test('what was sent, what was for others and what has expired is not resumed', async () => {
  const clock = { now: Date.now() }
  await using stack = await openStack({ now: () => clock.now })
  await stack.accounts('shop', 'ann', 'bob')
  const cursor = '000100000000000000000000'
  await stack.send('ann', ['shop'], { text: 'mine' })
  await stack.send('shop', ['bob'], { text: 'his' })
  await stack.send('shop', ['ann'], { text: 'expired', lifetimeSeconds: 10 })
  await stack.send('shop', ['ann'], { text: 'alive', lifetimeSeconds: 30 })
  await stack.send('shop', ['ann'], { text: 'typing', traits: Trait.onlineOnly })
  await stack.send('ann', ['ann'], { text: 'note to self' })
  clock.now += 20_000
  const usersig = stack.userSig('ann', Math.floor(clock.now / 1000))
  const peer = await stack.peer()
  peer.say({ type: 'connect', usersig, cursor })
  await peer.until(() => peer.received.some(({ type }) => type === 'caught-up'))
  expect(texts(peer)).toEqual(['alive', 'note to self'])
})

test('more than CARILLON_RESUME_MAX is a resync, from where the client reads on', async () => {
  await using stack = await openStack({ env: { CARILLON_RESUME_MAX: '30' } })
  await stack.accounts('shop', 'ann')
  await sendNumbers(stack, 0, 31)
  const peer = await stack.terminal('ann', '000100000000000000000000')
  await peer.until(() => peer.received.some(({ type }) => type === 'resync'))
  expect(texts(peer)).toEqual(numbers(0, 30))
  const cursor = peer.messages.at(-1)!.id
  expect(peer.received.at(-1)).toEqual({ type: 'resync', reason: 'too-much', cursor })
  await stack.send('shop', ['ann'], { text: 'new' })
  await peer.until(() => peer.messages.length === 31)

  const again = await stack.terminal('ann', cursor)
  await again.until(() => again.received.some(({ type }) => type === 'caught-up'))
  expect(texts(again)).toEqual(['30', 'new'])
})

test('exactly CARILLON_RESUME_MAX is caught up', async () => {
  await using stack = await openStack({ env: { CARILLON_RESUME_MAX: '30' } })
  await stack.accounts('shop', 'ann')
  await sendNumbers(stack, 0, 30)
  const peer = await stack.terminal('ann', '000100000000000000000000')
  await peer.until(() => peer.received.some(({ type }) => type === 'caught-up'))
  expect(texts(peer)).toEqual(numbers(0, 30))
})

test('a cursor that is not of this past is answered with the newest', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  await sendNumbers(stack, 0, 3)
  const watching = await stack.terminal('ann')
  await stack.send('shop', ['ann'])
  const { id } = await watching.next('message')
  const otherGeneration = `0002${id.slice(4)}`
  const beyondTheEnd = '00010fffffffff8000000000'
  for (const cursor of [otherGeneration, beyondTheEnd]) {
    const peer = await stack.terminal('ann', cursor)
    const resync = await peer.next('resync')
    expect(resync.reason).toBe('cursor')
    expect(resync.cursor >= id).toBe(true)
    const next = await stack.terminal('ann', resync.cursor)
    await next.next('caught-up')
  }
})

test('a malformed cursor is an error, and the terminal may try again', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const peer = await stack.peer()
  const usersig = stack.userSig('ann')
  for (const cursor of ['', 'x', '00010000000000000000000', 'G'.repeat(24), 7, null, {}]) {
    peer.say({ type: 'connect', usersig, cursor })
    expect(await peer.next('error')).toMatchObject({ code: 'invalidRequest', field: 'cursor' })
  }
  peer.say({ type: 'connect', usersig })
  await peer.next('connected')
})

/** One thing that happens while terminals come and go. */
type Step =
  | { do: 'send'; copies: number }
  | { do: 'connect' }
  | { do: 'leave' }
  | { do: 'turn'; turns: number }

test('batches that are accepted during a resume come after it, without gap or repeat', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        copies: fc.integer({ min: 1, max: 9 }),
      }),
    },
    { weight: 2, arbitrary: fc.constant<Step>({ do: 'connect' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ do: 'leave' }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('turn' as const),
        turns: fc.integer({ min: 1, max: 6 }),
      }),
    },
  )
  const pace = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 5 })
  const seed = Number(process.env.CARILLON_TEST_SEED ?? Date.now() % 2 ** 31)
  console.log(`resume property: CARILLON_TEST_SEED=${seed}`)
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      pace,
      async (steps, paces) => {
        let pages = 0
        await using stack = await openStack({
          env: { CARILLON_RESUME_MAX: '100000' },
          turnsPerPage: () => paces[pages++ % paces.length]!,
        })
        await stack.accounts('shop', 'ann')
        let sent = 0
        let seen: string[] = []
        let cursor: string | undefined = '000100000000000000000000'
        let peer: Peer | null = null
        const underWay: Promise<unknown>[] = []

        for (const each of [...steps, { do: 'connect' } as Step]) {
          if (each.do === 'send') {
            // The texts of one batch are alike: their ids tell the copies apart.
            const to = Array<string>(each.copies).fill('ann')
            underWay.push(stack.send('shop', to, { text: String(sent), traits: 0 }))
            sent += each.copies
          } else if (each.do === 'connect' && peer === null) {
            peer = await stack.peer()
            peer.say({ type: 'connect', usersig: stack.userSig('ann'), cursor })
          } else if (each.do === 'leave' && peer !== null) {
            peer.destroy()
            seen = [...seen, ...peer.messages.map(({ id }) => id)]
            cursor = seen.at(-1) ?? cursor
            peer = null
          } else if (each.do === 'turn') {
            await turns(each.turns)
          }
        }
        await Promise.all(underWay)
        await peer!.until(() => seen.length + peer!.messages.length >= sent)
        await stack.send('shop', ['ann'], { text: 'last', traits: 0 })
        await peer!.until(() => peer!.messages.at(-1)?.content.text === 'last')
        const ids = [...seen, ...peer!.messages.map(({ id }) => id)]
        expect(ids).toHaveLength(sent + 1)
        expect(ids).toEqual([...new Set(ids)].sort())
      },
    ),
    { seed, numRuns: 60, endOnFailure: true },
  )
})

test('events of a resume are in order with it: a read comes after what it covers', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  await sendNumbers(stack, 0, 20)
  const peer = await stack.peer()
  peer.say({
    type: 'connect',
    usersig: stack.userSig('ann'),
    cursor: '000100000000000000000000',
  })
  await expect.poll(() => stack.terminals.count).toBe(1)
  const sending = stack.send('shop', ['ann'], { text: '20' })
  const reading = stack.pipeline.markRead(stack.number('ann'), stack.number('shop'), null)
  await Promise.all([sending, reading])
  await peer.until(() => peer.received.some(({ type }) => type === 'read'))
  const types = peer.received.map(({ type }) => type)
  expect(types.lastIndexOf('message')).toBeLessThan(types.indexOf('read'))
  expect(texts(peer)).toEqual(numbers(0, 21))
})

test('acknowledging is cumulative, and cannot claim what was never sent', async () => {
  await using stack = await openStack()
  const [, ann] = await stack.accounts('shop', 'ann')
  const peer = await stack.terminal('ann')
  await sendNumbers(stack, 0, 3)
  await peer.until(() => peer.messages.length === 3)
  peer.received.length = 0
  peer.say({ type: 'ack', cursor: peer.messages[2]!.id })
  peer.say({ type: 'ack', cursor: peer.messages[0]!.id })
  peer.say({ type: 'ack', cursor: '00010fffffffff8000000000' })
  expect(await peer.next('error')).toMatchObject({ code: 'invalidCursor' })
  peer.say({ type: 'ack', cursor: `0002${peer.messages[2]!.id.slice(4)}` })
  expect(await peer.next('error')).toMatchObject({ code: 'invalidCursor' })
  await expect
    .poll(() => stack.views.delivered(ann!), { timeout: 5000 })
    .toBe(parseMessageId(peer.messages[2]!.id)!.position)
})
