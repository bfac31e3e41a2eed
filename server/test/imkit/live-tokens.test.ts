import { expect, test } from 'vitest'
import { secrets } from './door.ts'
import { type LiveStack, openLiveStack } from './live-stack.ts'
import type { Screen } from './screen.ts'

const DAY = 86_400_000

const bind = (stack: LiveStack, token: string, expirationDate: number) =>
  stack.platform('PUT', '/admin/clients/ann/token', { token, expirationDate })

/** A socket of ann's with a token, and how it ends. */
async function socketWith(
  stack: LiveStack,
  token: string,
): Promise<{ screen: Screen; ended: Promise<unknown> }> {
  const screen = await stack.socket({ reconnects: true })
  const ended = new Promise((resolve) => screen.socket.once('disconnect', resolve))
  const answer = await screen.ask('auth2', token, { CLIENT_KEY: secrets.clientKey })
  expect(answer).toMatchObject({ RC: 0 })
  return { screen, ended }
}

test('a socket ends with the life of its token, and those of other tokens stay', async () => {
  let clock = Date.now()
  await using stack = await openLiveStack({}, ['ann'], () => clock)
  await bind(stack, 'short', clock + DAY)
  await bind(stack, 'long', clock + 2 * DAY)
  const [short, again] = [await socketWith(stack, 'short'), await socketWith(stack, 'short')]
  const long = await socketWith(stack, 'long')
  clock += DAY
  expect(await Promise.all([short.ended, again.ended])).toEqual([
    'io server disconnect',
    'io server disconnect',
  ])
  expect(stack.closed).toEqual(['revoked', 'revoked'])
  expect(long.screen.socket.connected).toBe(true)
  clock += DAY
  expect(await long.ended).toBe('io server disconnect')
})

test('a token that gets a later end keeps its socket, one that gets a past end loses it', async () => {
  let clock = Date.now()
  await using stack = await openLiveStack({}, ['ann'], () => clock)
  await bind(stack, 'renewed', clock + DAY)
  await bind(stack, 'witness', clock + DAY)
  const renewed = await socketWith(stack, 'renewed')
  const witness = await socketWith(stack, 'witness')
  await bind(stack, 'renewed', clock + 2 * DAY)
  clock += DAY
  await witness.ended
  expect(renewed.screen.socket.connected).toBe(true)
  await bind(stack, 'renewed', clock - 1)
  expect(await renewed.ended).toBe('io server disconnect')
})

test('a socket that says auth2 again lives as long as its newer token', async () => {
  let clock = Date.now()
  await using stack = await openLiveStack({}, ['ann'], () => clock)
  await bind(stack, 'old', clock + DAY)
  await bind(stack, 'new', clock + 2 * DAY)
  const [both, old] = [await socketWith(stack, 'old'), await socketWith(stack, 'old')]
  expect(await both.screen.ask('auth', 'new')).toMatchObject({ RC: 0 })
  clock += DAY
  await old.ended
  expect(both.screen.socket.connected).toBe(true)
  clock += DAY
  expect(await both.ended).toBe('io server disconnect')
})
