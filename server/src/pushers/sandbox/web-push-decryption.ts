/** The browser's side of Web Push encryption (RFC 8291), with any records that RFC 8188 allows. */
import { createDecipheriv, createECDH, type ECDH, randomBytes } from 'node:crypto'
import { contentKeys, keyMaterialOf } from '../web-push/encryption.ts'

/** What a browser keeps to itself of its subscription. */
export interface Browser {
  pair: ECDH
  secret: Buffer
}

const SALT_BYTES = 16
const FIXED_HEADER_BYTES = SALT_BYTES + 5
const TAG_BYTES = 16

export function newBrowser(): Browser {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  return { pair, secret: randomBytes(16) }
}

/** Throws when the body is not for this browser, or was changed. */
export function decrypt(body: Buffer, { pair, secret }: Browser): Buffer {
  return decodeRecords(body, (senderPublic) => {
    const shared = pair.computeSecret(senderPublic)
    return keyMaterialOf(shared, { publicKey: pair.getPublicKey(), secret }, senderPublic)
  })
}

/** RFC 8188, section 2. The key material is found by the key id in the header. */
export function decodeRecords(body: Buffer, keyMaterialFor: (keyId: Buffer) => Buffer): Buffer {
  if (body.length < FIXED_HEADER_BYTES) throw new Error('expected a header, but the body ends')
  const salt = body.subarray(0, SALT_BYTES)
  const recordBytes = body.readUInt32BE(SALT_BYTES)
  if (recordBytes < TAG_BYTES + 2) throw new Error(`records of ${recordBytes} bytes hold nothing`)
  const start = FIXED_HEADER_BYTES + body.readUInt8(SALT_BYTES + 4)
  const { key, nonce } = contentKeys(keyMaterialFor(body.subarray(FIXED_HEADER_BYTES, start)), salt)
  const parts: Buffer[] = []
  for (let at = start; at < body.length; at += recordBytes) {
    const record = body.subarray(at, at + recordBytes)
    const isLast = at + recordBytes >= body.length
    parts.push(withoutPadding(open(record, key, nonceOf(nonce, parts.length)), isLast))
  }
  return Buffer.concat(parts)
}

function open(record: Buffer, key: Buffer, nonce: Buffer): Buffer {
  const end = Math.max(0, record.length - TAG_BYTES)
  const decipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(record.subarray(end))
  return Buffer.concat([decipher.update(record.subarray(0, end)), decipher.final()])
}

/** Each record has a nonce of its own: its number is mixed into the end of the first one's. */
function nonceOf(first: Buffer, sequence: number): Buffer {
  const nonce = Buffer.from(first)
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8)
  return nonce
}

/** A delimiter ends the text, and zeros may follow: 2 in the last record, 1 in the others. */
function withoutPadding(plaintext: Buffer, isLast: boolean): Buffer {
  const end = plaintext.findLastIndex((byte) => byte !== 0)
  const expected = isLast ? 2 : 1
  if (plaintext[end] !== expected) throw new Error(`expected the delimiter ${expected}`)
  return plaintext.subarray(0, end)
}
