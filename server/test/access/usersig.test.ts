import { createHmac } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkUserSig,
  makeUserSig,
  readUserSig,
  type UserSigExpectation,
  verifyUserSig,
} from '../../src/access/usersig.ts'

const K1 = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e'
const T = 1_700_000_000

interface Vector {
  key: string
  account: string
  sdkAppId: number
  expireSeconds: number
  userbuf?: string
  signature: string
}

// Made with the official Node library at a fixed clock, confirmed by an independent one.
const vectors: Record<string, Vector> = {
  A: {
    key: K1,
    account: 'administrator',
    sdkAppId: 1_400_000_000,
    expireSeconds: 15_552_000,
    signature: 'JCzxanF8NTTXau4m+2h9wv7gYJnyNksm0xm1NEXU274=',
  },
  B: {
    key: K1,
    account: 'xiaojun',
    sdkAppId: 1_400_000_000,
    expireSeconds: 15_552_000,
    signature: 'LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4=',
  },
  C: {
    key: K1,
    account: 'xiaojun',
    sdkAppId: 1_400_000_000,
    expireSeconds: 15_552_000,
    userbuf: 'abc',
    signature: 'QjT201xPkXk/aM1e+y0vakZb0K2iPrFue++0s5y6bFM=',
  },
  D: {
    key: K1,
    account: 'bonnie',
    sdkAppId: 1_400_000_000,
    expireSeconds: 60,
    signature: 'oRuzCC3zGIRSxeOlE235uupufTiNnMmBaVJa7ldSXkA=',
  },
  E: {
    key: 's3cr3t',
    account: 'admin',
    sdkAppId: 88_888_888,
    expireSeconds: 3600,
    signature: 'cBoCkmDdy60bbpwHMSBciS4q0Lv6+CwCGGFsIND3SW0=',
  },
  F: {
    key: K1,
    account: '用户1',
    sdkAppId: 1_400_000_000,
    expireSeconds: 3600,
    signature: 'vAapvVylgLToIroLDOaRPYI4Syfj1VfX/r9G+1LOThw=',
  },
}

const encodingsOfA = {
  'zlib level 6':
    'eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwokpuZl5mcUlRYkl*UVQBcUp2YkFBZkpSlaGJgZQAJEpycxNVbIyNEcVTa0oyCwCiZuamhrBRYsz05WslLycqyoS89ws-EJCIhJLTXK1jTIsy8vM0yO98ir9sotzDSpyDf1cI0KNzE1slWoBQr40pw__',
  'with spaces':
    'eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkElNyM-Myi0uKEkvyi2BKilOyEwsKMlOACgxNDKAAKpdaUZBZlAqSMTU1NUKIl2TmgkXN0dQXZ6aD7PFyrqpIzHOz8AsJiUgsNcnVNsqwLC8zT4-0yqv0yy7ONajINfRzjQg1MjexVaoFANTGNgc_',
  'stored, zlib level 0':
    'eAEBsgBN-3siVExTLnZlciI6IjIuMCIsIlRMUy5pZGVudGlmaWVyIjoiYWRtaW5pc3RyYXRvciIsIlRMUy5zZGthcHBpZCI6MTQwMDAwMDAwMCwiVExTLmV4cGlyZSI6MTU1NTIwMDAsIlRMUy50aW1lIjoxNzAwMDAwMDAwLCJUTFMuc2lnIjoiSkN6eGFuRjhOVFRYYXU0bSsyaDl3djdnWUpueU5rc20weG0xTkVYVTI3ND0ifQqDHzSx',
}

const sigOfD =
  'eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwkn5eXmZqVCZ4pTsxIKCzBQlK0MTAyiAyJRk5qYqWRmao4qmVhRkFqUqWZlB*cWZ6UpWSvlBpVXOzsZV7p5BwRWp-jmuRsampaUFpWkhmX55vrlOiWFeieY5KcER2Y62SrUAYs0xDg__'

function expected({ account, sdkAppId, key }: Vector): UserSigExpectation {
  return { account, sdkAppId, key, nowSeconds: T }
}

describe('the reference vectors', () => {
  test.each(Object.entries(vectors))('%s is signed as the reference signs it', (_name, vector) => {
    const sig = makeUserSig({ ...vector, nowSeconds: T })
    expect(readUserSig(sig)).toEqual({
      account: vector.account,
      sdkAppId: String(vector.sdkAppId),
      issuedAtSeconds: T,
      expireSeconds: vector.expireSeconds,
      userbuf: vector.userbuf && Buffer.from(vector.userbuf).toString('base64'),
      signature: vector.signature,
    })
    expect(verifyUserSig(sig, expected(vector))).toEqual({ ok: true, issuedAtSeconds: T })
  })

  test.each(Object.entries(encodingsOfA))('A verifies in the encoding %s', (_name, sig) => {
    expect(readUserSig(sig)?.signature).toBe(vectors.A!.signature)
    expect(verifyUserSig(sig, expected(vectors.A!))).toEqual({ ok: true, issuedAtSeconds: T })
  })

  test('D is good in its last second and expired in the next', () => {
    const at = (nowSeconds: number) =>
      verifyUserSig(sigOfD, { ...expected(vectors.D!), nowSeconds })
    expect(at(T + 60)).toEqual({ ok: true, issuedAtSeconds: T })
    expect(at(T + 61)).toEqual({ ok: false, fault: 'expired' })
  })
})

