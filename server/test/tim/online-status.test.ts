/** Section 6.6 on a real server: what terminals of both live doors run on. */
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { imkit } from '../lib/imkit.ts'
import { type JsonObject, keys, startServer, type TestServer, userSig } from '../lib/server.ts'
import { openTerminal } from '../lib/terminal.ts'

async function statusOf(server: TestServer, account: string): Promise<JsonObject> {
  const body = { To_Account: [account], IsNeedDetail: 1 }
  const answer = await server.tim('openim/query_online_status', body)
  return (answer.QueryResult as JsonObject[])[0]!
}

const online = (...platforms: string[]) => ({
  Status: 'Online',
  Detail: platforms.map((Platform) => ({ Platform, Status: 'Online' })),
})

test('the detail follows the terminals of an account, and kick ends all of it', async () => {
  await using server = await startServer()
  await server.importAccounts(['ann'])
  const ann = { usersig: userSig('ann') }
  const device = { id: 'phone', way: 'fcm', token: 'a-token' }
  expect((await server.v1('POST', 'devices?account=ann', device)).status).toBe(200)
  const away = { Status: 'PushOnline', Detail: [{ Platform: 'Android', Status: 'PushOnline' }] }
  expect(await statusOf(server, 'ann')).toMatchObject(away)

  using browser = await openTerminal(server, { ...ann, platform: 'web' })
  using phone = await openTerminal(server, { ...ann, platform: 'Android 15' })
  using silent = await openTerminal(server, ann)
  using odd = await openTerminal(server, { ...ann, platform: '\u0000toaster' })
  expect(await statusOf(server, 'ann')).toMatchObject(online('Android', 'Web'))
  phone.end()
  await phone.closed
  const both = [{ Platform: 'Android', Status: 'PushOnline' }, ...online('Web').Detail]
  await expect.poll(() => statusOf(server, 'ann')).toMatchObject({ Detail: both })

  expect(await server.tim('im_open_login_svc/kick', { UserID: 'ann' })).toMatchObject({
    ActionStatus: 'OK',
  })
  await Promise.all([browser, silent, odd].map(({ closed }) => closed))
  expect(await statusOf(server, 'ann')).toMatchObject({ Status: 'Offline', Detail: [] })
  expect((await server.v1('GET', 'devices?account=ann')).body).toEqual({ devices: [] })
})

test('an IMKIT socket runs on what its user agent tells', async () => {
  await using server = await startServer()
  const agents: [string, 'polling' | 'websocket', string, string[]][] = [
    ['ann', 'polling', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)', ['Web']],
    ['bob', 'websocket', 'Shop/3 CFNetwork/1568.200.51 Darwin/24.1.0', ['iPhone']],
    ['cleo', 'websocket', 'okhttp/4.12.0', ['Android']],
    ['dora', 'websocket', 'Dart/3.5 (dart:io)', []],
  ]
  for (const [client, transport, agent, platforms] of agents) {
    const made = { _id: client, issueAccessToken: true }
    const { token } = await imkit(server, 'POST', '/admin/clients', made)
    const socket = io(server.url, {
      transports: [transport],
      extraHeaders: { 'user-agent': agent },
      forceNew: true,
    })
    const headers = { CLIENT_KEY: keys.CARILLON_CLIENT_KEY }
    expect(await socket.emitWithAck('auth2', token, headers)).toMatchObject({ RC: 0 })
    expect(await statusOf(server, client), agent).toMatchObject(online(...platforms))
    socket.disconnect()
  }
})
