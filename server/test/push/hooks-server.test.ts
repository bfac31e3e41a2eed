/** The real server with IMKIT's hooks, which hear of what comes through the TIM door. */
import { expect, test } from 'vitest'
import { runCli, startServer, type TestServer } from '../lib/server.ts'
import { startHookDouble } from './hook-double.ts'

/** A server with both hooks, and bob, who is away. */
async function setUp() {
  const hook = await startHookDouble()
  const env = {
    CARILLON_IMKIT_PUSH_HOOK: `${hook.origin}/push`,
    CARILLON_IMKIT_PUSH_GENERIC_HOOK: `${hook.origin}/generic`,
  }
  const server = await startServer({ env })
  await server.importAccounts(['bob', 'shop'])
  return {
    server,
    hook,
    posted: (url: string) =>
      hook.posts.filter((post) => post.url === url).map(({ body }) => JSON.parse(body)),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await hook.close()
    },
  }
}

/** The MsgKey of a message from the shop to bob. */
async function send(server: TestServer, fields: object): Promise<string> {
  const MsgRandom = Math.floor(Math.random() * 2 ** 32)
  const pair = { From_Account: 'shop', To_Account: ['bob'], MsgRandom }
  const answer = await server.tim('openim/batchsendmsg', { ...pair, ...fields })
  expect(answer).toMatchObject({ ActionStatus: 'OK', ErrorInfo: '' })
  return String(answer.MsgKey)
}

const text = (Text: string) => [{ MsgType: 'TIMTextElem', MsgContent: { Text } }]

test('hooks do not hear of what TIM does not push, and hear of the rest what it shows', async () => {
  await using stack = await setUp()
  const { server, posted } = stack
  const MsgBody = [{ MsgType: 'TIMCustomElem', MsgContent: { Data: '7' } }]
  const silent = await send(server, { MsgBody })
  await send(server, { MsgBody, OfflinePushInfo: { Desc: 'Look' } })

  await expect.poll(() => stack.hook.posts.length, { timeout: 10_000 }).toBe(2)
  expect(posted('/push')).toMatchObject([{ toClient: 'bob', alert: 'Look', badge: 2 }])
  expect(posted('/generic')).toMatchObject([{ pushToClients: ['bob'] }])
  const pushes = async () => {
    const { body } = await server.v1('GET', `batches/${silent}?sender=shop`)
    return (body as { totals: { pushes: unknown } }).totals.pushes
  }
  await expect.poll(pushes, { timeout: 5000 }).toMatchObject({ skipped: { 'not-wanted': 2 } })
}, 30_000)

test('a hook that is asked again hears what the message says by then', async () => {
  await using stack = await setUp()
  const { server, hook, posted } = stack
  hook.answer = (response) => response.writeHead(500).end()
  const MsgKey = await send(server, { MsgBody: text('old') })
  await expect.poll(() => hook.posts.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2)
  const change = { From_Account: 'shop', To_Account: 'bob', MsgKey, MsgBody: text('new') }
  const answer = await server.tim('openim/modify_c2c_msg', change)
  expect(answer).toMatchObject({ ActionStatus: 'OK' })
  hook.answer = (response) => response.end()

  const last = (url: string) => posted(url).at(-1)
  const edited = { message: 'new', editedAt: expect.any(String) }
  await expect.poll(() => last('/push'), { timeout: 10_000 }).toMatchObject(edited)
  await expect.poll(() => last('/generic'), { timeout: 10_000 }).toMatchObject(edited)
  expect(posted('/push')[0]).toMatchObject({ message: 'old', alert: 'old', editedAt: null })
  expect(last('/push')).toMatchObject({ alert: 'new' })
}, 30_000)

test.each(['CARILLON_IMKIT_PUSH_HOOK', 'CARILLON_IMKIT_PUSH_GENERIC_HOOK'])(
  'a name in %s that cannot be decoded stops the start, and the setting is named',
  async (name) => {
    const env = { CARILLON_STORE: 'memory', CARILLON_PORT: '0' }
    const { status, stderr } = await runCli(['serve'], {
      ...env,
      [name]: 'http://us%zz@a.example/',
    })
    expect(status).toBe(78)
    expect(stderr).toContain(`${name}: URI malformed`)
  },
)
