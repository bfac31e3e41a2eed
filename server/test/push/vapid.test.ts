import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faultOfVapidKeys, newVapidKeys } from '../../src/pushers/web-push/vapid.ts'
import { root } from '../lib/server.ts'

test('a hundred new pairs of keys can all be pushed with', () => {
  for (let made = 0; made < 100; made += 1) expect(faultOfVapidKeys(newVapidKeys())).toBeNull()
})

test('carillon vapid prints a pair of keys as settings', () => {
  const carillon = join(root, 'server/src/cli/carillon.ts')
  const said = execFileSync(process.execPath, [carillon, 'vapid'], { encoding: 'utf8' })
  const [, publicKey, privateKey] =
    /^CARILLON_WEB_PUSH_PUBLIC_KEY=(.+)\nCARILLON_WEB_PUSH_PRIVATE_KEY=(.+)\n$/.exec(said)!
  expect(faultOfVapidKeys({ publicKey: publicKey!, privateKey: privateKey! })).toBeNull()
})
