/** What strange but honest clients send before a door sees anything. */
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startServer, type TestServer, timPath } from '../lib/server.ts'

/** Sends the bytes of one request and gives back the whole answer. */
function raw({ url }: TestServer, request: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(request))
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('end', () => resolve(String(Buffer.concat(chunks))))
  })
}

function post(target: string, headers: readonly string[] = ['host: x']): string {
  const body = '{"CheckItem":[{"UserID":"administrator"}]}'
  const head = [
    `POST ${target} HTTP/1.1`,
    ...headers,
    'connection: close',
    `content-length: ${body.length}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

const check = timPath('im_open_login_svc/account_check')

test('a call is answered whatever HTTP it is wrapped in', async () => {
  await using server = await startServer()
  const offersHttp2 = post(check, ['host: x', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'])
  const requests = {
    'without a host': post(check, []),
    'offering HTTP/2': offersHttp2.replace(
      'connection: close',
      'connection: Upgrade, HTTP2-Settings, close',
    ),
    'with two slashes': post(`/${check}`),
    'with a whole URL': post(`http://im.example${check}`),
  }
  for (const [name, request] of Object.entries(requests)) {
    const answer = await raw(server, request)
    expect(answer, name).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer, name).toContain('"AccountStatus":"Imported"')
  }
  expect(await raw(server, post('/v4'))).toContain('"ErrorCode":60009')
  expect(await raw(server, post('/v3/openim/batchsendmsg'))).toContain('"ErrorCode":60009')
})
