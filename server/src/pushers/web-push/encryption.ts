/**
 * Encrypts what a browser alone can read (RFC 8291): the push service sees
 * lengths and nothing else. The form is one record of RFC 8188.
 */
import { createCipheriv, createECDH, type ECDH, hkdfSync, randomBytes } from 'node:crypto'

/** How a browser's subscription is written to: its point on P-256, uncompressed, and its secret. */
export interface SubscriptionKeys {
  publicKey: Buffer
  secret: Buffer
}

const RECORD_BYTES = 4096
const TAG_BYTES = 16
const SALT_BYTES = 16
const POINT_BYTES = 65
const HEADER_BYTES = SALT_BYTES + 4 + 1 + POINT_BYTES

/** 3,993: with header, padding delimiter and tag it makes the 4,096 bytes that every push service takes. */
export const PLAINTEXT_BYTES_MAX = RECORD_BYTES - HEADER_BYTES - TAG_BYTES - 1

/** Marks the last record; padding would follow it. */
const LAST = Buffer.of(2)

/** The keys of a subscription, or null: they are not what a browser gives. */
export function readSubscriptionKeys(keys: {
  p256dh: string
  auth: string
}): SubscriptionKeys | null {
  const publicKey = Buffer.from(keys.p256dh, 'base64url')
  const secret = Buffer.from(keys.auth, 'base64url')
  const isPoint = publicKey.length === POINT_BYTES && publicKey[0] === 4
  return isPoint && secret.length === SALT_BYTES ? { publicKey, secret } : null
}

/** The body of a push. Throws when the public key is not on the curve. `sender` and `salt` are used once. */
export function encrypt(
  plaintext: Buffer,
  to: SubscriptionKeys,
  sender: ECDH = newSender(),
  salt: Buffer = randomBytes(SALT_BYTES),
): Buffer {
  const shared = sender.computeSecret(to.publicKey)
  const senderPublic = sender.getPublicKey()
  const keyMaterial = keyMaterialOf(shared, to, senderPublic)
  const { key, nonce } = contentKeys(keyMaterial, salt)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  return Buffer.concat([
    recordHeader(salt, senderPublic),
    cipher.update(plaintext),
    cipher.update(LAST),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

function newSender(): ECDH {
  const sender = createECDH('prime256v1')
  sender.generateKeys()
  return sender
}

/** RFC 8291, section 3.3: both secrets of the subscription go in, and both public keys. */
export function keyMaterialOf(shared: Buffer, to: SubscriptionKeys, senderPublic: Buffer): Buffer {
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), to.publicKey, senderPublic])
  return derive(shared, to.secret, info, 32)
}

/** RFC 8188, sections 2.2 and 2.3, of the first record. */
export function contentKeys(keyMaterial: Buffer, salt: Buffer): { key: Buffer; nonce: Buffer } {
  return {
    key: derive(keyMaterial, salt, 'Content-Encoding: aes128gcm\0', 16),
    nonce: derive(keyMaterial, salt, 'Content-Encoding: nonce\0', 12),
  }
}

function derive(secret: Buffer, salt: Buffer, info: Buffer | string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes))
}

function recordHeader(salt: Buffer, senderPublic: Buffer): Buffer {
  const sizes = Buffer.alloc(5)
  sizes.writeUInt32BE(RECORD_BYTES, 0)
  sizes.writeUInt8(senderPublic.length, 4)
  return Buffer.concat([salt, sizes, senderPublic])
}
