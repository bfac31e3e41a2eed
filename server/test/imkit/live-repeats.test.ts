import { expect, test } from 'vitest'
import { Repeats } from '../../src/api/imkit/live/repeats.ts'
import { openLiveStack } from './live-stack.ts'
import type { Screen } from './screen.ts'

test.each([1, 2, 3, 4, 5, 40])(
  'a new direct room comes once, before the first of %i messages that a batch has for it',
  async (times) => {
    await using stack = await openLiveStack()
    const [shop, shopToo, ann, annToo, bob] = [
      await stack.screen('shop'),
      await stack.screen('shop', { encoding: 'base64' }),
      await stack.screen('ann'),
      await stack.screen('ann', { encoding: 'base64' }),
      await stack.screen('bob'),
    ] as const
    const repeated = Array.from({ length: times }, () => ({ receiver: 'ann' }))
    const paras = [{ receiver: 'bob' }, ...repeated]
    await stack.platform('POST', '/messages/batch', { sender: 'shop', message: 'hello', paras })

    const hears = async (screen: Screen, other: string, messages: number) => {
      const room = stack.door.conversationIds.of([stack.number('shop'), stack.number(other)])
      const heard = () =>
        screen.heard
          .filter(({ payload }) => payload._id === room || payload.room === room)
          .map(({ event }) => event)
      const expected = ['room', ...Array.from({ length: messages }, () => 'chat message')]
      await expect.poll(heard).toEqual(expected)
    }
    for (const screen of [shop, shopToo, ann, annToo]) await hears(screen, 'ann', times)
    for (const screen of [shop, shopToo, bob]) await hears(screen, 'bob', 1)
  },
)

test('each recipient is counted, and whoever is none comes never', () => {
  const repeats = new Repeats(Int32Array.of(7, 8, 7, 0, -3, 7))
  expect([7, 8, -3, 9].map((recipient) => repeats.of(recipient))).toEqual([3, 1, 1, 0])
})
