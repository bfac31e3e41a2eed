import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openIdentify } from '../../src/api/native/identify.ts'
import { openDoor, secrets, type TestDoor, withToken } from './door.ts'

let door: TestDoor
let now: number
beforeEach(async () => {
  now = Date.now()
  door = await openDoor({ accounts: ['ann', 'bob'], now: () => now })
})
afterEach(() => door[Symbol.asyncDispose]())

const DAY = 86_400_000

/** Whose token it is; the code of the refusal when it is nobody's. */
async function whoseIs(token: string): Promise<string> {
  const { result, code } = await door.call('GET', '/me', withToken(token))
  return result?._id ?? code
}

describe('a token that is issued', () => {
  test('is a JWT with the client id, and is good for a week', async () => {
    const body = { _id: 'cat', nickname: 'Cat', avatarUrl: '/c.png', issueAccessToken: true }
    const { result } = await door.platform('POST', '/admin/clients', body)
    expect(result).toMatchObject({ _id: 'cat', nickname: 'Cat' })
    const { token, expirationDate, expirationDateMS } = result
    expect(decodeJwt(token)).toMatchObject({
      id: 'cat',
      nickname: 'Cat',
      avatarUrl: '/c.png',
      exp: expirationDateMS / 1000,
    })
    expect(Date.parse(expirationDate)).toBe(expirationDateMS)
    expect(await whoseIs(token)).toBe('cat')
    now = expirationDateMS - 1
    expect(await whoseIs(token)).toBe('cat')
    now = expirationDateMS
    expect(await whoseIs(token)).toBe('INVALID_TOKEN')
    expect(expirationDateMS).toBeGreaterThan(now + 7 * DAY - 8 * DAY)
  })

  test('differs from every other, and all of a client are good', async () => {
    const [first, second] = [await door.token('ann'), await door.token('ann')]
    expect(first).not.toBe(second)
    expect([await whoseIs(first), await whoseIs(second)]).toEqual(['ann', 'ann'])
  })

  test('takes the others of the client back where each has one', async () => {
    await using single = await openDoor({ env: { CARILLON_SINGLE_TOKEN: 'true' } })
    const first = await single.token('ann')
    const second = await single.token('ann')
    expect((await single.call('GET', '/me', withToken(first))).code).toBe('INVALID_TOKEN')
    expect((await single.call('GET', '/me', withToken(second))).status).toBe(200)
  })

  test('pushes out the oldest of a client that has a hundred', async () => {
    const tokens: string[] = []
    for (let i = 0; i < 101; i += 1) {
      now += 1
      tokens.push(await door.token('ann'))
    }
    expect(await whoseIs(tokens[0]!)).toBe('INVALID_TOKEN')
    expect(await whoseIs(tokens[1]!)).toBe('ann')
    expect(door.engines.directory.tokensOf(door.number('ann'))).toHaveLength(100)
  })

  test('lives as long as is asked for', async () => {
    const expirationDate = new Date(now + DAY).toISOString()
    const body = { _id: 'ann', issueAccessToken: true, expirationDate }
    const { result } = await door.platform('POST', '/admin/clients', body)
    expect(Math.abs(result.expirationDateMS - now - DAY)).toBeLessThan(1000)
  })
})

describe('a token that is brought', () => {
  const bind = (id: string, body: Record<string, unknown>) =>
    door.platform('PUT', `/admin/clients/${id}/token/`, body)

  test('may be any text that fits a header', async () => {
    const { status, result } = await bind('ann', { token: 'opaque+/=', expirationDate: now + DAY })
    expect(status).toBe(200)
    expect(result).toMatchObject({
      token: 'opaque+/=',
      client: { _id: 'ann' },
      expirationDate: new Date(now + DAY).toISOString(),
      expirationDateMS: now + DAY,
    })
    expect(await whoseIs('opaque+/=')).toBe('ann')
    now += DAY
    expect(await whoseIs('opaque+/=')).toBe('INVALID_TOKEN')
  })

  test('gets a new end when it is brought again', async () => {
    await bind('ann', { token: 't', expirationDate: now + DAY })
    await bind('ann', { token: 't', expirationDate: now + 2 * DAY })
    now += DAY
    expect(await whoseIs('t')).toBe('ann')
  })

  test('comes with the client, too', async () => {
    const body = { _id: 'cat', token: 't', issueAccessToken: true }
    expect((await door.platform('POST', '/admin/clients', body)).result.token).toBe('t')
    expect(await whoseIs('t')).toBe('cat')
  })

  test('with a date that is past has ended', async () => {
    for (const expirationDate of [new Date(now - 1).toISOString(), '1960-01-01', 0]) {
      const { status } = await bind('ann', { token: 't', expirationDate })
      expect([status, await whoseIs('t')]).toEqual([200, 'INVALID_TOKEN'])
    }
  })

  test('cannot be that of another client', async () => {
    await bind('ann', { token: 't' })
    const { status, code } = await bind('bob', { token: 't' })
    expect([status, code]).toEqual([409, 'TOKEN_CONFLICT'])
    expect(await whoseIs('t')).toBe('ann')
  })

  test.each<[string, Record<string, unknown>, number, string]>([
    ['zoe', { token: 't' }, 404, 'CLIENT_NOT_FOUND'],
    ['ann', {}, 400, 'MISSING_PARAMETER'],
    ['ann', { token: 7 }, 400, 'INVALID_REQUEST'],
    ['ann', { token: 'two words' }, 400, 'INVALID_REQUEST'],
    ['ann', { token: 'x'.repeat(4097) }, 400, 'INVALID_REQUEST'],
    ['ann', { token: 't', expirationDate: 'soon' }, 400, 'INVALID_REQUEST'],
    ['ann', { token: 't', expirationDate: 1e300 }, 400, 'INVALID_REQUEST'],
  ])('by %s with %j is refused', async (id, body, http, expected) => {
    const { status, code } = await bind(id, body)
    expect([status, code]).toEqual([http, expected])
  })
})

