import { expect, test } from 'vitest'
import { openTokens } from '../../src/access/tokens.ts'
import { makeUserSig } from '../../src/access/usersig.ts'
import { openStack, type Stack, secrets } from './stack.ts'

const HOUR = 3600

/** What two terminals of ann, one with a token and one with a UserSig, came with: good for an hour. */
async function credentials(nowMs: number): Promise<object[]> {
  const nowSeconds = Math.floor(nowMs / 1000)
  const token = await openTokens(secrets.jwtSecret).make({
    account: 'ann',
    issuedAtSeconds: nowSeconds,
    expiresAtSeconds: nowSeconds + HOUR,
  })
  const { sdkAppId, secretKey: key } = secrets
  const signed = { account: 'ann', sdkAppId, key, nowSeconds, expireSeconds: HOUR }
  return [{ token }, { usersig: makeUserSig(signed) }]
}

async function connected(stack: Stack, credential: object) {
  const peer = await stack.peer()
  peer.say({ type: 'connect', ...credential })
  await peer.next('connected')
  return peer
}

test('a terminal ends with its credential, and gets new ones to come back', async () => {
  let clock = 1_800_000_000_000
  await using stack = await openStack({ now: () => clock })
  await stack.accounts('ann')
  for (const credential of await credentials(clock)) {
    const peer = await connected(stack, credential)
    clock += (HOUR + 1) * 1000
    expect(await peer.end()).toEqual({ code: 4003, reason: 'revoked' })
    clock -= (HOUR + 1) * 1000
  }
  expect(stack.closed).toEqual(['revoked', 'revoked'])
})

test('a kept token is as good as its end says, whatever stands in it', async () => {
  const clock = 1_800_000_000_000
  await using stack = await openStack({ now: () => clock })
  const [ann] = await stack.accounts('ann')
  const nowSeconds = clock / 1000
  const token = await openTokens(secrets.jwtSecret).make({
    account: 'ann',
    issuedAtSeconds: nowSeconds,
    expiresAtSeconds: nowSeconds + HOUR,
    serial: 's',
  })
  await stack.pipeline.giveToken(ann!, token, clock + HOUR * 1000)
  const peer = await connected(stack, { token })
  await stack.pipeline.giveToken(ann!, token, clock - 1)
  expect(await peer.end()).toEqual({ code: 4003, reason: 'revoked' })
  const late = await stack.peer()
  late.say({ type: 'connect', token })
  expect(await late.next('error')).toMatchObject({ code: 'unauthorized' })
})
