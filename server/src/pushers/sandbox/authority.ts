/**
 * A certificate authority for trying out and for tests. It lives as long as the
 * process; nobody trusts it who is not told to.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import {
  bits,
  boolean,
  integer,
  objectId,
  octets,
  sequence,
  setOf,
  tagged,
  text,
  time,
} from './der.ts'

export interface Authority {
  /** PEM, for who is to trust it. */
  certificate: string
  /** A key and a certificate for a server of these names and IPv4 addresses. */
  issue(names: readonly string[]): Identity
}

export interface Identity {
  key: string
  cert: string
}

const NAME = 'Carillon push sandbox'
const DAY_MS = 86_400_000

export function createAuthority(): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    certificate: certificate(NAME, publicKey, privateKey, authorityExtensions()),
    issue(names) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return {
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        cert: certificate(names[0] ?? '', pair.publicKey, privateKey, serverExtensions(names)),
      }
    },
  }
}

/** RFC 5280, section 4.1. */
function certificate(
  subject: string,
  publicKey: KeyObject,
  signer: KeyObject,
  extensions: Buffer,
): string {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2'))
  const content = sequence(
    tagged(0xa0, integer(2)),
    integer(1, ...randomBytes(15)),
    algorithm,
    nameOf(NAME),
    sequence(time(new Date(Date.now() - DAY_MS)), time(new Date(Date.now() + 365 * DAY_MS))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  )
  const signed = sequence(content, algorithm, bits(sign('sha256', content, signer)))
  const lines = signed.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

function nameOf(commonName: string): Buffer {
  return sequence(setOf(sequence(objectId('2.5.4.3'), text(commonName))))
}

function authorityExtensions(): Buffer {
  const signsCertificates = bits(Buffer.from([0b0000_0100]), 2)
  return sequence(
    extension('2.5.29.19', sequence(boolean(true)), true),
    extension('2.5.29.15', signsCertificates, true),
  )
}

function serverExtensions(names: readonly string[]): Buffer {
  const alternatives = names.map((name) =>
    isIPv4(name)
      ? tagged(0x87, Buffer.from(name.split('.').map(Number)))
      : tagged(0x82, Buffer.from(name)),
  )
  return sequence(
    extension('2.5.29.17', sequence(...alternatives), false),
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1')), false),
  )
}

function extension(name: string, value: Buffer, isCritical: boolean): Buffer {
  const critical = isCritical ? [boolean(true)] : []
  return sequence(objectId(name), ...critical, octets(value))
}
