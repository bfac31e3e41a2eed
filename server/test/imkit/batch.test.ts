import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { messageId } from '../../src/domain/message-id.ts'
import { END } from '../../src/domain/place.ts'
import { type Json, openDoor, secrets, type TestDoor } from './door.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openDoor({ accounts: ['shop', 'ann', 'bob'] })
})
afterEach(() => door[Symbol.asyncDispose]())

const BATCH = '/messages/batch'

/** A call in which nothing is wrong, with changes. */
function batch(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sender: 'shop',
    messageType: 'text',
    message: 'Hello $name$, parcel $no$ is on its way',
    paras: [
      { receiver: 'ann', $name$: 'Ann', $no$: 'A-17' },
      { receiver: 'bob', $name$: 'Bob', $no$: 'B-02' },
    ],
    ...changes,
  }
}

/** What an account reads in its conversation with another, oldest first. */
async function history(account: string, other: string): Promise<Json[]> {
  const page = { after: -1, before: END, limit: 100, order: 'oldest' } as const
  const lines = await door.door.views.history(door.number(account), door.number(other), page)
  return lines.map(({ message }) => JSON.parse(message!.content!.json))
}

async function send(changes: Record<string, unknown> = {}): Promise<Json> {
  const { status, body, result } = await door.platform('POST', BATCH, batch(changes))
  expect(body).toMatchObject({ RC: 0, RM: 'OK' })
  expect(status).toBe(200)
  return result
}

async function opened(batchID: string, query = ''): Promise<Json> {
  return (await door.platform('GET', `${BATCH}?batchID=${batchID}${query}`)).result
}

