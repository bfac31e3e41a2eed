import { createPrivateKey, type KeyObject } from 'node:crypto'

/** What we need of the JSON file that Google gives for a service account. */
export interface ServiceAccount {
  projectId: string
  clientEmail: string
  key: KeyObject
  keyId: string
  tokenUrl: URL
}

export function parseServiceAccount(account: unknown): ServiceAccount {
  const tokenUri = field(account, 'token_uri')
  if (!/^https:\/\//.test(tokenUri) || !URL.canParse(tokenUri)) {
    throw new TypeError(`token_uri: expected an https URL, but "${tokenUri}" came`)
  }
  return {
    projectId: field(account, 'project_id'),
    clientEmail: field(account, 'client_email'),
    key: parseKey(field(account, 'private_key')),
    keyId: field(account, 'private_key_id'),
    tokenUrl: new URL(tokenUri),
  }
}

function field(account: unknown, name: string): string {
  const value = (account as Record<string, unknown> | null | undefined)?.[name]
  if (typeof value === 'string' && value !== '') return value
  const came = value === undefined ? 'nothing' : value === '' ? 'an empty one' : `a ${typeof value}`
  throw new TypeError(
    `${name}: expected a text, as in Google's service account file, but ${came} came`,
  )
}

function parseKey(pem: string): KeyObject {
  const expected = 'private_key: expected the PKCS#8 PEM of an RSA private key'
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    throw new TypeError(`${expected}, but something else came`, { cause })
  }
  if (key.asymmetricKeyType === 'rsa') return key
  throw new TypeError(`${expected}, but an ${key.asymmetricKeyType} key came`)
}
