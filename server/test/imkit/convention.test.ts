/** What holds for every call of the IMKIT door: credentials, envelope, bodies, paths. */
import { connect } from 'node:net'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../../src/domain/errors.ts'
import { type Json, openDoor, secrets, type TestDoor, withToken } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['ann'] })
})
afterEach(() => door[Symbol.asyncDispose]())

const ANN = '/admin/clients/ann'
const key = secrets.apiKey
const clientKey = secrets.clientKey

describe('the API key', () => {
  test.each([[{ 'IM-API-KEY': key }], [{ API_KEY: key }], [{ 'im-api-key': key }]])(
    'is taken from %j',
    async (headers) => {
      const { status, body } = await door.call('GET', ANN, headers)
      expect(status).toBe(200)
      expect(body).toMatchObject({ RC: 0, RM: 'OK', result: { _id: 'ann', id: 'ann' } })
    },
  )

  test('may call the routes of clients, as the client of the platform or a named one', async () => {
    expect((await door.platform('GET', '/me')).result._id).toBe('admin')
    const headers = { 'IM-API-KEY': key, 'IM-CLIENT-ID': 'ann' }
    expect((await door.call('GET', '/me', headers)).result._id).toBe('ann')
    const unknown = await door.call('GET', '/me', { ...headers, 'IM-CLIENT-ID': 'zoe' })
    expect(unknown.code).toBe('CLIENT_NOT_FOUND')
  })

  test('counts only from the addresses that may use it', async () => {
    const env = { CARILLON_PLATFORM_API_SOURCES: '10.0.0.0/8, ::1' }
    await using elsewhere = await openDoor({ env, accounts: ['ann'] })
    const { status, code } = await elsewhere.platform('GET', ANN)
    expect([status, code]).toEqual([403, 'PERMISSION_DENIED'])
  })
})

describe('a token', () => {
  test('is taken from either header, with or without the word Bearer', async () => {
    const token = await door.token('ann')
    for (const headers of [
      { 'IM-CLIENT-KEY': clientKey, 'IM-Authorization': token },
      { CLIENT_KEY: clientKey, Authorization: token },
      { CLIENT_KEY: clientKey, Authorization: `Bearer ${token}` },
      { CLIENT_KEY: clientKey, 'IM-Authorization': token, Authorization: 'something else' },
      { CLIENT_KEY: clientKey, Authorization: token, 'IM-CLIENT-ID': 'zoe' },
    ]) {
      expect((await door.call('GET', '/me', headers)).result?._id).toBe('ann')
    }
  })
})

describe('who may not call', () => {
  const token = () => door.token('ann')
  test.each<[string, string, () => Promise<Record<string, string>>, number, string]>([
    ['nobody, the platform', ANN, async () => ({}), 401, 'MISSING_API_KEY'],
    ['nobody, a client', '/me', async () => ({}), 401, 'UNAUTHORIZED'],
    ['a wrong API key', ANN, async () => ({ API_KEY: 'x' }), 401, 'INVALID_API_KEY'],
    [
      'a wrong API key on a route of clients',
      '/me',
      async () => ({ API_KEY: 'x' }),
      401,
      'INVALID_API_KEY',
    ],
    ['the client key alone', '/me', async () => ({ CLIENT_KEY: clientKey }), 401, 'UNAUTHORIZED'],
    ['an unknown token', '/me', async () => withToken('x'), 401, 'INVALID_TOKEN'],
    [
      'an unknown token without client key',
      '/me',
      async () => ({ Authorization: 'x' }),
      401,
      'INVALID_TOKEN',
    ],
    [
      'no client key',
      '/me',
      async () => ({ Authorization: await token() }),
      403,
      'MISSING_CLIENT_KEY',
    ],
    [
      'a wrong client key',
      '/me',
      async () => ({ ...withToken(await token()), 'IM-CLIENT-KEY': 'x' }),
      403,
      'INVALID_CLIENT_KEY',
    ],
    [
      'a token, a route of the platform',
      ANN,
      async () => withToken(await token()),
      403,
      'PERMISSION_DENIED',
    ],
  ])('%s', async (_who, path, headers, http, code) => {
    const { status, body } = await door.call('GET', path, await headers())
    expect(body).toMatchObject({ RC: http, RM: expect.any(String), error: { code } })
    expect(status).toBe(http)
  })

  test('a client that is blocked', async () => {
    await using closed = await openDoor({ env: { CARILLON_BLOCKED_ACCOUNTS: 'ann' } })
    const { status, code } = await closed.as('ann', 'GET', '/me')
    expect([status, code]).toEqual([403, 'PERMISSION_DENIED'])
  })
})

