import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { batch, openDoor, pathOf, type TestDoor } from './door.ts'

const SEND = 'openim/batchsendmsg'
const BOM = '\ufeff'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['bonnie', 'rong'], bodyTimeoutMs: 300 })
})
afterEach(() => door[Symbol.asyncDispose]())

const services: [string, number][] = [
  ['openim/batchsendmsg', 90001],
  ['openim/admin_getroammsg', 90001],
  ['openim/admin_set_msg_read', 90001],
  ['openim/get_c2c_unread_msg_num', 90001],
  ['openim/query_online_status', 90001],
  ['openim/querystate', 90001],
  ['im_open_login_svc/account_import', 70402],
  ['im_open_login_svc/multiaccount_import', 70402],
  ['im_open_login_svc/account_check', 70402],
  ['im_open_login_svc/kick', 70402],
]

describe.each(services)('%s', (command, code) => {
  test.each<[string, string | Buffer]>([
    ['empty', ''],
    ['of spaces', '  '],
    ['no JSON', 'hello'],
    ['cut off', '{"To_Account":["bonnie"'],
    ['with a trailing comma', '{"To_Account":["bonnie"],}'],
    ['with a comment', '{"To_Account":["bonnie"] // who\n}'],
    ['with single quotes', "{'To_Account':['bonnie']}"],
    ['with something after it', '{} {}'],
    ['null', 'null'],
    ['a number', '5'],
    ['a string', '"x"'],
    ['an array', '[{"To_Account":["bonnie"]}]'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['with two byte order marks', `${BOM}${BOM}{}`],
    [
      'the sample of the documentation',
      '{"MsgBody":[{"MsgType":"x","MsgContent":{} "Text":"hi"}}]}',
    ],
  ])('a body that is %s cannot be parsed', async (_, body) => {
    const answer = await door.call(command, body)
    expect(answer).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
    expect(answer.ErrorInfo).toMatch(/^Fail to Parse json data of body, Please check it: ./)
  })
})

describe('a body', () => {
  const json = JSON.stringify(batch())

  test.each([
    ['begins with a byte order mark', BOM + json],
    ['is spread over lines', JSON.stringify(batch(), null, 2)],
    ['names a field twice: the last counts', json.replace('{', '{"To_Account":5,"MsgRandom":"x",')],
    ['has keys that objects have', json.replace('{', '{"__proto__":{"a":1},"constructor":5,')],
  ])('%s', async (_, body) => {
    expect(await door.call(SEND, body)).toMatchObject({ ActionStatus: 'OK' })
  })

  test('of which the last of two fields is wrong is wrong', async () => {
    const body = json.replace(/}$/, ',"To_Account":5}')
    expect(await door.call(SEND, body)).toMatchObject({ ErrorCode: 90003 })
  })

  test('keys that objects have are kept in content, and change nothing', async () => {
    const content = '{"Text":"x","__proto__":{"Text":"y"},"constructor":{"prototype":{"z":1}}}'
    const body = `{"To_Account":["bonnie"],"MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":${content}}]}`
    expect(await door.call(SEND, body)).toMatchObject({ ActionStatus: 'OK' })
    expect(({} as { z?: number }).z).toBe(undefined)
    const answer = await door.fetch(pathOf('openim/admin_getroammsg'), {
      Operator_Account: 'bonnie',
      Peer_Account: 'administrator',
      MaxCnt: 1,
      MinTime: 0,
      MaxTime: 4294967295,
    })
    expect(await answer.text()).toContain(content)
  })

  test.each([
    ['', '[', ']'],
    ['{"To_Account":', '[', ']'],
    ['{"To_Account":', '{"a":', '}'],
    ['{"To_Account":["bonnie"],"x":', '[', ']'],
    ['{"To_Account":["bonnie"],"MsgRandom":1,"MsgBody":', '[', ']'],
    [
      '{"To_Account":["bonnie"],"MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":',
      '{"Text":',
      '}',
    ],
    [
      '{"To_Account":["bonnie"],"MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x","y":',
      '[',
      ']}}]',
    ],
  ])('that nests deep after %j is refused and harms nobody', async (start, open, close) => {
    for (const depth of [1000, 20_000]) {
      const end = close.length > 1 ? close.slice(1) : ''
      const body = `${start}${open.repeat(depth)}1${close[0]!.repeat(depth)}${end}${start && '}'}`
      const answer = await door.call(SEND, body)
      expect(answer.ActionStatus).toBe('FAIL')
      expect([90001, 90002, 90003, 90005, 90010]).toContain(answer.ErrorCode)
    }
    expect(await door.call(SEND, json)).toMatchObject({ ActionStatus: 'OK' })
    expect(door.logged).toEqual([])
  })
})

