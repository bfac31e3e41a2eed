import { decodeJwt, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { looksLikeToken, openTokens } from './tokens.ts'

const tokens = openTokens('a secret')
const token = { account: 'ann', issuedAtSeconds: 1000, expiresAtSeconds: 2000 }

test('a token that was made is read again, until it expires', async () => {
  const jwt = await tokens.make(token)
  expect(looksLikeToken(jwt)).toBe(true)
  expect(await tokens.verify(jwt, 1999)).toEqual({ ok: true, token })
  expect(await tokens.verify(jwt, 2000)).toEqual({ ok: false, fault: 'expired' })
})

test('tokens of one second differ in their serial', async () => {
  const first = await tokens.make({ ...token, serial: 'a' }, { nickname: 'Ann' })
  const second = await tokens.make({ ...token, serial: 'b' })
  expect(first).not.toBe(second)
  expect(await tokens.verify(first, 1500)).toEqual({ ok: true, token: { ...token, serial: 'a' } })
  expect(decodeJwt(first)).toMatchObject({ id: 'ann', nickname: 'Ann', jti: 'a' })
})

test('a token of another secret, without a signature or changed is forged', async () => {
  const jwt = await tokens.make(token)
  const [head, , signature] = jwt.split('.')
  const claims = btoa(JSON.stringify({ id: 'bob', iat: 1000, exp: 2000 }))
  const unsigned = new UnsecuredJWT({ id: 'ann' }).setIssuedAt(1000).setExpirationTime(2000)
  for (const forged of [
    await openTokens('another secret').make(token),
    `${head}.${claims.replaceAll('=', '')}.${signature}`,
    unsigned.encode(),
  ]) {
    expect(await tokens.verify(forged, 1500)).toEqual({ ok: false, fault: 'forged' })
  }
})

test('whatever else comes is malformed, and nothing is thrown', async () => {
  for (const text of ['', 'a.b', 'a.b.c', '...', '\0', 'eyJ.eyJ.x']) {
    expect(await tokens.verify(text, 1500)).toEqual({ ok: false, fault: 'malformed' })
  }
})