describe('a batch', () => {
  test('gives each receiver the template with values of its own', async () => {
    const { batchID, count } = await send()
    expect(count).toBe(2)
    expect(batchID).toMatch(/^[0-9a-f]{16}ffffffff$/)
    expect(await history('ann', 'shop')).toEqual([
      { messageType: 'text', message: 'Hello Ann, parcel A-17 is on its way' },
    ])
    expect(await history('bob', 'shop')).toEqual([
      { messageType: 'text', message: 'Hello Bob, parcel B-02 is on its way' },
    ])
    expect(door.door.views.unread(door.number('ann'), door.number('shop'))).toBe(1)
    expect(door.door.views.unread(door.number('shop'), door.number('ann'))).toBe(0)
  })

  test('fills names in deep, in content fields only, and leaves what has no value', async () => {
    await send({
      messageType: 'template',
      message: '$5 or $name$, $absent$',
      extra: { links: ['https://shop.example/$no$'], $name$: 'a key stays' },
      images: [{ originalUrl: '/$no$.png' }],
      sticker: '$name$',
      reply: '$name$',
      paras: [{ receiver: 'ann', $name$: '$no$ & $&', $no$: 7, $: 'none', other: 'none' }],
    })
    expect(await history('ann', 'shop')).toEqual([
      {
        messageType: 'template',
        message: '$5 or $no$ & $&, $absent$',
        extra: { links: ['https://shop.example/7'], $name$: 'a key stays' },
        images: [{ originalUrl: '/7.png' }],
        sticker: '$name$',
        reply: '$name$',
      },
    ])
  })

  test('takes numbers and booleans as values, and the longest name', async () => {
    await send({
      message: '$a$b$ $n$ $t$',
      paras: [{ receiver: 'ann', $a$: 'short', $a$b$: 'long', $n$: 1.5, $t$: true }],
    })
    expect(await history('ann', 'shop')).toMatchObject([{ message: 'long 1.5 true' }])
  })

  test('keeps known fields and drops the others; _id is ignored', async () => {
    await send({
      _id: 'x',
      roomId: 'y',
      latitude: 1,
      video: {},
      batchID: 'z',
      paras: [{ receiver: 'ann' }],
    })
    expect(await history('ann', 'shop')).toEqual([
      { messageType: 'text', message: batch().message, latitude: 1 },
    ])
  })

  test('makes a message for every entry, repeated ones too', async () => {
    await send({ message: 'again', paras: [{ receiver: 'ann' }, { receiver: 'ann' }] })
    expect(await history('ann', 'shop')).toHaveLength(2)
  })

  test('is from the client of the platform when it names no sender', async () => {
    await send({ sender: null })
    expect(await history('ann', 'admin')).toHaveLength(1)
    await send({ sender: undefined })
    expect(await history('ann', 'admin')).toHaveLength(2)
  })

  test('reaches receivers live, and is echoed to its sender', async () => {
    await send()
    expect(door.heard).toEqual(
      expect.arrayContaining([
        { what: 'copy', account: door.number('ann') },
        { what: 'copy', account: door.number('bob') },
        { what: 'echo', account: door.number('shop') },
      ]),
    )
  })

  test('goes to the room of an entry, whatever receiver stands beside it', async () => {
    await send({ message: 'first' })
    const pair = [door.number('shop'), door.number('ann')].sort((a, b) => a - b)
    const room = door.door.conversationIds.of(pair as [number, number])
    await send({ message: 'second', paras: [{ room, receiver: 7 }] })
    expect(await history('ann', 'shop')).toMatchObject([
      { message: 'first' },
      { message: 'second' },
    ])
  })

  test('of thousands of entries is one batch', async () => {
    const ids = Array.from({ length: 4500 }, (_, i) => `u${i}`)
    await door.door.pipeline.importAccounts(ids.map((id) => ({ id })))
    const paras = [...ids.map((receiver) => ({ receiver, $name$: receiver })), { receiver: 'zoe' }]
    const { batchID, count } = await send({ message: 'Dear $name$', paras })
    expect(count).toBe(4501)
    expect(await history('u4499', 'shop')).toMatchObject([{ message: 'Dear u4499' }])
    const page = await opened(batchID, '&skip=4498&limit=5')
    expect(page).toMatchObject({ count: 4500, total: 4501, status: 'done', failedCount: 1 })
    expect(page.failed).toMatchObject([{ index: 4500, code: 'CLIENT_NOT_FOUND' }])
    expect(page.data.map(({ message }: Json) => message)).toEqual(['Dear u4498', 'Dear u4499'])
    expect(page.data.every((message: Json) => message.batchID === batchID)).toBe(true)
  })
})

describe('an entry that cannot be', () => {
  test('fails alone, and the batch says why', async () => {
    await door.door.pipeline.block(door.number('bob'), door.number('shop'), true)
    const { batchID, count } = await send({
      message: '$text$',
      paras: [
        { receiver: 'ann', $text$: 'good' },
        { receiver: 'zoe' },
        { room: 'nowhere' },
        { receiver: 'shop' },
        { receiver: 'bob' },
        { receiver: 'ann', $text$: 'x'.repeat(70_000) },
      ],
    })
    expect(count).toBe(6)
    expect(await opened(batchID)).toMatchObject({
      count: 1,
      total: 6,
      status: 'done',
      failed: [
        { index: 1, code: 'CLIENT_NOT_FOUND', message: 'there is no client "zoe"' },
        { index: 2, code: 'ROOM_NOT_FOUND', message: 'there is no room "nowhere"' },
        { index: 3, code: 'SELF' },
        { index: 4, code: 'BLOCKED' },
        { index: 5, code: 'MESSAGE_TOO_LARGE' },
      ],
      data: [{ message: 'good', sender: { _id: 'shop' } }],
    })
  })

  test('refuses the call when receivers have to be known', async () => {
    await using strict = await openDoor({
      accounts: ['shop', 'ann'],
      env: { CARILLON_STRICT_RECEIVERS: 'true' },
    })
    const { status, code, body } = await strict.platform('POST', BATCH, batch())
    expect([status, code]).toEqual([404, 'CLIENT_NOT_FOUND'])
    expect(body.RM).toBe('paras[1].receiver: there is no client "bob"')
    expect(strict.door.index.size().copies).toBe(0)
  })
})

