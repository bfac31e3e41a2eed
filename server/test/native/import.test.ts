import { request } from 'node:http'
import { expect, test } from 'vitest'
import { itemsOf } from '../../src/api/native/http/account-items.ts'
import { Fault } from '../../src/domain/errors.ts'
import { openStack, type Stack, secrets } from '../live/stack.ts'

type Json = Record<string, unknown>

async function post(stack: Stack, body: string | Buffer, type = 'text/plain') {
  const response = await fetch(`${stack.url}/v1/accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secrets.apiKey}`, 'content-type': type },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  return { status: response.status, json: (await response.json()) as Json }
}

const options = { documentBytesMax: 1000, isLines: false }

function profile(stack: Stack, id: string) {
  return stack.engines.directory.profiles([stack.number(id)])[0]
}

test('lines become accounts, and again change only what they say', async () => {
  await using stack = await openStack()
  const first = '{"id":"ann","nick":"Ann","avatarUrl":"https://a"}\n\r\n{"id":"бob"}'
  expect(await post(stack, first)).toEqual({
    status: 200,
    json: { lines: 2, created: 2, known: 0, failures: 0, failed: [] },
  })
  const second = '{"id":"ann","nick":"Anna"}\n{"id":"cleo"}\n{"id":"cleo"}\n'
  expect((await post(stack, second)).json).toMatchObject({ lines: 3, created: 1, known: 2 })
  expect(profile(stack, 'ann')).toMatchObject({ id: 'ann', nick: 'Anna', avatarUrl: 'https://a' })
})

test.each([
  ['one object', '{"id":"ann"}', 1],
  ['one object over several lines', '\uFEFF{\n  "id": "ann",\n  "nick": "A"\n}\n', 1],
  ['an array', '  [{"id":"ann"},\n {"id":"bob"}]', 2],
  ['an empty array', '[]', 0],
  ['lines with a byte order mark', '\uFEFF{"id":"ann"}\n{"id":"bob"}', 2],
  ['nothing', '', 0],
  ['empty lines', '\n\n \n', 0],
])('%s is taken', async (_, body, created) => {
  for (const type of ['application/json', 'text/plain']) {
    await using stack = await openStack()
    expect((await post(stack, body, type)).json).toMatchObject({ created, failures: 0 })
  }
})

test('what is said to be lines is read as lines, whatever stands on the first', async () => {
  await using stack = await openStack()
  for (const first of ['[', '{', '[]']) {
    const { json } = await post(stack, `${first}\n{"id":"ann"}`, 'application/x-ndjson')
    expect(json).toMatchObject({ lines: 2, failures: 1 })
  }
})

test('a line that is wrong fails alone, with its number, its id and the reason', async () => {
  await using stack = await openStack()
  const lines = [
    '{"id":"ann"}',
    'ann',
    '',
    '{"id":""}',
    '{"id":7}',
    '{"nick":"x"}',
    '["ann"]',
    '{"id":"bob","nick":7}',
    `{"id":"bob","nick":"${'ü'.repeat(251)}"}`,
    '{"id":"bob","name":"Bob"}',
    '{"id":"a\\u0000b"}',
    '{"id":"\\ud800"}',
    `{"id":"${'x'.repeat(129)}"}`,
    `{"id":"${'y'.repeat(20_000)}"}`,
    '{"id":"last"}',
  ]
  const { status, json } = await post(stack, lines.join('\n'))
  expect(status).toBe(200)
  expect(json).toMatchObject({ lines: 14, created: 2, known: 0, failures: 12 })
  const failed = json.failed as Json[]
  expect(failed.map(({ line }) => line)).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  expect(failed[0]).toMatchObject({ id: null, code: 'invalidRequest' })
  expect(failed[5]).toMatchObject({ line: 8, id: 'bob' })
  expect(failed[5]!.message).toContain('nick: expected a string of at most 500 bytes')
  expect(failed[7]!.message).toContain(
    'name: expected one of id, nick, avatarUrl, but a field of this name came',
  )
  expect(failed.at(-1)).toMatchObject({ line: 14, code: 'tooLarge' })
  expect(stack.number('bob')).toBe(0)
})

test('bytes that are not UTF-8 fail their line', async () => {
  await using stack = await openStack()
  const body = Buffer.concat([
    Buffer.from('{"id":"ann"}\n{"id":"'),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('"}\n{"id":"bob"}'),
  ])
  const { json } = await post(stack, body)
  expect(json).toMatchObject({ created: 2, failures: 1 })
  expect((json.failed as Json[])[0]).toMatchObject({ line: 2, message: 'the line is not UTF-8' })
})

