import { expect, test } from 'vitest'
import { errors } from '../../src/domain/errors.ts'
import { openStack, type Stack, secrets } from '../live/stack.ts'

type Json = Record<string, unknown>

interface CallOptions {
  method?: string
  /** The API key by default; null: none. */
  credential?: string | null
  body?: unknown
}

async function call(stack: Stack, path: string, options: CallOptions = {}) {
  const { method = options.body === undefined ? 'GET' : 'POST', credential, body } = options
  const key = credential === undefined ? secrets.apiKey : credential
  const response = await fetch(`${stack.url}${path}`, {
    method,
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    json: (text === '' ? {} : JSON.parse(text)) as Json,
  }
}

test('an account is read by the platform, by itself and by others', async () => {
  await using stack = await openStack()
  const id = 'ann/ü%?#&+ "x"'
  await stack.pipeline.importAccounts([
    { id, nick: 'Ann', avatarUrl: 'https://a/1' },
    { id: 'bob' },
  ])
  const path = `/v1/accounts/${encodeURIComponent(id)}`
  const profile = { id, nick: 'Ann', avatarUrl: 'https://a/1' }
  for (const credential of [secrets.apiKey, stack.userSig(id), await stack.token('bob')]) {
    expect(await call(stack, path, { credential })).toMatchObject({ status: 200, json: profile })
  }
  expect(await call(stack, path, { credential: null })).toMatchObject({ status: 401 })
  expect(await call(stack, '/v1/accounts/nobody')).toMatchObject({
    status: 404,
    json: {
      error: {
        code: 'unknownAccount',
        number: 1001,
        message: 'id: there is no account "nobody"',
      },
    },
  })
})

test('the API key is taken in either header, and nothing else opens its calls', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const body = JSON.stringify({ account: 'ann' })
  const headers = { 'x-api-key': secrets.apiKey }
  const response = await fetch(`${stack.url}/v1/tokens`, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  for (const credential of [null, 'wrong', `${secrets.apiKey}x`, stack.userSig('ann')]) {
    for (const path of ['/v1/tokens', '/v1/accounts']) {
      const answer = await call(stack, path, { credential, body: { account: 'ann', id: 'x' } })
      expect(answer).toMatchObject({ status: 401, json: { error: { code: 'unauthorized' } } })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
  }
  expect(stack.number('x')).toBe(0)
})

test('a token is made for an account, and connects it', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const { json } = await call(stack, '/v1/tokens', { body: { account: 'ann', expireSeconds: 60 } })
  expect(json).toEqual({
    account: 'ann',
    token: expect.any(String),
    expiresAt: expect.any(Number),
  })
  expect((json.expiresAt as number) - Date.now()).toBeGreaterThan(50_000)
  expect((json.expiresAt as number) - Date.now()).toBeLessThanOrEqual(60_000)
  const peer = await stack.peer()
  peer.say({ type: 'connect', token: json.token })
  await peer.next('connected')
  const claims = JSON.parse(atob((json.token as string).split('.')[1]!))
  expect(Object.keys(claims).sort()).toEqual(['exp', 'iat', 'id'])
})

test.each([
  [{}, 400, 'account', 'expected an account id'],
  [{ account: 7 }, 400, 'account', 'but 7 came'],
  [{ account: 'ann', expireSeconds: 0 }, 400, 'expireSeconds', 'a whole number from 1'],
  [{ account: 'ann', expireSeconds: '60' }, 400, 'expireSeconds', 'but "60" came'],
  [{ account: 'ann', expires: 60 }, 400, 'expires', 'but a field of this name came'],
  [{ account: 'ann', constructor: 60 }, 400, 'constructor', 'but a field of this name came'],
  ['{"account"', 400, 'body', 'not JSON'],
  [[], 400, 'body', 'a JSON object'],
])('POST /v1/tokens says what is wrong with %j', async (body, status, field, words) => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const answer = await call(stack, '/v1/tokens', { body })
  expect(answer).toMatchObject({ status, json: { error: { code: 'invalidRequest', field } } })
  expect((answer.json.error as Json).message).toContain(words)
})

