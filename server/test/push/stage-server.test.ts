/** The real server pushing to doubles of the providers, over TLS on loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { DoublePush } from '../../src/pushers/sandbox/double.ts'
import { type Provider, type Sandbox, startSandbox } from '../../src/pushers/sandbox/sandbox.ts'
import { runCli, startServer, type TestServer } from '../lib/server.ts'
import { appleToken } from './phones.ts'

const folder = mkdtempSync(join(tmpdir(), 'carillon-pushes-'))
afterAll(() => rmSync(folder, { recursive: true }))

function sandboxThat(onPush: (provider: Provider, push: DoublePush) => void): Promise<Sandbox> {
  return startSandbox({ ports: { apns: 0, fcm: 0, 'web-push': 0 }, folder, onPush })
}

async function register(server: TestServer, account: string, device: object): Promise<void> {
  const { status } = await server.v1('POST', `devices?account=${account}`, device)
  expect(status).toBe(200)
}

async function send(server: TestServer, recipients: readonly string[], text: string) {
  const answer = await server.tim('openim/batchsendmsg', {
    To_Account: recipients,
    MsgRandom: Math.floor(Math.random() * 2 ** 32),
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }],
  })
  expect(answer).toMatchObject({ ActionStatus: 'OK' })
}

/** The value of a metric by its name and labels as they are printed. */
async function metric(server: TestServer, name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return line === undefined ? 0 : Number(line.split(' ').at(-1))
}

test('a batch through the TIM door reaches the phone, the tablet and the browser of one who is away', async () => {
  const pushes: [Provider, DoublePush][] = []
  const sandbox = await sandboxThat((provider, push) => pushes.push([provider, push]))
  await using server = await startServer({ env: sandbox.settings })
  await server.importAccounts(['bob', 'eve'])
  await register(server, 'bob', { id: 'phone', way: 'apns', token: appleToken(7) })
  await register(server, 'bob', { id: 'tablet', way: 'fcm', token: 'a-tablet-of-the-sandbox' })
  const { endpoint, keys } = sandbox.browser
  await register(server, 'bob', { id: 'page', way: 'web', token: endpoint, keys })
  await send(server, ['bob', 'eve'], 'Your parcel is here')

  await expect.poll(() => pushes.length, { timeout: 10_000 }).toBe(3)
  for (const [, { payload }] of pushes) {
    expect(JSON.stringify(payload)).toContain('Your parcel is here')
  }
  const [, toPhone] = pushes.find(([provider]) => provider === 'apns')!
  expect(toPhone.payload).toMatchObject({ aps: { badge: 1 } })
  const count = () => metric(server, 'carillon_pushes_total{way="web",state="pushed"}')
  await expect.poll(count, { timeout: 5000 }).toBe(1)
  expect(await metric(server, 'carillon_devices')).toBe(3)
  expect(await metric(server, 'carillon_push_breaker{way="apns"}')).toBe(0)
  await sandbox.close()
}, 30_000)

test('killed in the middle of 10,000 pushes, the server goes on: none is lost, few come twice, under one name', async () => {
  const count = 10_000
  const pushed = new Map<string, number>()
  const onKilling = Promise.withResolvers<void>()
  let arrived = 0
  const sandbox = await sandboxThat((_, { device, status, headers }) => {
    if (status !== 200) return
    const key = `${device} ${headers['apns-collapse-id']}`
    pushed.set(key, (pushed.get(key) ?? 0) + 1)
    arrived += 1
    if (arrived === 4000) onKilling.resolve()
  })
  const data = mkdtempSync(join(folder, 'data-'))
  const ids = Array.from({ length: 500 }, (_, i) => `account-${i}`)
  {
    await using server = await startServer({ folder: data, env: sandbox.settings })
    await server.importAccounts(ids)
    for (const [i, id] of ids.entries()) {
      await register(server, id, { id: `phone-${i}`, way: 'apns', token: appleToken(i) })
    }
    for (let calls = 0; calls < count / 500; calls += 1) await send(server, ids, `news ${calls}`)
    await onKilling.promise
    await server.kill('SIGKILL')
  }
  const before = arrived
  expect(before).toBeLessThan(count)
  await using server = await startServer({ folder: data, env: sandbox.settings })
  await expect.poll(() => pushed.size, { timeout: 60_000 }).toBe(count)
  const jobs = () => metric(server, 'carillon_push_jobs{way="apns"}')
  await expect.poll(jobs, { timeout: 10_000 }).toBe(0)
  expect(Math.max(...pushed.values())).toBeLessThanOrEqual(2)
  // What was pushed within the second before the end has its outcome in nobody's journal.
  expect(arrived - count).toBeLessThanOrEqual(before)
  await server.kill('SIGTERM')
  await sandbox.close()
}, 120_000)

test('a provider that is down holds up neither the others nor the stop', async () => {
  let arrived = 0
  const sandbox = await sandboxThat((provider) => {
    if (provider === 'fcm') arrived += 1
  })
  const nowhere = { CARILLON_APNS_ORIGIN: 'https://127.0.0.1:1' }
  await using server = await startServer({ env: { ...sandbox.settings, ...nowhere } })
  await server.importAccounts(['bob'])
  await register(server, 'bob', { id: 'phone', way: 'apns', token: appleToken(1) })
  await register(server, 'bob', { id: 'tablet', way: 'fcm', token: 'a-tablet-of-the-sandbox' })
  for (let calls = 0; calls < 5; calls += 1) await send(server, ['bob'], `news ${calls}`)
  await expect.poll(() => arrived, { timeout: 10_000 }).toBe(5)
  const breaker = () => metric(server, 'carillon_push_breaker{way="apns"}')
  await expect.poll(breaker, { timeout: 10_000 }).toBeGreaterThan(0)
  expect(await metric(server, 'carillon_push_jobs{way="apns"}')).toBe(5)
  expect(await server.kill('SIGTERM')).toBe(0)
  await sandbox.close()
}, 30_000)

test('for trying out, notifications are lines of the log', async () => {
  await using server = await startServer({ env: { CARILLON_PUSH_PRINT: 'true' } })
  await server.importAccounts(['bob'])
  await register(server, 'bob', { id: 'phone', way: 'fcm', token: 'any' })
  await send(server, ['bob'], 'between us')
  await expect.poll(() => server.logged, { timeout: 5000 }).toContain('"msg":"push"')
  expect(server.logged).toContain('"device":"phone"')
  expect(server.logged).not.toContain('between us')
})

test('keys that cannot be used stop the start, and nothing of them is shown', async () => {
  const file = join(folder, 'wrong.json')
  writeFileSync(file, 'hunter2')
  const env = { CARILLON_DATA: mkdtempSync(join(folder, 'data-')), CARILLON_PORT: '0' }
  const wrong = { ...env, CARILLON_FCM_SERVICE_ACCOUNT_FILE: file }
  const { status, stderr, stdout } = await runCli(['serve'], wrong)
  expect(status).toBe(78)
  expect(stderr).toContain('CARILLON_FCM_SERVICE_ACCOUNT_FILE: expected a file of JSON')
  expect(stdout + stderr).not.toContain('hunter2')
  const missing = { ...env, CARILLON_PUSH_CA_FILE: join(folder, 'nowhere.pem') }
  const second = await runCli(['serve'], missing)
  expect(second.status).toBe(78)
  expect(second.stderr).toContain('CARILLON_PUSH_CA_FILE: ENOENT')
})
