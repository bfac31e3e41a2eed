/** Whatever comes, the caller hears what is wrong with it, and the server serves on. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Json, openDoor, type TestDoor } from './door.ts'

const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 2 ** 31)

let door: TestDoor
beforeAll(async () => {
  door = await openDoor({ accounts: ['admin', 'ann', 'bob'] })
})
afterAll(() => door[Symbol.asyncDispose]())

const odd = fc.oneof(
  fc.constantFrom('', 'ann', '$a$', 'recall', 'text', '__proto__', '\ud800', '\0', 'f'.repeat(24)),
  fc.constantFrom<unknown>(null, true, -1, 0, 1e300, [], {}, [[]], [null], { _id: 'ann' }),
  fc.string(),
  fc.jsonValue({ maxDepth: 3 }),
)

function bodyWith(...names: string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 5 })
}

const para = fc.oneof(odd, bodyWith('receiver', 'room', '$a$', '$a$b$', '$$', '$__proto__$'))
const batch = fc
  .tuple(
    bodyWith('messageType', 'message', 'extra', 'images', 'reply', 'sender', 'push', 'mentions'),
    fc.oneof(odd, fc.array(para, { maxLength: 4 })),
  )
  .map(([fields, paras]) => ({ message: 'a $a$', ...fields, paras }))

const calls = fc.oneof(
  fc.tuple(fc.constant('POST'), fc.constant('/messages/batch'), batch),
  fc.tuple(
    fc.constant('POST'),
    fc.constantFrom(
      '/admin/clients',
      '/auths/sign/v2',
      '/auths/sign',
      '/me',
      '/admin/clients/list',
    ),
    bodyWith(
      '_id',
      'id',
      'nickname',
      'email',
      'token',
      'expirationDate',
      'issueAccessToken',
      'data',
    ),
  ),
  fc.tuple(
    fc.constantFrom('PUT', 'DELETE'),
    fc.constant('/admin/clients/ann/token'),
    bodyWith('token', 'expirationDate'),
  ),
)

test(`odd fields are never a fault of the server (CARILLON_SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(calls, async ([method, path, body]) => {
      const { status, body: answer } = await door.platform(method, path, body)
      expect(status, JSON.stringify(answer)).toBeLessThan(500)
      if (status >= 400)
        expect(answer).toMatchObject({ RC: status, error: { code: answer.error.code } })
    }),
    { seed, numRuns: 300 },
  )
  expect(door.logged).toEqual([])
})

test(`odd paths and queries are never a fault of the server (CARILLON_SEED=${seed})`, async () => {
  const piece = fc.oneof(
    fc.constantFrom('rooms', 'messages', 'batch', 'admin', 'clients', 'me', '%', '%e4', '..', ''),
    fc.stringMatching(/^[!-"$-~]{0,8}$/),
  )
  const path = fc.array(piece, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`)
  await fc.assert(
    fc.asyncProperty(path, piece, async (path, query) => {
      const { status } = await door.platform('GET', `${path}?batchID=${query}`)
      expect(status).toBeLessThan(500)
    }),
    { seed, numRuns: 300 },
  )
})

test('a short call that would make long messages fails those, and writes none of them out', async () => {
  const message = '$a$'.repeat(100_000)
  const paras = Array.from({ length: 1000 }, () => ({ receiver: 'ann', $a$: 'x'.repeat(2000) }))
  const { result } = await door.platform('POST', '/messages/batch', { message, paras })
  const { result: batch } = await door.platform('GET', `/messages/batch?batchID=${result.batchID}`)
  expect(batch).toMatchObject({ count: 0, failedCount: 1000 })
})

/** By caller and entries: how many names a batch may have. */
test.each<['platform' | 'client', number, number]>([
  ['platform', 1, 10_000],
  ['client', 1, 1000],
  ['platform', 500, 2000],
  ['platform', 5000, 200],
])('a %s has for %i entries at most %i names, and they are its own', async (by, entries, most) => {
  const named = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`$${i}$`, 'x']))
  const send = async (count: number) => {
    const paras: Json[] = Array.from({ length: entries }, () => ({ receiver: 'bob' }))
    paras[0] = { ...paras[0], ...named(count) }
    const body = { message: `$${most - 1}$ $x$`, paras }
    return by === 'platform'
      ? door.platform('POST', '/messages/batch', body)
      : door.as('ann', 'POST', '/messages/batch', body)
  }
  const { status, body } = await send(most + 1)
  expect(status).toBe(400)
  expect(body.RM).toBe(`paras[0]: expected at most ${most} names in a batch, but more came`)

  const { result } = await send(most)
  const { result: batch } = await door.platform('GET', `/messages/batch?batchID=${result.batchID}`)
  expect(batch.data[0].message).toBe('x $x$')
  expect(batch.data[1]?.message).toBe(entries === 1 ? undefined : `$${most - 1}$ $x$`)
})