test('a body that is too long is refused', async () => {
  await using stack = await openStack()
  const answer = await call(stack, '/v1/tokens', { body: 'x'.repeat(70_000) })
  expect(answer).toMatchObject({ status: 413, json: { error: { code: 'tooLarge' } } })
})

test('conversations come newest first, page by page, with their newest message', async () => {
  await using stack = await openStack()
  const peers = Array.from({ length: 7 }, (_, i) => `peer${i}`)
  await stack.accounts('ann', ...peers)
  for (const peer of peers) await stack.send(peer, ['ann'], { text: `from ${peer}` })
  await stack.send('ann', ['peer2'], { text: 'and back' })

  const credential = stack.userSig('ann')
  const names: unknown[] = []
  let next: unknown = ''
  while (next !== null) {
    const before = next === '' ? '' : `&before=${next}`
    const { json } = await call(stack, `/v1/conversations?limit=3${before}`, { credential })
    for (const each of json.conversations as Json[]) names.push(each)
    expect(json.unreadTotal).toBe(7)
    next = json.next
  }
  expect(names.map((each) => (each as Json).with)).toEqual([
    'peer2',
    'peer6',
    'peer5',
    'peer4',
    'peer3',
    'peer1',
    'peer0',
  ])
  expect(names[0]).toMatchObject({
    with: 'peer2',
    unread: 1,
    newest: { with: 'peer2', from: 'ann', content: { text: 'and back' } },
  })

  const byKey = await call(stack, '/v1/conversations?account=ann')
  expect(byKey.json.conversations).toEqual(names)
})

test('a conversation is read from both ends, and says how far it has been read', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  for (let i = 0; i < 5; i += 1) {
    await stack.send(i % 2 ? 'ann' : 'shop', [i % 2 ? 'shop' : 'ann'], { text: `${i}` })
  }
  const credential = await stack.token('ann')
  const page = async (query: string) => {
    const path = `/v1/conversations/shop/messages${query}`
    const { json } = await call(stack, path, { credential })
    const messages = json.messages as { id: string; content: { text: string } }[]
    return { ...json, texts: messages.map(({ content }) => content.text), messages }
  }
  const newest = await page('?limit=2')
  expect(newest).toMatchObject({ texts: ['4', '3'], unread: 3, readUpTo: null, peerReadUpTo: null })
  const older = await page(`?limit=4&before=${(newest as Json).next}`)
  expect(older).toMatchObject({ texts: ['2', '1', '0'], next: null })
  const first = older.messages.at(-1)!.id
  expect((await page(`?after=${first}&limit=2`)).texts).toEqual(['1', '2'])
  expect((await page(`?after=${first}&before=${newest.messages[0]!.id}`)).texts).toEqual([
    '1',
    '2',
    '3',
  ])

  const upTo = older.messages[0]!.id
  const read = await call(stack, '/v1/conversations/shop/read', { credential, body: { upTo } })
  expect(read.json).toEqual({ unread: 1, unreadTotal: 1 })
  expect(await page('')).toMatchObject({ unread: 1, readUpTo: upTo })
  const all = await call(stack, '/v1/conversations/shop/read?account=ann', { method: 'POST' })
  expect(all.json).toEqual({ unread: 0, unreadTotal: 0 })
  const byShop = await call(stack, '/v1/conversations/ann/messages?account=shop')
  expect(byShop.json.peerReadUpTo).toEqual(((await page('')) as Json).readUpTo)
})

test('unread is told over all conversations and of one', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'bank', 'ann')
  await stack.send('shop', ['ann', 'ann'])
  await stack.send('bank', ['ann'])
  const credential = stack.userSig('ann')
  expect((await call(stack, '/v1/unread', { credential })).json).toEqual({ unreadTotal: 3 })
  expect((await call(stack, '/v1/unread?with=shop', { credential })).json).toEqual({
    unread: 2,
    unreadTotal: 3,
  })
  expect((await call(stack, '/v1/unread?account=ann')).json).toEqual({ unreadTotal: 3 })
})

