import { createECDH } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  decodeRecords,
  decrypt,
  newBrowser,
} from '../../src/pushers/sandbox/web-push-decryption.ts'
import {
  contentKeys,
  encrypt,
  keyMaterialOf,
  PLAINTEXT_BYTES_MAX,
  readSubscriptionKeys,
} from '../../src/pushers/web-push/encryption.ts'

/** RFC 8291, section 5 and appendix A. */
const example = {
  plaintext: 'When I grow up, I want to be a watermelon',
  senderPrivate: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  senderPublic:
    'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
  browserPrivate: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
  browserPublic:
    'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  secret: 'BTBZMqHH6r4Tts7J_aSIgg',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  shared: 'kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs',
  keyMaterial: 'S4lYMb_L0FxCeq0WhDx813KgSYqU26kOyzWUdsXYyrg',
  key: 'oIhVW04MRdy2XN9CiKLxTg',
  nonce: '4h_95klXJ5E_qnoN',
  body:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS' +
    '6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu' +
    'lcy4a-fN',
}

const bytes = (text: string) => Buffer.from(text, 'base64url')
const text = (buffer: Buffer) => buffer.toString('base64url')

function pairOf(privateKey: string) {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(bytes(privateKey))
  return pair
}

const subscription = readSubscriptionKeys({ p256dh: example.browserPublic, auth: example.secret })!

test('every value of the example of RFC 8291 comes out', () => {
  const sender = pairOf(example.senderPrivate)
  expect(text(sender.getPublicKey())).toBe(example.senderPublic)
  const shared = sender.computeSecret(subscription.publicKey)
  expect(text(shared)).toBe(example.shared)
  const keyMaterial = keyMaterialOf(shared, subscription, sender.getPublicKey())
  expect(text(keyMaterial)).toBe(example.keyMaterial)
  const { key, nonce } = contentKeys(keyMaterial, bytes(example.salt))
  expect(text(key)).toBe(example.key)
  expect(text(nonce)).toBe(example.nonce)
  const body = encrypt(Buffer.from(example.plaintext), subscription, sender, bytes(example.salt))
  expect(text(body)).toBe(example.body)
})

test('the browser of RFC 8291 reads the example', () => {
  const browser = { pair: pairOf(example.browserPrivate), secret: bytes(example.secret) }
  expect(String(decrypt(bytes(example.body), browser))).toBe(example.plaintext)
})

test.each([
  {
    section: '3.1, one record',
    keyId: '',
    keyMaterial: 'yqdlZ-tYemfogSmv7Ws5PQ',
    body: 'I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg',
  },
  {
    section: '3.2, two records with padding',
    keyId: 'a1',
    keyMaterial: 'BO3ZVPxUlnLORbVGMpbT1Q',
    body:
      'uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF' +
      '1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA',
  },
])('the example of RFC 8188, section $section, is read', ({ keyId, keyMaterial, body }) => {
  const plaintext = decodeRecords(bytes(body), (id) => {
    expect(String(id)).toBe(keyId)
    return bytes(keyMaterial)
  })
  expect(String(plaintext)).toBe('I am the walrus')
})

test('the longest plaintext makes exactly 4,096 bytes, and comes back', () => {
  const browser = newBrowser()
  const plaintext = Buffer.alloc(PLAINTEXT_BYTES_MAX, 'x')
  const keys = { publicKey: browser.pair.getPublicKey(), secret: browser.secret }
  const body = encrypt(plaintext, keys)
  expect(PLAINTEXT_BYTES_MAX).toBe(3993)
  expect(body.length).toBe(4096)
  expect(decrypt(body, browser).equals(plaintext)).toBe(true)
})

test('no two bodies are alike', () => {
  const plaintext = Buffer.from(example.plaintext)
  expect(encrypt(plaintext, subscription)).not.toEqual(encrypt(plaintext, subscription))
})

test('a changed byte, or another browser, and nothing is read', () => {
  const body = bytes(example.body)
  body[100]! ^= 1
  const browser = { pair: pairOf(example.browserPrivate), secret: bytes(example.secret) }
  expect(() => decrypt(body, browser)).toThrow()
  expect(() => decrypt(bytes(example.body), newBrowser())).toThrow()
})

test.each([
  [
    'a point that is too short',
    { p256dh: example.browserPublic.slice(0, 40), auth: example.secret },
  ],
  ['a compressed point', { p256dh: `Ag${example.browserPublic.slice(2)}`, auth: example.secret }],
  ['a short secret', { p256dh: example.browserPublic, auth: 'BTBZ' }],
  ['nothing', { p256dh: '', auth: '' }],
])('%s is no subscription', (_name, keys) => {
  expect(readSubscriptionKeys(keys)).toBeNull()
})