test('more calls a minute than allowed are refused, each key by itself', async () => {
  let now = Date.now()
  const env = { CARILLON_IMKIT_CALLS_PER_MINUTE: '2' }
  await using limited = await openDoor({ env, accounts: ['ann'], now: () => now })
  expect((await limited.as('ann', 'GET', '/me')).status).toBe(200)
  expect((await limited.platform('GET', ANN)).status).toBe(200)
  const { status, body, headers } = await limited.platform('GET', ANN)
  expect(status).toBe(429)
  expect(body).toMatchObject({ RC: 429, error: { code: 'RATE_LIMIT_EXCEEDED', retryAfter: 30 } })
  expect(headers.get('retry-after')).toBe('30')
  now += 30_000
  expect((await limited.platform('GET', ANN)).status).toBe(200)
})

describe('a path', () => {
  test('may end in a slash, and its parameters are percent-decoded', async () => {
    await door.door.pipeline.importAccounts([{ id: 'ä/b c' }])
    expect((await door.platform('GET', `${ANN}/`)).status).toBe(200)
    const path = `/admin/clients/${encodeURIComponent('ä/b c')}`
    expect((await door.platform('GET', path)).result._id).toBe('ä/b c')
    const { status, code } = await door.platform('GET', '/admin/clients/%e4')
    expect([status, code]).toEqual([400, 'INVALID_QUERY'])
  })

  test('that nobody serves is answered in the envelope', async () => {
    const { status, body } = await door.platform('GET', '/rooms/r/unknown/thing')
    expect(status).toBe(404)
    expect(body).toEqual({
      RC: 404,
      RM: 'nothing is served at /rooms/r/unknown/thing',
      error: { code: 'NOT_FOUND', message: 'nothing is served at /rooms/r/unknown/thing' },
    })
  })

  test('knows its methods', async () => {
    const { status, code, headers } = await door.platform('DELETE', '/admin/clients')
    expect([status, code]).toEqual([405, 'METHOD_NOT_ALLOWED'])
    expect(headers.get('allow')).toBe('POST, GET')
  })

  test('that is got may be asked for its head', async () => {
    const { status, body, headers } = await door.platform('HEAD', ANN)
    expect([status, body]).toEqual([200, undefined])
    expect(Number(headers.get('content-length'))).toBeGreaterThan(0)
  })
})