test.each([
  ['/v1/conversations', 'account'],
  ['/v1/conversations?account=', 'account'],
  ['/v1/conversations?account=ann&limit=0', 'limit'],
  ['/v1/conversations?account=ann&limit=201', 'limit'],
  ['/v1/conversations?account=ann&limit=1e2', 'limit'],
  ['/v1/conversations?account=ann&before=yesterday', 'before'],
  ['/v1/conversations/shop/messages?account=ann&after=1', 'after'],
])('GET %s names the field that is wrong', async (path, field) => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  expect(await call(stack, path)).toMatchObject({
    status: 400,
    json: { error: { code: 'invalidRequest', field } },
  })
})

test('who reads what is not its own is refused', async () => {
  await using stack = await openStack({ env: { CARILLON_BLOCKED_ACCOUNTS: 'mallory' } })
  const [ann] = await stack.accounts('ann', 'bob', 'mallory')
  const second = Math.floor(Date.now() / 1000)
  const sig = stack.userSig('ann', second)
  const path = '/v1/conversations'
  expect(await call(stack, `${path}?account=bob`, { credential: sig })).toMatchObject({
    status: 401,
  })
  expect(await call(stack, path, { credential: stack.userSig('mallory') })).toMatchObject({
    status: 403,
    json: { error: { code: 'forbidden' } },
  })
  expect(await call(stack, path, { credential: sig })).toMatchObject({ status: 200 })
  await stack.pipeline.revoke(ann!, second)
  for (const credential of [sig, await stack.token('ann', second)]) {
    expect(await call(stack, path, { credential })).toMatchObject({ status: 401 })
  }
})

test('paths that are not served and methods that are not taken say so', async () => {
  await using stack = await openStack()
  for (const path of ['/', '/v1', '/v1/', '/v1/nothing', '/v1/accounts/a/b', '/v1/tokens/']) {
    expect(await call(stack, path)).toMatchObject({
      status: 404,
      json: { error: { code: 'notFound', number: errors.notFound.code } },
    })
  }
  for (const [method, path, allow] of [
    ['DELETE', '/v1/accounts', 'POST'],
    ['GET', '/v1/accounts', 'POST'],
    ['POST', '/v1/accounts/ann', 'GET'],
    ['PUT', '/v1/tokens', 'POST'],
    ['POST', '/v1/conversations', 'GET'],
    ['GET', '/v1/conversations/ann/read', 'POST'],
  ] as const) {
    const answer = await call(stack, path, { method })
    expect(answer).toMatchObject({ status: 405, json: { error: { code: 'methodNotAllowed' } } })
    expect(answer.headers.get('allow')).toBe(allow)
  }
})

test('a message that is damaged keeps its place in lists, with an error', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  await stack.send('shop', ['ann'], { text: 'first' })
  const { place } = await stack.send('shop', ['ann'], { text: 'second' })
  const { journal } = stack.engines
  const read = journal.read.bind(journal)
  journal.read = async (places) =>
    (await read(places)).map((stored) => (stored?.place === place ? null : stored))

  const { json } = await call(stack, '/v1/conversations/shop/messages?account=ann')
  const [damaged, whole] = json.messages as Json[]
  expect(damaged).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{24}$/),
    error: { code: 'damaged', number: 3001, message: errors.damaged.meaning },
  })
  expect(whole).toMatchObject({ content: { text: 'first' } })
  const list = await call(stack, '/v1/conversations?account=ann')
  expect(list.json.conversations).toMatchObject([{ with: 'shop', newest: { id: damaged!.id } }])
})

test('a fault that nobody expected is told apart from the rest, and hides its details', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  stack.engines.index.conversations = () => Promise.reject(new Error('the inside'))
  const answer = await call(stack, '/v1/conversations?account=ann')
  expect(answer).toMatchObject({ status: 500, json: { error: { code: 'internal' } } })
  expect(JSON.stringify(answer.json)).not.toContain('inside')
})