describe('a client with a token', () => {
  test('sends as itself, to rooms of its own', async () => {
    const paras = [{ receiver: 'bob' }, { receiver: 'zoe' }]
    const sent = await door.as('ann', 'POST', BATCH, { messageType: 'text', message: 'hi', paras })
    expect(sent.body).toMatchObject({ RC: 0, result: { count: 2 } })
    expect(await history('bob', 'ann')).toMatchObject([{ message: 'hi' }])
    const own = await door.as('ann', 'POST', BATCH, batch({ sender: 'ann' }))
    expect(own.status).toBe(200)
  })

  test('cannot send as another', async () => {
    const { status, code } = await door.as('ann', 'POST', BATCH, batch({ sender: 'bob' }))
    expect([status, code]).toEqual([403, 'INSUFFICIENT_PERMISSIONS'])
  })

  test('cannot write to a room of others', async () => {
    await send()
    const pair = [door.number('shop'), door.number('bob')].sort((a, b) => a - b)
    const room = door.door.conversationIds.of(pair as [number, number])
    const { result } = await door.as('ann', 'POST', BATCH, { message: 'hi', paras: [{ room }] })
    expect((await opened(result.batchID)).failed).toMatchObject([{ code: 'NOT_ROOM_MEMBER' }])
  })
})

describe('a call is refused whole', () => {
  const para = { receiver: 'ann' }
  test.each<[Record<string, unknown>, number, string, string]>([
    [
      { paras: undefined },
      400,
      'MISSING_PARAMETER',
      'paras: expected an array of entries, but nothing came',
    ],
    [
      { paras: {} },
      400,
      'INVALID_REQUEST',
      'paras: expected an array of 1 to 5000 entries, but an object came',
    ],
    [
      { paras: [] },
      400,
      'INVALID_REQUEST',
      'paras: expected an array of 1 to 5000 entries, but an array of 0 came',
    ],
    [
      { paras: new Array(5001).fill(para) },
      400,
      'INVALID_REQUEST',
      'paras: expected an array of 1 to 5000 entries, but an array of 5001 came',
    ],
    [
      { paras: [para, 7] },
      400,
      'INVALID_REQUEST',
      'paras[1]: expected an object, but the number 7 came',
    ],
    [{ paras: [null] }, 400, 'INVALID_REQUEST', 'paras[0]: expected an object, but nothing came'],
    [
      { paras: [{}] },
      400,
      'MISSING_PARAMETER',
      'paras[0]: expected a receiver or a room, but neither came',
    ],
    [
      { paras: [{ receiver: '' }] },
      400,
      'MISSING_PARAMETER',
      'paras[0]: expected a receiver or a room, but neither came',
    ],
    [
      { paras: [{ receiver: 7 }] },
      400,
      'INVALID_REQUEST',
      'paras[0].receiver: expected a string, but the number 7 came',
    ],
    [
      { paras: [{ room: [] }] },
      400,
      'INVALID_REQUEST',
      'paras[0].room: expected a string, but an array of 0 came',
    ],
    [
      { paras: [{ ...para, $a$: null }] },
      400,
      'INVALID_REQUEST',
      'paras[0].$a$: expected a string, a number, true or false, but nothing came',
    ],
    [
      { paras: [{ ...para, $a$: {} }] },
      400,
      'INVALID_REQUEST',
      'paras[0].$a$: expected a string, a number, true or false, but an object came',
    ],
    [
      { message: undefined },
      400,
      'MISSING_PARAMETER',
      'message: expected a string, but nothing came',
    ],
    [
      { push: 'yes' },
      400,
      'INVALID_REQUEST',
      'push: expected true or false, but the string "yes" came',
    ],
    [
      { skipTotalBadge: 1 },
      400,
      'INVALID_REQUEST',
      'skipTotalBadge: expected true or false, but the number 1 came',
    ],
    [{ sender: 7 }, 400, 'INVALID_REQUEST', 'sender: expected a string, but the number 7 came'],
    [{ sender: 'zoe' }, 404, 'CLIENT_NOT_FOUND', 'sender: there is no client "zoe"'],
  ])('%j', async (changes, http, code, message) => {
    const { status, body } = await door.platform('POST', BATCH, batch(changes))
    expect(body).toEqual({ RC: http, RM: message, error: { code, message } })
    expect(status).toBe(http)
    expect(door.door.index.size().copies).toBe(0)
  })
})