describe('the size of a body', () => {
  const padded = (bytes: number) => {
    const json = JSON.stringify(batch())
    return json + ' '.repeat(bytes - json.length)
  }

  test('is 262144 bytes at most', async () => {
    expect(await door.call(SEND, padded(262_144))).toMatchObject({ ActionStatus: 'OK' })
    expect(await door.call(SEND, padded(262_145))).toMatchObject({ ErrorCode: 93000 })
    expect(await door.call(SEND, padded(4_000_000))).toMatchObject({ ErrorCode: 93000 })
    expect(await door.call('im_open_login_svc/kick', padded(300_000))).toMatchObject({
      ErrorCode: 93000,
    })
  })

  test('over it, the connection serves the next call', async () => {
    const received = await exchange(
      `${head(SEND, 300_000)}${padded(300_000)}`,
      `${head(SEND, padded(2000).length, 'close')}${padded(2000)}`,
    )
    expect(received.match(/"ErrorCode":\d+/g)).toEqual(['"ErrorCode":93000', '"ErrorCode":0'])
  })

  test('without end is answered and the connection closed', async () => {
    const received = await exchange(`${head(SEND, 100_000_000)}${' '.repeat(4_194_305)}`, '')
    expect(received).toContain('"ErrorCode":93000')
    expect(received.toLowerCase()).toContain('connection: close')
  })

  test('of a refused call does not matter', async () => {
    const answer = await door.ask('/v4/openim/nothing', padded(1_000_000))
    expect(answer).toMatchObject({ ErrorCode: 60009 })
  })
})

describe('a body that does not come', () => {
  test('is waited for a while, then answered and the connection closed', async () => {
    const received = await exchange(`${head(SEND, 100)}{"To_`, '')
    expect(received).toContain('"ErrorCode":60008')
    expect(received.toLowerCase()).toContain('connection: close')
  })

  test('of a refused call gets its refusal', async () => {
    const received = await exchange(
      'POST /v4/openim/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n',
      '',
    )
    expect(received).toContain('"ErrorCode":60009')
  })

  test('because the caller hung up leaves nothing behind', async () => {
    const socket = door.connect()
    socket.write(`${head(SEND, 100)}{"To_`)
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.destroy()
    expect(await door.call(SEND, batch())).toMatchObject({ ActionStatus: 'OK' })
    expect(door.calls).toEqual([{ command: SEND, code: 0 }])
    expect(door.logged).toEqual([])
  })
})

test('a body in chunks without a length is taken', async () => {
  const json = JSON.stringify(batch())
  const chunks = [json.slice(0, 20), json.slice(20)].map(
    (chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
  )
  const start = head(SEND, 0, 'close').replace('Content-Length: 0', 'Transfer-Encoding: chunked')
  expect(await exchange(`${start}${chunks.join('')}0\r\n\r\n`, '')).toContain('"ErrorCode":0')
})

function head(command: string, length: number, connection = 'keep-alive'): string {
  const lines = [`POST ${pathOf(command)} HTTP/1.1`, 'Host: x', `Content-Length: ${length}`]
  return `${[...lines, `Connection: ${connection}`].join('\r\n')}\r\n\r\n`
}

/** Sends the first text, then, after an answer began to come, the second; returns all until the end. */
function exchange(first: string, second: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = door.connect()
    let received = ''
    socket.on('data', (chunk) => {
      if (received === '' && second !== '') socket.write(second)
      received += String(chunk)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
    socket.write(first)
  })
}