describe('a token that is taken back', () => {
  test('is dead at once, and its terminals end', async () => {
    const [first, second] = [await door.token('ann'), await door.token('ann')]
    const { result } = await door.platform('DELETE', '/admin/clients/ann/token', { token: first })
    expect(result).toMatchObject({ data: [{ token: first }], success: true, revokedTokens: 1 })
    expect([await whoseIs(first), await whoseIs(second)]).toEqual(['INVALID_TOKEN', 'ann'])
    expect(door.heard).toContainEqual({ what: 'closed', account: door.number('ann'), token: first })
  })

  test('is any of the client when none is named', async () => {
    const [first, second] = [await door.token('ann'), await door.token('ann')]
    const other = await door.token('bob')
    const { result } = await door.platform('DELETE', '/admin/clients/ann/token/')
    expect(result.data.map(({ token }: { token: string }) => token)).toEqual([first, second])
    expect(result.revokedTokens).toBe(2)
    expect(await whoseIs(other)).toBe('bob')
    const again = await door.platform('DELETE', '/admin/clients/ann/token')
    expect(again.result).toMatchObject({ data: [], revokedTokens: 0 })
  })

  test('has to be one of the client', async () => {
    const other = await door.token('bob')
    const { status, code } = await door.platform('DELETE', '/admin/clients/ann/token', {
      token: other,
    })
    expect([status, code]).toEqual([404, 'TOKEN_NOT_FOUND'])
    expect(await whoseIs(other)).toBe('bob')
  })

  test('opens our own door no longer', async () => {
    const { identify } = openIdentify(door.door)
    const token = await door.token('ann')
    expect((await identify(token)).id).toBe('ann')
    await door.platform('DELETE', '/admin/clients/ann/token', { token })
    await expect(identify(token)).rejects.toMatchObject({ kind: 'unauthorized' })
  })

  test('is void when all credentials of the account are, and good when it is brought again', async () => {
    const token = await door.token('ann')
    await door.door.pipeline.revoke(door.number('ann'), Math.floor(now / 1000))
    expect(await whoseIs(token)).toBe('INVALID_TOKEN')
    now += 1000
    await door.platform('PUT', '/admin/clients/ann/token', { token })
    expect(await whoseIs(token)).toBe('ann')
  })
})

describe('a client that logs out', () => {
  test('takes its own token back', async () => {
    const [first, second] = [await door.token('ann'), await door.token('ann')]
    const { status, result } = await door.call('POST', '/me/logout', withToken(first))
    expect(status).toBe(200)
    expect(result.data).toMatchObject([{ token: first }])
    expect([await whoseIs(first), await whoseIs(second)]).toEqual(['INVALID_TOKEN', 'ann'])
  })

  test('or every other one', async () => {
    const tokens = [await door.token('ann'), await door.token('ann'), await door.token('ann')]
    const { result } = await door.call('POST', '/me/logout-others', withToken(tokens[1]!))
    expect(result.data.map(({ token }: { token: string }) => token)).toEqual([tokens[0], tokens[2]])
    expect(await whoseIs(tokens[1]!)).toBe('ann')
    expect(await whoseIs(tokens[0]!)).toBe('INVALID_TOKEN')
  })
})

describe('POST /auths/sign', () => {
  test('makes the client known, and answers in the envelope in its second version', async () => {
    const body = { id: 'cat', nickname: 'Cat' }
    const { body: answer, result } = await door.platform('POST', '/auths/sign/v2', body)
    expect(answer.RC).toBe(0)
    expect(result).toMatchObject({ authType: 'Standalone JWT', id: 'cat' })
    expect(Date.parse(result.expirationDate)).toBe(result.exp * 1000)
    expect(await whoseIs(result.token)).toBe('cat')
    const [profile] = door.engines.directory.profiles([door.number('cat')])
    expect(profile!.nick).toBe('Cat')
  })

  test('answers bare in its first', async () => {
    const { body } = await door.platform('POST', '/auths/sign', { id: 'ann' })
    expect(body.RC).toBeUndefined()
    expect(await whoseIs(body.token)).toBe('ann')
  })

  test('by the client key needs a sandbox', async () => {
    const headers = { CLIENT_KEY: secrets.clientKey }
    const refused = await door.call('POST', '/auths/sign/v2', headers, { id: 'ann' })
    expect([refused.status, refused.code]).toEqual([403, 'PERMISSION_DENIED'])
    expect((await door.call('POST', '/auths/sign/v2', {}, { id: 'ann' })).code).toBe(
      'MISSING_CLIENT_KEY',
    )
    await using sandbox = await openDoor({ env: { CARILLON_SANDBOX: 'true' } })
    expect((await sandbox.call('POST', '/auths/sign/v2', headers, { id: 'ann' })).result.id).toBe(
      'ann',
    )
  })

  test('needs an id', async () => {
    expect((await door.platform('POST', '/auths/sign/v2', {})).code).toBe('MISSING_PARAMETER')
    const bad = await door.platform('POST', '/auths/sign/v2', { id: 'a\u0000b' })
    expect([bad.status, bad.code]).toEqual([400, 'INVALID_USER_ID'])
  })
})

test('GET /auths/token gives a random text of the size that is asked for', async () => {
  const { result } = await door.platform('GET', '/auths/token?size=24')
  expect(result).toMatch(/^[\w-]{24}$/)
  expect((await door.platform('GET', '/auths/token')).result).toHaveLength(16)
  expect((await door.platform('GET', '/auths/token?size=x')).code).toBe('INVALID_QUERY')
})
