import type { lookup } from 'node:dns'
import { expect, test } from 'vitest'
import { isPublicAddress, openPublicLookup } from '../../src/pushers/web-push/public-addresses.ts'

test.each(['8.8.8.8', '142.250.74.42', '172.32.0.1', '2a00:1450:4001:80e::200a', '2606:4700::1'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

test.each([
  '0.0.0.0',
  '10.255.255.255',
  '100.64.0.1',
  '127.255.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  'fe80::1',
  'fc00::1',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  'not an address',
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

/** A resolver that knows one name. */
function resolver(...addresses: string[]): typeof lookup {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  const resolve = (_name: string, _options: object, callback: (...found: unknown[]) => void) =>
    callback(null, found)
  return resolve as unknown as typeof lookup
}

function lookUp(addresses: string[], all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    openPublicLookup(resolver(...addresses))(
      'push.example.com',
      { all },
      (error, address, family) => {
        if (error) reject(error)
        else resolve(family === undefined ? address : [address, family])
      },
    )
  })
}

test('a name with public addresses leads to them', async () => {
  const addresses = ['8.8.8.8', '2606:4700::1']
  expect(await lookUp(addresses, false)).toEqual(['8.8.8.8', 4])
  expect(await lookUp(addresses, true)).toEqual([
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1', family: 6 },
  ])
})

test('a name with one address that is not public leads nowhere', async () => {
  for (const all of [true, false]) {
    await expect(lookUp(['8.8.8.8', '10.0.0.1'], all)).rejects.toMatchObject({
      code: 'ForbiddenAddress',
    })
  }
})
