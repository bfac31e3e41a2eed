/** The real server, whose FCM messages a hook words: doubles of the hook and of the providers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { DoublePush } from '../../src/pushers/sandbox/double.ts'
import { type Provider, startSandbox } from '../../src/pushers/sandbox/sandbox.ts'
import { imkit } from '../lib/imkit.ts'
import { startServer, type TestServer } from '../lib/server.ts'
import { type HookDouble, startHookDouble } from './hook-double.ts'
import { appleToken } from './phones.ts'

const folder = mkdtempSync(join(tmpdir(), 'carillon-fcm-hook-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tablet = 'a-tablet-of-the-sandbox'

/** A server with a hook that words messages, and bob, who has a phone and a tablet and is away. */
async function setUp(hook: HookDouble) {
  const pushes: Record<Provider, DoublePush[]> = { apns: [], fcm: [], 'web-push': [] }
  const sandbox = await startSandbox({
    ports: { apns: 0, fcm: 0, 'web-push': 0 },
    folder,
    onPush: (provider, push) => pushes[provider].push(push),
  })
  const CARILLON_IMKIT_PUSH_CUSTOM_FCM_PAYLOAD_HOOK = `${hook.origin}/fcm`
  const env = { ...sandbox.settings, CARILLON_IMKIT_PUSH_CUSTOM_FCM_PAYLOAD_HOOK }
  const server = await startServer({ env })
  await server.importAccounts(['bob', 'shop'])
  for (const device of [
    { id: 'phone', way: 'apns', token: appleToken(1) },
    { id: 'tablet', way: 'fcm', token: tablet },
  ]) {
    const { status } = await server.v1('POST', 'devices?account=bob', device)
    expect(status).toBe(200)
  }
  const send = (message: string) =>
    imkit(server, 'POST', '/messages/batch', {
      sender: 'shop',
      messageType: 'text',
      message,
      push: true,
      paras: [{ receiver: 'bob' }],
    })
  return {
    server,
    pushes,
    send,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await Promise.all([sandbox.close(), hook.close()])
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into at will
const told = (hook: HookDouble): any[] => hook.posts.map(({ body }) => JSON.parse(body))

async function refusedIn(server: TestServer, batch: unknown): Promise<unknown> {
  const { body } = await server.v1('GET', `batches/${batch}`)
  return (body as { totals: { pushes: { refused: unknown } } }).totals.pushes.refused
}

test('the hook words what comes through either door, and what comes without a message', async () => {
  const hook = await startHookDouble()
  hook.answer = (response, { body }) => {
    const { alert, badge } = JSON.parse(body)
    response.end(JSON.stringify({ message: { token: 'x', data: { custom: `${alert} ${badge}` } } }))
  }
  await using stack = await setUp(hook)
  const { server, pushes, send } = stack
  await server.tim('openim/batchsendmsg', {
    From_Account: 'shop',
    To_Account: ['bob'],
    MsgRandom: 7,
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'one' } }],
  })
  await expect.poll(() => pushes.fcm.length, { timeout: 10_000 }).toBe(1)
  await send('two')
  await expect.poll(() => pushes.fcm.length, { timeout: 10_000 }).toBe(2)
  const shown = { title: 'Shop', body: 'three' }
  const payload = { ...shown, badge: 9 }
  await imkit(server, 'POST', '/push/push2clients', { clients: ['bob'], payload })
  await expect.poll(() => pushes.fcm.length, { timeout: 10_000 }).toBe(3)
  const tokens = ['another-tablet-of-the-sandbox']
  await imkit(server, 'POST', '/push/push2tokens', { type: 'fcm', tokens, payload })
  await expect.poll(() => pushes.fcm.length, { timeout: 10_000 }).toBe(4)

  const message = { _id: expect.any(String), sender: { _id: 'shop' }, messageType: 'text' }
  const toBob = { toClient: 'bob', payload: { data: {}, android: {}, apns: {}, webpush: {} } }
  expect(told(hook)).toMatchObject([
    { ...message, ...toBob, message: 'one', alert: 'one', badge: 1 },
    { ...message, ...toBob, message: 'two', alert: 'two', badge: 2 },
    { ...toBob, alert: 'three', badge: 9, payload: { notification: shown } },
    { alert: 'three', badge: 9, payload: { notification: shown } },
  ])
  expect(Object.keys(told(hook)[3])).toEqual(['alert', 'badge', 'payload'])
  expect(hook.posts.some(({ body }) => body.includes(tablet))).toBe(false)
  expect(pushes.fcm.map(({ payload }) => payload)).toEqual([
    { token: tablet, data: { custom: 'one 1' } },
    { token: tablet, data: { custom: 'two 2' } },
    { token: tablet, data: { custom: 'three 9' } },
    { token: tokens[0], data: { custom: 'three 9' } },
  ])
  expect(JSON.stringify(pushes.apns)).not.toContain('custom')
}, 30_000)

test('why the hook refused stands in the ledger', async () => {
  const hook = await startHookDouble()
  hook.answer = (response) => response.writeHead(422).end()
  await using stack = await setUp(hook)
  const { batchID } = await stack.send('not for tablets')
  const reasons = () => refusedIn(stack.server, batchID)
  await expect.poll(reasons, { timeout: 10_000 }).toEqual({ 'hook: 422': 1 })
  await expect.poll(() => stack.pushes.apns.length, { timeout: 10_000 }).toBe(1)
  expect(stack.pushes.fcm).toHaveLength(0)
}, 30_000)

test('a hook that is down holds up FCM alone, and nothing is lost when it is back', async () => {
  const down = await startHookDouble()
  await down.close()
  await using stack = await setUp({ ...down, async close() {} })
  const { pushes, send, server } = stack
  for (let number = 0; number < 5; number += 1) await send(`news ${number}`)
  await expect.poll(() => pushes.apns.length, { timeout: 10_000 }).toBe(5)
  await expect.poll(() => server.logged, { timeout: 10_000 }).toContain('"ECONNREFUSED"')
  expect(pushes.fcm).toHaveLength(0)

  const hook = await startHookDouble(Number(new URL(down.origin).port))
  await expect.poll(() => pushes.fcm.length, { timeout: 20_000 }).toBe(5)
  expect(pushes.fcm.every(({ device }) => device === tablet)).toBe(true)
  expect(await server.kill('SIGTERM')).toBe(0)
  await hook.close()
}, 60_000)

test('a hook that hangs costs the others nothing', async () => {
  const hook = await startHookDouble()
  hook.answer = (response, { body }) => {
    if (JSON.parse(body).alert !== 'poison') response.end()
  }
  await using stack = await setUp(hook)
  await stack.send('poison')
  await expect.poll(() => hook.posts.length, { timeout: 10_000 }).toBe(1)
  for (let number = 0; number < 3; number += 1) await stack.send(`news ${number}`)
  await expect.poll(() => stack.pushes.fcm.length, { timeout: 10_000 }).toBe(3)
  await expect.poll(() => stack.pushes.apns.length, { timeout: 10_000 }).toBe(4)
}, 30_000)