test('of many failures the first hundred are listed and all are counted', async () => {
  await using stack = await openStack()
  const { json } = await post(stack, 'x\n'.repeat(5000))
  expect(json).toMatchObject({ lines: 5000, failures: 5000 })
  expect(json.failed).toHaveLength(100)
})

test('when no more accounts fit, the known ones are still taken and each other one fails', async () => {
  await using stack = await openStack({ accountsMax: 3 })
  await stack.accounts('ann', 'bob')
  const { json } = await post(
    stack,
    ['ann', 'x', 'y', 'bob', 'z'].map((id) => `{"id":"${id}","nick":"n"}\n`).join(''),
  )
  expect(json).toMatchObject({ lines: 5, created: 1, known: 2, failures: 2 })
  expect(json.failed).toMatchObject([{ code: 'accountsFull' }, { code: 'accountsFull' }])
})

test('what the server cannot take now ends the call, with what was done so far', async () => {
  await using stack = await openStack()
  const importAccounts = stack.pipeline.importAccounts
  let slices = 0
  stack.pipeline.importAccounts = async (accounts) => {
    slices += 1
    if (slices > 2) throw new Fault('diskFull')
    return importAccounts(accounts)
  }
  const body = Array.from({ length: 20_000 }, (_, i) => `{"id":"u${i}"}\n`).join('')
  const { status, json } = await post(stack, body)
  expect(status).toBe(507)
  expect(json).toMatchObject({ error: { code: 'diskFull', number: 2002 }, created: 2000 })
})

test('an array that is too long is refused, lines are not', async () => {
  await using stack = await openStack({ env: { CARILLON_BODY_BYTES_MAX: '2000' } })
  const accounts = Array.from({ length: 500 }, (_, i) => ({ id: `u${i}` }))
  expect(await post(stack, JSON.stringify(accounts))).toMatchObject({
    status: 413,
    json: { error: { code: 'tooLarge' } },
  })
  const lines = accounts.map((account) => JSON.stringify(account)).join('\n')
  expect(await post(stack, lines)).toMatchObject({ status: 200, json: { created: 500 } })
})

test('a body that breaks off imports what came whole and harms nobody', async () => {
  await using stack = await openStack()
  const headers = { authorization: `Bearer ${secrets.apiKey}`, 'content-length': '100000' }
  const broken = request(`${stack.url}/v1/accounts`, { method: 'POST', headers })
  broken.on('error', () => {})
  broken.write('{"id":"early"}\n'.repeat(1500))
  await expect.poll(() => stack.number('early')).toBeGreaterThan(0)
  broken.destroy()
  expect((await post(stack, '{"id":"later"}')).json).toMatchObject({ created: 1 })
})

test('lines are the same however the body is cut into chunks', async () => {
  const text = '{"id":"ä1"}\n\n{"id":"b"}\nnope\n{"id":"🔔"}\n{"id":"d"}'
  const bytes = Buffer.from(text)
  const whole = await collect([bytes])
  expect(whole).toEqual([
    { line: 1, id: 'ä1' },
    { line: 3, id: 'b' },
    { line: 4, id: undefined },
    { line: 5, id: '🔔' },
    { line: 6, id: 'd' },
  ])
  for (let size = 1; size < bytes.length; size += 1) {
    const chunks: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
    expect(await collect(chunks)).toEqual(whole)
  }
})

test('a line that never ends takes no memory', async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('{"id":"a"}\n')
    for (let i = 0; i < 5000; i += 1) yield Buffer.alloc(65_536, 'x')
    yield Buffer.from('\n{"id":"b"}\n')
  }
  const before = process.memoryUsage().arrayBuffers
  const items = []
  for await (const some of itemsOf(endless(), options)) items.push(...some)
  expect(items.map(({ line, fault }) => [line, fault?.kind])).toEqual([
    [1, undefined],
    [2, 'tooLarge'],
    [3, undefined],
  ])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6)
})

async function collect(chunks: Buffer[]) {
  async function* body() {
    yield* chunks
  }
  const ids: { line: number; id: unknown }[] = []
  for await (const items of itemsOf(body(), options)) {
    for (const { line, value } of items) ids.push({ line, id: (value as Json | null)?.id })
  }
  return ids
}
