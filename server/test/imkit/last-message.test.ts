import { afterEach, beforeEach, expect, test } from 'vitest'
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import { callOfOne } from '../../src/api/imkit/messages/call-of-one.ts'
import { Trait } from '../../src/domain/batch.ts'
import { openDoor, type TestDoor } from './door.ts'

const room = directRoomId('ann', 'bob')

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['ann', 'bob', 'cat'] })
})
afterEach(() => door[Symbol.asyncDispose]())

/** A message of ann to bob, or to a group, as TIM sends it; with `NoLastMsg` it is unlisted. */
async function tim(text: string, traits: number, to = door.number('bob')): Promise<void> {
  const MsgBody = [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }]
  const content = { format: 'tim' as const, json: JSON.stringify({ MsgBody }), text }
  const call = callOfOne(door.number('ann'), to, content)
  await door.door.pipeline.accept({ ...call, traits })
}

const lastIn = async (id: string) =>
  (await door.as(id, 'GET', `/rooms/${room}`)).result.lastMessage?.message ?? null

/** The rooms in a client's list, by what was said in them last. */
async function listOf(id: string): Promise<[room: string, last: string | null, unread: number][]> {
  const { result } = await door.as(id, 'GET', '/rooms')
  return result.data.map((each: Record<string, unknown>) => {
    const last = each.lastMessage as { message: string } | null
    return [each._id, last?.message ?? null, each.unread]
  })
}

test('a copy that TIM sent with NoLastMsg is not the last message of its receiver, but of its sender', async () => {
  await tim('first', 0)
  await tim('quiet', Trait.unlisted)
  expect([await lastIn('bob'), await lastIn('ann')]).toEqual(['first', 'quiet'])
  expect(await listOf('bob')).toEqual([[room, 'first', 2]])
  const { result } = await door.as('bob', 'GET', `/rooms/${room}/messages/v3`)
  expect(result.data.map(({ message }: { message: string }) => message)).toEqual(['quiet', 'first'])
})

test('a copy that is hidden from its sender is not its last message', async () => {
  await tim('first', 0)
  await tim('hidden', Trait.hiddenFromSender)
  expect([await lastIn('bob'), await lastIn('ann')]).toEqual(['hidden', 'first'])
})

test('a copy with NoLastMsg moves its room in no list, of the platform neither', async () => {
  await tim('first', 0)
  await door.as('cat', 'POST', '/messages/batch', { message: 'hi', paras: [{ receiver: 'bob' }] })
  await door.platform('POST', '/rooms', { _id: 'r', members: ['ann', 'bob'] })
  await door.as('ann', 'POST', '/rooms/r/message', { message: 'in r' })
  const group = door.engines.directory.conversation('r')![0]
  await tim('quiet', Trait.unlisted, group)
  await tim('quiet', Trait.unlisted)
  expect((await listOf('bob')).map(([, last]) => last)).toEqual(['in r', 'hi', 'first'])
  const { result } = await door.platform('GET', '/rooms?q={"_id":"r"}')
  expect(result.data[0].lastMessage.message).toBe('in r')
})

test('a direct room that was made stays in the list while all of its copies came with NoLastMsg', async () => {
  await door.as('bob', 'POST', '/rooms/createAndJoin', {
    roomType: 'direct',
    invitee: 'ann',
    name: 'us',
  })
  await tim('quiet', Trait.unlisted)
  expect(await listOf('bob')).toEqual([[room, null, 1]])
})
