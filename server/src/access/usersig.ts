/**
 * UserSig, version 2: the credential of TIM. A JSON document with an account,
 * an app id, a time, a lifetime and their HMAC-SHA256, compressed with zlib,
 * in a base64 of its own alphabet.
 *
 * The key is used as the text that it is, never decoded from hex. Documents
 * of different libraries differ in order, spaces and compression, so fields are
 * compared and never whole strings.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'

export interface UserSigOptions {
  account: string
  sdkAppId: number
  key: string
  nowSeconds: number
  expireSeconds: number
  /** Opaque bytes that are signed along, such as a room ticket. */
  userbuf?: Uint8Array | string
}

export interface UserSigExpectation {
  account: string
  sdkAppId: number
  key: string
  nowSeconds: number
  /** What was issued in this second or before is refused. */
  revokedAtSeconds?: number
}

/** What is wrong with a UserSig, in the order in which it is looked for. */
export type UserSigFault =
  | 'empty'
  | 'malformed'
  | 'app'
  | 'account'
  | 'expired'
  | 'revoked'
  | 'forged'

export type UserSigVerdict =
  | { ok: true; issuedAtSeconds: number }
  | { ok: false; fault: UserSigFault }

/** A decoded document. Nothing in it is proven before `checkUserSig`. */
export interface UserSigFields {
  account: string
  /** As the document writes it: some libraries make it a string. */
  sdkAppId: string
  issuedAtSeconds: number
  expireSeconds: number
  /** Base64, undefined when the document has none. */
  userbuf: string | undefined
  signature: string
}

export function makeUserSig(options: UserSigOptions): string {
  const { account, sdkAppId, key, nowSeconds, expireSeconds } = options
  if (!isSignable(account))
    throw new TypeError('an account id with control characters cannot be signed')
  const userbuf =
    options.userbuf === undefined ? undefined : Buffer.from(options.userbuf).toString('base64')
  const fields: Omit<UserSigFields, 'signature'> = {
    account,
    sdkAppId: String(sdkAppId),
    issuedAtSeconds: nowSeconds,
    expireSeconds,
    userbuf,
  }
  const document = JSON.stringify({
    'TLS.ver': '2.0',
    'TLS.identifier': account,
    'TLS.sdkappid': sdkAppId,
    'TLS.time': nowSeconds,
    'TLS.expire': expireSeconds,
    'TLS.userbuf': userbuf,
    'TLS.sig': signatureOf(fields, key),
  })
  return toOwnAlphabet(deflateSync(document))
}

/** Verifies a UserSig for one account. Never throws, whatever came. */
export function verifyUserSig(sig: string, expected: UserSigExpectation): UserSigVerdict {
  if (sig === '') return { ok: false, fault: 'empty' }
  const fields = readUserSig(sig)
  return fields ? checkUserSig(fields, expected) : { ok: false, fault: 'malformed' }
}

/** The second half of `verifyUserSig`, for a caller who first has to see whose UserSig it is. */
export function checkUserSig(fields: UserSigFields, expected: UserSigExpectation): UserSigVerdict {
  const fault = faultOf(fields, expected)
  return fault ? { ok: false, fault } : { ok: true, issuedAtSeconds: fields.issuedAtSeconds }
}

/** The fields of a UserSig as it claims them, or null when it is not one. */
export function readUserSig(sig: string): UserSigFields | null {
  const compressed = fromOwnAlphabet(sig)
  const document = compressed && inflate(compressed)
  return document ? fieldsOf(document) : null
}

function faultOf(fields: UserSigFields, expected: UserSigExpectation): UserSigFault | undefined {
  const { issuedAtSeconds, expireSeconds } = fields
  const { nowSeconds, revokedAtSeconds = Number.NEGATIVE_INFINITY } = expected
  if (Number(fields.sdkAppId) !== expected.sdkAppId) return 'app'
  if (fields.account !== expected.account) return 'account'
  if (nowSeconds > issuedAtSeconds + expireSeconds) return 'expired'
  if (issuedAtSeconds <= revokedAtSeconds) return 'revoked'
  return isSignedWith(expected.key, fields) ? undefined : 'forged'
}

function isSignedWith(key: string, fields: UserSigFields): boolean {
  const came = Buffer.from(fields.signature)
  const wanted = Buffer.from(signatureOf(fields, key))
  return came.length === wanted.length && timingSafeEqual(came, wanted)
}

function signatureOf(fields: Omit<UserSigFields, 'signature'>, key: string): string {
  const lines = [
    `TLS.identifier:${fields.account}\n`,
    `TLS.sdkappid:${fields.sdkAppId}\n`,
    `TLS.time:${fields.issuedAtSeconds}\n`,
    `TLS.expire:${fields.expireSeconds}\n`,
  ]
  if (fields.userbuf !== undefined) lines.push(`TLS.userbuf:${fields.userbuf}\n`)
  return createHmac('sha256', key).update(lines.join('')).digest('base64')
}

/** Base64 with `*`, `-` and `_` for `+`, `/` and `=`. Not the URL-safe base64 of RFC 4648. */
function toOwnAlphabet(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replaceAll('+', '*')
    .replaceAll('/', '-')
    .replaceAll('=', '_')
}

// Longer than any document of INFLATED_BYTES_MAX that is stored without compression.
const SIG_LENGTH_MAX = 12_288

function fromOwnAlphabet(sig: string): Buffer | undefined {
  if (sig.length > SIG_LENGTH_MAX || sig.length % 4 !== 0) return undefined
  if (!/^[A-Za-z0-9*-]+_{0,2}$/.test(sig)) return undefined
  return Buffer.from(sig.replaceAll('*', '+').replaceAll('-', '/'), 'base64')
}

// A real document has some 200 bytes; a few KB of zlib can hold megabytes.
const INFLATED_BYTES_MAX = 8192

function inflate(compressed: Uint8Array): Record<string, unknown> | undefined {
  try {
    const bytes = inflateSync(compressed, { maxOutputLength: INFLATED_BYTES_MAX })
    const document = JSON.parse(utf8.decode(bytes))
    return typeof document === 'object' && document !== null ? document : undefined
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function fieldsOf(document: Record<string, unknown>): UserSigFields | null {
  const account = document['TLS.identifier']
  const appId = document['TLS.sdkappid']
  const issuedAtSeconds = document['TLS.time']
  const expireSeconds = document['TLS.expire']
  const userbuf = document['TLS.userbuf']
  const signature = document['TLS.sig']
  if (document['TLS.ver'] !== '2.0') return null
  if (typeof account !== 'string' || !isSignable(account)) return null
  if (!isWhole(appId) && !(typeof appId === 'string' && /^\d{1,15}$/.test(appId))) return null
  if (!isWhole(issuedAtSeconds) || !isWhole(expireSeconds)) return null
  if (userbuf !== undefined && !(typeof userbuf === 'string' && isBase64(userbuf))) return null
  if (typeof signature !== 'string') return null
  return { account, sdkAppId: String(appId), issuedAtSeconds, expireSeconds, userbuf, signature }
}

/**
 * The signed text has a line for each field. A line break in an account, or in
 * what claims to be base64, would let one account's signature pass as another's.
 */
function isSignable(account: string): boolean {
  return account.length > 0 && account.isWellFormed() && !CONTROL.test(account)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
