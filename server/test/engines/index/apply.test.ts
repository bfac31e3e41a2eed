/**
 * What is applied rarely, or never should be.
 */
import { afterEach, expect, test, vi } from 'vitest'
import { END } from '../../../src/domain/place.ts'
import { batch, conversation, read, Trait } from '../../../src/engines/conformance/subject.ts'
import { PairTable } from '../../../src/engines/embedded/index/pair-table.ts'
import { openMemoryIndex } from '../../../src/engines/memory/index.ts'
import { Random } from '../../lib/random.ts'
import { compare, PEOPLE } from './histories.ts'
import { newFolder, opened, Records, seed } from './subject.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test(`pairs of one hash are told apart (CARILLON_SEED=${seed})`, async () => {
  vi.spyOn(PairTable.prototype, 'hash').mockImplementation((lower, higher) => (lower + higher) & 1)
  const random = new Random(seed)
  const folder = newFolder()
  const index = await opened(folder)
  const records = new Records()
  const model = openMemoryIndex()
  for (let i = 0; i < 60; i++) {
    const to = Array.from({ length: 6 }, () => random.pick(PEOPLE))
    const stored = records.add(batch(random.pick(PEOPLE), to))
    index.apply(stored)
    model.apply(stored)
  }
  await compare(index, model, records, { points: ['start', 'end'], limit: 50 })
})

test('an account hears again from whom it heard last, from others, and from itself', async () => {
  const index = await opened(newFolder())
  const records = new Records()
  const model = openMemoryIndex()
  for (const sender of [1, 1, 2, 1, 3, 3, 2, 4, 4, 1]) {
    const stored = records.add(batch(sender, [3, 4, 2, 3], Trait.readsForSender))
    index.apply(stored)
    model.apply(stored)
  }
  await compare(index, model, records, { points: ['start', 'end'], limit: 50 })
})

test('a mark that lies ahead reads what comes later, up to it', async () => {
  const index = await opened(newFolder())
  const records = new Records()
  index.apply(records.add(batch(1, [2])))
  const ahead = (records.all[0]!.place + 32) * 512
  index.apply(records.add(read(2, 1, ahead)))
  for (let i = 0; i < 4; i++) index.apply(records.add(batch(1, [2])))
  expect(index.mark(2, 1)).toBe(ahead)
  expect(index.unread(2, 1)).toBe(1)
})

test('the most entries that a batch has, all to one account', async () => {
  const index = await opened(newFolder())
  const records = new Records()
  const stored = records.add(batch(1, new Array(4096).fill(2)))
  index.apply(stored)
  index.apply(records.add(read(2, 1, stored.place * 512 + 999)))
  expect(index.unread(2, 1)).toBe(3096)
  expect(await index.missed(2, stored.place * 512 + 4000, 1000)).toHaveLength(95)
})

test('nothing is asked of an account that was never met', async () => {
  const index = await opened(newFolder())
  index.apply(new Records().add(batch(1, [2])))
  const stranger = 2_000_000_000
  expect(index.unread(stranger, 1)).toBe(0)
  expect(index.unread(1, stranger)).toBe(0)
  expect(index.mark(stranger, stranger)).toBe(0)
  expect(index.delivered(stranger)).toBe(0)
  expect(index.totals(stranger)).toEqual({ unread: 0, badge: 0 })
  expect(await index.missed(stranger, 0, 10)).toEqual([])
  expect(await index.conversations(stranger, { before: END, limit: 10 })).toEqual([])
  const page = { after: 0, before: END, limit: 10, order: 'newest' as const }
  expect(await index.timeline(stranger, 1, page)).toEqual([])
  expect(await index.timeline(1, 2, { ...page, limit: 0 })).toEqual([])
  expect(index.size().bytes).toBeLessThan(10 * 2 ** 20)
})

test('the highest account number there may be is as good as any', async () => {
  const index = await opened(newFolder())
  index.apply(new Records().add(batch(2 ** 31 - 1, [1, 2 ** 31 - 1])))
  expect(index.unread(1, 2 ** 31 - 1)).toBe(1)
  expect(index.size().conversations).toBe(2)
})

test.each([
  ['a place that is no place', { ...new Records().add(batch(1, [2])), place: 12 }, /stands at 12/],
  ['a place that is none', { ...new Records().add(batch(1, [2])), place: 0 }, /stands at 0/],
  ['a sender that is nobody', new Records().add(batch(0, [2])), /names account 0/],
  ['a sender that is too high', new Records().add(batch(2 ** 31, [2])), /names account 2147483648/],
  ['a group too far', new Records().add(batch(1, [-(2 ** 31)])), /names group 2147483648/],
  ['a member that is nobody', new Records().add(conversation([-1, 0], {}, [0])), /names account 0/],
  ['too many entries', new Records().add(batch(1, new Array(4097).fill(2))), /has 4097 entries/],
])('%s is refused by name', async (_, stored, message) => {
  const index = await opened(newFolder())
  expect(() => index.apply(stored)).toThrow(message)
})

test('after a record that cannot be applied, none is, and no checkpoint is written', async () => {
  const index = await opened(newFolder())
  const records = new Records()
  index.apply(records.add(batch(1, [2])))
  expect(() => index.apply(records.add(batch(1, [2, -(2 ** 31)])))).toThrow(/names group/)
  expect(() => index.apply(records.add(batch(1, [2])))).toThrow(/names group/)
  await expect(index.checkpoint()).rejects.toThrow(/names group/)
})

test('what is asked of a closed index is refused', async () => {
  const index = await opened(newFolder())
  index.apply(new Records().add(batch(1, [2])))
  await index.close()
  await index.close()
  const stopping = { kind: 'stopping' }
  const page = { after: 0, before: END, limit: 10, order: 'newest' as const }
  await expect(index.timeline(1, 2, page)).rejects.toMatchObject(stopping)
  await expect(index.missed(2, 0, 10)).rejects.toMatchObject(stopping)
  await expect(index.conversations(2, page)).rejects.toMatchObject(stopping)
  await expect(index.checkpoint()).rejects.toMatchObject(stopping)
  await expect(Array.fromAsync(index.recount())).rejects.toMatchObject(stopping)
})