describe('what a verifier refuses', () => {
  const sig = makeUserSig({ account: '3', sdkAppId: 1, key: '2', nowSeconds: T, expireSeconds: 4 })
  const good: UserSigExpectation = { account: '3', sdkAppId: 1, key: '2', nowSeconds: T }
  const fault = (text: string, change: Partial<UserSigExpectation> = {}) => {
    const verdict = verifyUserSig(text, { ...good, ...change })
    return verdict.ok ? 'none' : verdict.fault
  }

  test('the cases of the official unit test', () => {
    expect(fault(sig)).toBe('none')
    expect(fault(sig, { nowSeconds: T + 3600 })).toBe('expired')
    expect(fault(sig, { sdkAppId: 2 })).toBe('app')
    expect(fault(sig, { account: '4' })).toBe('account')
    expect(fault(sig, { key: '5' })).toBe('forged')
  })

  test('a signature of a userbuf passes for no other userbuf, and not for none', () => {
    const document = documentOf({ 'TLS.userbuf': 'YWJj' })
    expect(fault(encode(document))).toBe('none')
    expect(fault(encode({ ...document, 'TLS.userbuf': 'YWJk' }))).toBe('forged')
    expect(fault(encode({ ...document, 'TLS.userbuf': undefined }))).toBe('forged')
    expect(fault(encode({ ...documentOf({}), 'TLS.userbuf': 'YWJj' }))).toBe('forged')
  })

  test('the first fault in the documented order is the one reported', () => {
    const change = { sdkAppId: 2, account: '4', nowSeconds: T + 5, revokedAtSeconds: T, key: '5' }
    const { sdkAppId: _app, ...rightApp } = change
    const { account: _account, ...rightAccount } = rightApp
    const { nowSeconds: _now, ...rightTime } = rightAccount
    const { revokedAtSeconds: _revoked, ...rightRevocation } = rightTime
    expect(fault('', change)).toBe('empty')
    expect(fault('eJ', change)).toBe('malformed')
    expect(fault(sig, change)).toBe('app')
    expect(fault(sig, rightApp)).toBe('account')
    expect(fault(sig, rightAccount)).toBe('expired')
    expect(fault(sig, rightTime)).toBe('revoked')
    expect(fault(sig, rightRevocation)).toBe('forged')
  })

  test('what was issued in the second of a revocation is refused, the next second is not', () => {
    expect(fault(sig, { revokedAtSeconds: T })).toBe('revoked')
    expect(fault(sig, { revokedAtSeconds: T - 1 })).toBe('none')
  })

  test('a time in the future is accepted', () => {
    expect(fault(sig, { nowSeconds: T - 100_000 })).toBe('none')
  })

  test('an app id written as a decimal string is accepted', () => {
    expect(fault(encode(documentOf({ 'TLS.sdkappid': '1' })))).toBe('none')
    expect(fault(encode(documentOf({ 'TLS.sdkappid': '0x1' })))).toBe('malformed')
  })

  test.each([
    ['no lifetime, as when a JavaScript caller forgets it', { 'TLS.expire': null }],
    ['a lifetime in a string', { 'TLS.expire': '4' }],
    ['a time that is not whole', { 'TLS.time': T + 0.5 }],
    ['another version', { 'TLS.ver': '1.0' }],
    ['a version in a number', { 'TLS.ver': 2 }],
    ['an empty account', { 'TLS.identifier': '' }],
    ['an account with a line break', { 'TLS.identifier': '3\nTLS.sdkappid:1' }],
    ['an account that is not Unicode', { 'TLS.identifier': '\ud800' }],
    ['a userbuf that is not base64', { 'TLS.userbuf': 'a\nTLS.time:1' }],
    ['a userbuf that is not text', { 'TLS.userbuf': null }],
    ['no signature', { 'TLS.sig': undefined }],
  ])('%s is malformed', (_name, change) => {
    expect(fault(encode({ ...documentOf(change), ...change }))).toBe('malformed')
  })

  test.each([
    ['standard base64', deflateSync(JSON.stringify(documentOf({}))).toString('base64')],
    ['a space', `${sig.slice(0, 8)} ${sig.slice(9)}`],
    ['a line break at the end', `${sig}\n`],
    ['padding inside', `${sig.slice(0, 4)}__${sig.slice(6)}`],
    ['one character too few', sig.slice(0, -1)],
    ['half of it', sig.slice(0, Math.floor(sig.length / 8) * 4)],
    ['JSON that is no object', encode('2.0')],
    ['JSON null', encode(null)],
    ['no JSON', encodeBytes(deflateSync('{'))],
    ['text that is not UTF-8', encodeBytes(deflateSync(Buffer.from([0x22, 0xff, 0x22])))],
    ['no zlib', encodeBytes(Buffer.from('{}'))],
    ['an endless string', 'A'.repeat(1_000_000)],
  ])('%s is malformed', (_name, text) => {
    expect(fault(text)).toBe('malformed')
  })

  test('an inflated document may have 8 KiB and no more', () => {
    const padded = (bytes: number) => {
      const document = JSON.stringify(documentOf({}))
      return encodeBytes(deflateSync(document + ' '.repeat(bytes - document.length)))
    }
    expect(fault(padded(8192))).toBe('none')
    expect(fault(padded(8193))).toBe('malformed')
    expect(fault(encodeBytes(deflateSync(Buffer.alloc(50_000_000, ' '))))).toBe('malformed')
  })

  test('an account that would forge lines of the signed text cannot be signed', () => {
    const account = 'a\nTLS.sdkappid:1'
    const make = () =>
      makeUserSig({ account, sdkAppId: 1, key: 'k', nowSeconds: T, expireSeconds: 1 })
    expect(make).toThrow(TypeError)
  })
})