describe('a body', () => {
  const post = (body: string | Uint8Array) => door.platform('POST', '/admin/clients', body)

  test.each([
    ['no JSON', 'hello'],
    ['cut off', '{"_id":'],
    ['an array', '[]'],
    ['a string', '"ann"'],
    ['null', 'null'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('that is %s is refused', async (_what, body) => {
    const { status, code } = await post(body)
    expect([status, code]).toEqual([400, 'INVALID_BODY'])
  })

  test('may begin with a byte order mark, and may be missing', async () => {
    expect((await post('\ufeff{"_id":"bob"}')).result._id).toBe('bob')
    expect((await post('')).code).toBe('MISSING_PARAMETER')
    expect((await post(' \n')).code).toBe('MISSING_PARAMETER')
  })

  test('that is too large is refused, and read to its end', async () => {
    await using small = await openDoor({ env: { CARILLON_BODY_BYTES_MAX: '2048' } })
    const description = 'x'.repeat(1_000_000)
    const { status, code } = await small.platform('POST', '/admin/clients', {
      _id: 'a',
      description,
    })
    expect([status, code]).toEqual([413, 'BODY_TOO_LARGE'])
  })

  test('of any depth is no fault of the server', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    for (const field of ['extra', 'message', 'template', 'contents', 'images', 'paras', 'other']) {
      const body = `{"messageType":"x","paras":[{"receiver":"ann"}],"${field}":${deep}}`
      expect((await door.platform('POST', '/messages/batch', body)).status).toBeLessThan(500)
    }
  })
})

describe('an answer', () => {
  const decoders = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync }

  beforeEach(async () => {
    const change = { _id: 'ann', description: 'long '.repeat(390) }
    await door.platform('POST', '/admin/clients', change)
  })

  test.each<[string, keyof typeof decoders | null]>([
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0, GZIP;q=0.5', 'gzip'],
    ['identity', null],
    ['', null],
    ['gzip;q=0.0, zstd', null],
  ])('to a caller that takes %j is encoded with %s', async (accepted, encoding) => {
    const { head, body } = await raw(
      `GET ${ANN} HTTP/1.1\r\nAPI_KEY: ${key}\r\nAccept-Encoding: ${accepted}`,
    )
    expect(/content-encoding: (\w+)/i.exec(head)?.[1] ?? null).toBe(encoding)
    const text = encoding === null ? body : decoders[encoding](body)
    expect(JSON.parse(String(text)).result._id).toBe('ann')
  })

  test('that is small is not compressed', async () => {
    const { head } = await raw(
      `GET /auths/token HTTP/1.1\r\nAPI_KEY: ${key}\r\nAccept-Encoding: gzip`,
    )
    expect(head).not.toMatch(/content-encoding/i)
  })

  /** One request on a connection of its own, so that nothing is decoded on the way. */
  async function raw(request: string): Promise<{ head: string; body: Buffer }> {
    const socket = connect(Number(new URL(door.url).port), '127.0.0.1')
    socket.write(`${request}\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const end = bytes.indexOf('\r\n\r\n')
    return { head: String(bytes.subarray(0, end)), body: bytes.subarray(end + 4) }
  }
})

describe('a page of another origin', () => {
  const asks = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' }

  test('may call with every header that clients use', async () => {
    const { status, headers } = await door.call('OPTIONS', '/messages/batch', asks)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-methods')).toBe(
      'GET, POST, PUT, DELETE, HEAD, OPTIONS',
    )
    const allowed = headers.get('access-control-allow-headers')!.toLowerCase().split(', ')
    for (const name of [
      'im-authorization',
      'client_key',
      'api_key',
      'x-timezone',
      'content-type',
    ]) {
      expect(allowed).toContain(name)
    }
    const answer = await door.call('GET', '/me', { Origin: 'https://app.example' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('may call only when it is one of the named ones', async () => {
    const env = { CARILLON_CORS_ORIGINS: 'https://app.example, http://localhost:8080' }
    await using named = await openDoor({ env })
    for (const [Origin, allowed] of [
      ['https://app.example', 'https://app.example'],
      ['http://localhost:8080', 'http://localhost:8080'],
      ['https://evil.example', null],
    ] as const) {
      const { headers } = await named.call('GET', '/me', { Origin })
      expect(headers.get('access-control-allow-origin')).toBe(allowed)
      expect(headers.get('vary')).toMatch(/origin/i)
    }
  })
})

describe('when something breaks', () => {
  const broken = (error: unknown) =>
    openDoor({
      accounts: ['ann', 'bob'],
      pipeline: (pipeline) => ({ ...pipeline, accept: () => Promise.reject(error) }),
    })
  const body = { message: 'hi', paras: [{ receiver: 'ann' }] }

  test.each<[Fault, number, string]>([
    [new Fault('diskFull'), 507, 'STORAGE_FULL'],
    [new Fault('overloaded'), 503, 'SERVICE_UNAVAILABLE'],
    [new Fault('stopping'), 503, 'SERVICE_UNAVAILABLE'],
    [new Fault('tooLarge'), 413, 'MESSAGE_TOO_LARGE'],
  ])('%s', async (fault, http, code) => {
    await using door = await broken(fault)
    const { status, body: answer } = await door.platform('POST', '/messages/batch', body)
    expect(status).toBe(http)
    expect(answer).toMatchObject({ RC: http, RM: fault.message, error: { code } })
    expect(door.logged).toEqual([])
  })

  test('unexpectedly, the caller learns that it did, and the log why', async () => {
    await using door = await broken(new Error('a secret'))
    const { status, body: answer } = await door.platform('POST', '/messages/batch', body)
    expect(status).toBe(500)
    expect(answer).toMatchObject({
      RC: 500,
      RM: 'internal error',
      error: { code: 'INTERNAL_ERROR' },
    })
    expect(JSON.parse(door.logged[0]!) as Json).toMatchObject({
      route: 'POST /messages/batch',
      err: { message: 'a secret' },
    })
  })
})
