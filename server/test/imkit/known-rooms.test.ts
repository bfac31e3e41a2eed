import { expect, test } from 'vitest'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import { HEX_WORDS, putHexWords } from '../../src/api/imkit/live/hex-words.ts'
import { type KnownDoor, KnownRooms } from '../../src/api/imkit/live/known-rooms.ts'
import { Repeats } from '../../src/api/imkit/live/repeats.ts'
import { call, newGroup, openStage } from '../pipeline/stage.ts'

async function setUp() {
  const stage = await openStage()
  const { ids: conversationIds, engines, pipeline } = stage
  const asked: number[] = []
  const door = {
    directory: engines.directory,
    conversationIds,
    index: {
      copies(account: number, peer: number) {
        asked.push(account, peer)
        return engines.index.copies(account, peer)
      },
    },
  } as unknown as KnownDoor
  const rooms = new KnownRooms(door)
  return {
    ...stage,
    rooms,
    /** How often the index was asked. */
    asked,
    idOf(sender: number, recipient: number): string | null {
      const at = rooms.find(sender, recipient, new Repeats([recipient]))
      if (at === null) return null
      const bytes = Buffer.alloc(HEX_WORDS * 8)
      putHexWords(bytes, 0, rooms.words, at)
      return bytes.toString()
    },
    async speak(sender: number, recipient: number, times: number): Promise<void> {
      for (let i = 0; i < times; i += 1) await pipeline.accept(call(sender, [recipient]))
    },
  }
}

test('a room is known from its fourth message on, from both sides, and asked for once', async () => {
  const { idOf, speak, accounts, asked } = await setUp()
  const [ann, bob] = (await accounts('ann', 'bob')) as [number, number]
  expect(idOf(ann, bob)).toBeNull()
  await speak(ann, bob, 3)
  expect(idOf(ann, bob)).toBeNull()
  await speak(bob, ann, 1)
  expect(idOf(ann, bob)).toBe(directRoomId('ann', 'bob'))
  const before = asked.length
  expect(idOf(bob, ann)).toBe(directRoomId('ann', 'bob'))
  expect(asked.length).toBe(before)
})

test('a room that is given an id has it from then on', async () => {
  const { idOf, speak, accounts, pipeline } = await setUp()
  const [ann, bob, cat] = (await accounts('ann', 'bob', 'cat')) as [number, number, number]
  const chosen = '0123456789abcdef0123456789abcdef'
  for (const [other, id] of [
    [bob, chosen],
    [cat, 'ann-and-cat'],
  ] as const) {
    await speak(ann, other, 4)
    expect(idOf(ann, other)).not.toBeNull()
    const pair = [ann, other] as const
    await pipeline.conversations.create({ ...newGroup, id, pair, members: [] })
  }
  expect(idOf(ann, bob)).toBe(chosen)
  expect(idOf(ann, cat)).toBeNull()
})

test('a pair whose derived id another has is not known', async () => {
  const { idOf, speak, accounts } = await setUp()
  const [shop, ann, twin] = (await accounts('shop', 'ann', 'Ann')) as [number, number, number]
  await speak(shop, ann, 4)
  await speak(shop, twin, 4)
  expect(idOf(shop, twin)).toBeNull()
  expect(idOf(shop, ann)).toBe(directRoomId('shop', 'ann'))
})

test('groups are not known', async () => {
  const { idOf, accounts, group, pipeline } = await setUp()
  const [ann] = (await accounts('ann')) as [number]
  const team = await group('0123456789abcdef0123456789abcdef', ann)
  for (let i = 0; i < 4; i += 1) await pipeline.accept(call(ann, [team]))
  expect(idOf(ann, team)).toBeNull()
})

test('one may have a room with oneself', async () => {
  const { idOf, speak, accounts } = await setUp()
  const [ann] = (await accounts('ann')) as [number]
  await speak(ann, ann, 4)
  expect(idOf(ann, ann)).toBe(directRoomId('ann', 'ann'))
})

test('pairs that share a place take it from one another, and each gets its own id', () => {
  const door = {
    directory: { descriptions: 0 },
    index: { copies: () => 10 },
    conversationIds: {
      of: ([first, second]: readonly number[]) => directRoomId(`${first}`, `${second}`),
      isCertain: () => true,
    },
  } as unknown as KnownDoor
  const rooms = new KnownRooms(door)
  const size = rooms.words.length
  const others = [3, 3 + 2 ** 16, 3 + 2 ** 17]
  for (const other of [...others, ...others]) {
    const bytes = Buffer.alloc(HEX_WORDS * 8)
    putHexWords(bytes, 0, rooms.words, rooms.find(2, other, new Repeats([other]))!)
    expect(bytes.toString()).toBe(directRoomId('2', `${other}`))
  }
  expect(rooms.words.length).toBe(size)
})