describe('for any input', () => {
  const account = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 40 })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an account has none
    .filter((id) => !/[\u0000-\u001f\u007f]/.test(id))
  const options = fc.record(
    {
      account,
      sdkAppId: fc.integer({ min: 1, max: 0xffffffff }),
      key: fc.string({ unit: 'binary', minLength: 1 }),
      nowSeconds: fc.integer({ min: 0, max: 0xffffffff }),
      expireSeconds: fc.integer({ min: 0, max: 0xffffffff }),
      userbuf: fc.uint8Array({ maxLength: 64 }),
    },
    { requiredKeys: ['account', 'sdkAppId', 'key', 'nowSeconds', 'expireSeconds'] },
  )

  test('what is made verifies', () => {
    fc.assert(
      fc.property(options, (made) => {
        const verdict = verifyUserSig(makeUserSig(made), made)
        expect(verdict).toEqual({ ok: true, issuedAtSeconds: made.nowSeconds })
      }),
    )
  })

  test('a changed character never makes it the signature of another account', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_+/= '
    fc.assert(
      fc.property(options, fc.nat(), fc.constantFrom(...alphabet), (made, at, character) => {
        const sig = makeUserSig(made)
        const changed = sig.slice(0, at % sig.length) + character + sig.slice((at % sig.length) + 1)
        const fields = readUserSig(changed)
        if (fields === null) return
        const verdict = checkUserSig(fields, { ...made, account: fields.account })
        if (verdict.ok) expect(fields.account).toBe(made.account)
      }),
      { numRuns: 2000 },
    )
  })

  test('a changed field is never taken as signed', () => {
    fc.assert(
      fc.property(options, account, (made, other) => {
        fc.pre(other !== made.account)
        const fields = { ...readUserSig(makeUserSig(made))!, account: other }
        expect(checkUserSig(fields, { ...made, account: other }).ok).toBe(false)
      }),
    )
  })

  test('garbage is malformed and never throws', () => {
    const bytes = fc.uint8Array({ maxLength: 300 })
    const garbage = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.base64String({ minLength: 4 }),
      bytes.map((some) => encodeBytes(some)),
      bytes.map((some) => encodeBytes(deflateSync(some))),
      fc.json().map((json) => encodeBytes(deflateSync(json))),
    )
    fc.assert(
      fc.property(garbage, (text) => {
        fc.pre(text !== '')
        const verdict = verifyUserSig(text, expected(vectors.A!))
        expect(verdict).toEqual({ ok: false, fault: 'malformed' })
      }),
      { numRuns: 1000 },
    )
  })
})

type Document = Record<string, unknown>

/** The document of account 3 of app 1 with key 2, signed after the change. */
function documentOf(change: Document): Document {
  const document: Document = {
    'TLS.ver': '2.0',
    'TLS.identifier': '3',
    'TLS.sdkappid': 1,
    'TLS.time': T,
    'TLS.expire': 4,
    ...change,
  }
  const names = ['identifier', 'sdkappid', 'time', 'expire']
  if ('TLS.userbuf' in change) names.push('userbuf')
  const lines = names.map((name) => `TLS.${name}:${document[`TLS.${name}`]}\n`)
  document['TLS.sig'] = createHmac('sha256', '2').update(lines.join('')).digest('base64')
  return document
}

function encode(document: unknown): string {
  return encodeBytes(deflateSync(JSON.stringify(document)))
}

function encodeBytes(bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes).toString('base64')
  return base64.replaceAll('+', '*').replaceAll('/', '-').replaceAll('=', '_')
}
