import { connect } from 'node:net'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { openStack, type Stack, secrets } from './stack.ts'

const seconds = () => Math.floor(Date.now() / 1000)

/** What the server answers a connect frame with, and how it closes. */
async function refusal(stack: Stack, frame: object) {
  const peer = await stack.peer()
  peer.say({ type: 'connect', ...frame })
  const { code, message } = await peer.next('error')
  const { code: closeCode } = await peer.end()
  return { code, message, closeCode }
}

test('a UserSig connects, and one of an unknown account makes the account known', async () => {
  await using stack = await openStack()
  await stack.accounts('shop')
  const peer = await stack.peer()
  peer.say({ type: 'connect', usersig: stack.userSig('новый'), platform: 'web' })
  expect(await peer.next('connected')).toEqual({
    type: 'connected',
    account: 'новый',
    terminal: expect.any(String),
    cursor: expect.stringMatching(/^[0-9a-f]{24}$/),
    unreadTotal: 0,
  })
  await stack.send('shop', ['новый'])
  await peer.next('message')
})

test('a token connects, and says how much is unread', async () => {
  await using stack = await openStack()
  await stack.accounts('shop', 'ann')
  await stack.send('shop', ['ann', 'ann'])
  const peer = await stack.peer()
  peer.say({ type: 'connect', account: 'ann', token: await stack.token('ann') })
  expect(await peer.next('connected')).toMatchObject({ account: 'ann', unreadTotal: 2 })
})

test('credentials that prove nothing are refused with the reason', async () => {
  await using stack = await openStack({ env: { CARILLON_BLOCKED_ACCOUNTS: 'mallory' } })
  await stack.accounts('ann', 'mallory')
  const none = await new SignJWT({ id: 'ann' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(secrets.jwtSecret))
  const foreign = await new SignJWT({ id: 'ann' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from('another secret'))
  const unauthorized = { code: 'unauthorized', closeCode: 4001 }

  for (const frame of [
    { usersig: 'nonsense' },
    { usersig: stack.userSig('ann', seconds() - 90_000) },
    { account: 'bob', usersig: stack.userSig('ann') },
    { account: 'bob', token: await stack.token('ann') },
    { token: await stack.token('ann', seconds() - 7200) },
    { token: none },
    { token: foreign },
    { token: `${foreign.split('.').slice(0, 2).join('.')}.` },
  ]) {
    expect(await refusal(stack, frame)).toMatchObject(unauthorized)
  }
  expect(await refusal(stack, { token: await stack.token('nobody') })).toMatchObject({
    code: 'unknownAccount',
    closeCode: 4001,
  })
  for (const frame of [
    { usersig: stack.userSig('mallory') },
    { token: await stack.token('mallory') },
  ]) {
    expect(await refusal(stack, frame)).toMatchObject({ code: 'forbidden', closeCode: 4002 })
  }
  expect(stack.terminals.count).toBe(0)
})

test('a credential never comes back in an error or a closing reason', async () => {
  await using stack = await openStack()
  const secret = 's3cret'.repeat(10)
  for (const frame of [
    { usersig: secret },
    { token: secret },
    { usersig: 'x', token: secret },
    { usersig: { secret } },
    { token: [secret] },
  ]) {
    const peer = await stack.peer()
    peer.say({ type: 'connect', ...frame })
    expect(JSON.stringify(await peer.next('error'))).not.toContain('s3cret')
  }
})

test('a server that takes no more accounts tells a new one to try later', async () => {
  await using stack = await openStack({ accountsMax: 1 })
  await stack.accounts('ann')
  expect(await refusal(stack, { usersig: stack.userSig('bob') })).toMatchObject({
    code: 'accountsFull',
    closeCode: 4013,
  })
  await stack.terminal('ann')
})

test('who says nothing is asked to leave', async () => {
  await using stack = await openStack({ connectWaitMs: 100 })
  const peer = await stack.peer()
  expect(await peer.end()).toEqual({ code: 4008, reason: 'silent' })
  expect(stack.closed).toEqual(['silent'])
})

test('one connection more than allowed is refused, and fits when another has left', async () => {
  await using stack = await openStack({ env: { CARILLON_CONNECTIONS_MAX: '2' } })
  await stack.accounts('ann')
  const first = await stack.terminal('ann')
  await stack.peer()
  await expect(stack.peer()).rejects.toThrow('503')
  first.close()
  await first.end()
  await expect.poll(() => stack.live.connections).toBe(1)
  await stack.terminal('ann')
})

test('an account with too many terminals is refused another', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  await Promise.all(Array.from({ length: 100 }, () => stack.terminal('ann')))
  expect(await refusal(stack, { usersig: stack.userSig('ann') })).toMatchObject({
    code: 'overloaded',
    closeCode: 4013,
  })
  expect(stack.terminals.count).toBe(100)
})

test('only /v1/live is a live door', async () => {
  await using stack = await openStack()
  const response = await new Promise<string>((resolve) => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${stack.port}/v1/other`)
    webSocket.onerror = () => resolve('refused')
    webSocket.onopen = () => resolve('open')
  })
  expect(response).toBe('refused')
})

test('a connect that comes in one packet with the handshake is heard', async () => {
  await using stack = await openStack()
  await stack.accounts('ann')
  const socket = connect(stack.port, '127.0.0.1')
  const body = Buffer.from(JSON.stringify({ type: 'connect', usersig: stack.userSig('ann') }))
  const head = Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255, 0, 0, 0, 0])
  const handshake =
    'GET /v1/live HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
    'sec-websocket-key: Y2FyaWxsb24gYmVuY2htYQ==\r\nsec-websocket-version: 13\r\n\r\n'
  socket.write(Buffer.concat([Buffer.from(handshake), head, body]))
  let came = ''
  for await (const chunk of socket) {
    came += chunk
    if (came.includes('"connected"')) break
  }
  expect(came).toContain('"account":"ann"')
})