describe('a call with an Idempotency-Key', () => {
  const call = (key: string, body: unknown, headers: Record<string, string> = {}) =>
    door.call(
      'POST',
      BATCH,
      { 'IM-API-KEY': secrets.apiKey, 'Idempotency-Key': key, ...headers },
      body,
    )

  test('is done once, however often and at once it comes', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => call('k1', batch())))
    const ids = new Set(answers.map(({ result }) => result.batchID))
    expect(ids.size).toBe(1)
    expect(answers.map(({ result }) => result.count)).toEqual([2, 2, 2])
    expect(await history('ann', 'shop')).toHaveLength(1)
  })

  test('is refused when the key came with another call', async () => {
    await call('k1', batch())
    const { status, code } = await call('k1', batch({ message: 'other' }))
    expect([status, code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  test('has a key of its own, whoever else uses the same', async () => {
    const body = { message: 'hi', paras: [{ receiver: 'bob' }] }
    await call('k1', body)
    const token = await door.token('ann')
    const headers = { 'IM-CLIENT-KEY': secrets.clientKey, 'IM-Authorization': token }
    const mine = await door.call('POST', BATCH, { ...headers, 'Idempotency-Key': 'k1' }, body)
    expect(mine.status).toBe(200)
    expect(await history('bob', 'ann')).toHaveLength(1)
  })

  test('needs a key of at most 255 bytes', async () => {
    expect((await call('k'.repeat(255), batch())).status).toBe(200)
    expect((await call('k'.repeat(256), batch())).code).toBe('INVALID_REQUEST')
  })
})

describe('GET /messages/batch', () => {
  test('of an unknown batch has nothing', async () => {
    const message = messageId(0, 4096)
    for (const id of ['nonsense', 'f'.repeat(24), message, `${message.slice(0, 16)}ffffffff`]) {
      expect(await opened(id)).toMatchObject({ count: 0, total: 0, data: [], failed: [] })
    }
  })

  test('needs the id, whole numbers and the API key', async () => {
    expect((await door.platform('GET', BATCH)).code).toBe('MISSING_PARAMETER')
    const wrong = await door.platform('GET', `${BATCH}?batchID=x&limit=-1`)
    expect([wrong.status, wrong.code]).toEqual([400, 'INVALID_QUERY'])
    expect((await door.as('ann', 'GET', `${BATCH}?batchID=x`)).code).toBe('PERMISSION_DENIED')
  })
})

test('what asks for a notification says so in the batch', async () => {
  const { traits, push } = await lastBatch({ push: true, skipTotalBadge: true })
  expect(JSON.parse(push)).toEqual({ push: true, skipTotalBadge: true })
  const silent = await lastBatch({})
  expect(JSON.parse(silent.push)).toEqual({ push: false })
  expect(silent.traits & ~traits).toBe(128)
})

async function lastBatch(changes: Record<string, unknown>): Promise<Json> {
  await send(changes)
  const page = { after: -1, before: END, limit: 1, order: 'newest' } as const
  const { views } = door.door
  const [line] = await views.history(door.number('ann'), door.number('shop'), page)
  return line!.message!.batch
}
