import { expect, test } from 'vitest'
import { Trait } from '../../src/domain/batch.ts'
import type { PushWay } from '../../src/domain/device.ts'
import { lastPositionOf, type Position, positionOf } from '../../src/domain/place.ts'
import type { Outcomes, PushResult } from '../../src/domain/record.ts'
import { openStack, type Stack, type StackOptions, secrets } from '../live/stack.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into at will
type Json = any

async function get({ url }: Stack, path: string, credential = secrets.apiKey) {
  const headers = { authorization: `Bearer ${credential}` }
  const response = await fetch(`${url}/v1/batches/${path}`, { headers })
  return { status: response.status, json: (await response.json()) as Json }
}

function idOf(stack: Stack, place: number, ordinal = 0): string {
  const generation = stack.views.generation.toString(16).padStart(4, '0')
  const hex = (number: number, length: number) => number.toString(16).padStart(length, '0')
  return `${generation}${hex(place, 12)}${hex(ordinal, 8)}`
}

async function openWith(accounts: readonly string[], options?: StackOptions): Promise<Stack> {
  const stack = await openStack(options)
  await stack.accounts(...accounts)
  return stack
}

function result(change: Partial<PushResult> & Pick<PushResult, 'position' | 'account'>) {
  return {
    deviceId: 'phone',
    state: 'pushed',
    detail: 'id-1',
    isRetryable: false,
    ...change,
  } satisfies PushResult
}

async function delivered(stack: Stack, account: string, position: Position): Promise<void> {
  const accounts = Uint32Array.of(stack.number(account))
  const upTo = Float64Array.of(position)
  await stack.engines.journal.append({ type: 'delivered', accounts, upTo })
}

async function outcomes(stack: Stack, way: Outcomes['way'], results: PushResult[]): Promise<void> {
  await stack.engines.journal.append({ type: 'outcomes', way, upTo: 0, results })
}

test('each entry has the state that it reached last', async () => {
  await using stack = await openWith(['shop', 'a', 'b', 'c', 'd'])
  const { place, time } = await stack.send('shop', ['a', 'b', 'c', 'd'], {
    failures: [],
  })
  const at = (ordinal: number) => positionOf(place, ordinal)
  await stack.pipeline.markRead(stack.number('b'), stack.number('shop'), null)
  await delivered(stack, 'c', at(2))
  await stack.pipeline.change({ place, ordinals: [3], by: 0, content: null })

  const { status, json } = await get(stack, idOf(stack, place))
  expect(status).toBe(200)
  expect(json).toEqual({
    id: idOf(stack, place),
    from: 'shop',
    time,
    total: 4,
    totals: {
      stored: 1,
      delivered: 1,
      read: 1,
      recalled: 1,
      failed: 0,
      repeated: 0,
      failures: {},
      pushes: { pushed: 0, refused: {}, skipped: {} },
    },
    entries: [
      { number: 0, id: idOf(stack, place, 0), with: 'a', state: 'stored', pushes: [] },
      { number: 1, id: idOf(stack, place, 1), with: 'b', state: 'read', pushes: [] },
      { number: 2, id: idOf(stack, place, 2), with: 'c', state: 'delivered', pushes: [] },
      { number: 3, id: idOf(stack, place, 3), with: 'd', state: 'recalled', pushes: [] },
    ],
    next: null,
  })
})

test('entries without a copy say why', async () => {
  await using stack = await openWith(['shop', 'a'])
  const { place } = await stack.sendTo('shop', [stack.number('a'), 0, 0], {
    failures: [{ ordinal: 1, id: 'zoe', code: 'unknownAccount' }],
  })
  const { json } = await get(stack, idOf(stack, place))
  expect(json.totals).toMatchObject({ failed: 1, repeated: 1, failures: { unknownAccount: 1 } })
  expect(json.entries.slice(1)).toEqual([
    { number: 1, state: 'failed', to: 'zoe', code: 'unknownAccount' },
    { number: 2, state: 'repeated' },
  ])
})

test('what became of notifications stands with their entry', async () => {
  await using stack = await openWith(['shop', 'a', 'b', 'c'])
  const { place } = await stack.send('shop', ['a', 'b', 'c'])
  const other = await stack.send('shop', ['a'])
  const [a, b, c] = ['a', 'b', 'c'].map((id, i) => ({
    position: positionOf(place, i),
    account: stack.number(id),
  }))
  await outcomes(stack, 'fcm', [
    result({ ...a! }),
    result({ ...b!, state: 'refused', detail: 'UNREGISTERED' }),
    result({ position: positionOf(other.place, 0), account: a!.account }),
  ])
  await outcomes(stack, 'apns', [result({ ...a!, deviceId: 'pad', detail: 'apns-id' })])
  const skipped = { deviceId: '', state: 'skipped', detail: 'online' } as const
  await outcomes(stack, 'none', [result({ ...c!, ...skipped })])

  const { json } = await get(stack, idOf(stack, place, 2))
  expect(json.totals.pushes).toEqual({
    pushed: 2,
    refused: { UNREGISTERED: 1 },
    skipped: { online: 1 },
  })
  const time = expect.any(Number)
  expect(json.entries.map(({ pushes }: { pushes: unknown }) => pushes)).toEqual([
    [
      { account: 'a', way: 'fcm', device: 'phone', state: 'pushed', id: 'id-1', time },
      { account: 'a', way: 'apns', device: 'pad', state: 'pushed', id: 'apns-id', time },
    ],
    [
      {
        account: 'b',
        way: 'fcm',
        device: 'phone',
        state: 'refused',
        reason: 'UNREGISTERED',
        isRetryable: false,
        time,
      },
    ],
    [{ account: 'c', state: 'skipped', reason: 'online', time }],
  ])
})

test('whoever has no device is told so once the others have been looked at', async () => {
  await using stack = await openWith(['shop', 'a', 'b'])
  const device = { id: 'p', way: 'fcm', token: 't', keys: null, app: '', locale: '', timeZone: '' }
  await stack.pipeline.registerDevice(stack.number('b'), { ...device, way: 'fcm' })
  const { place } = await stack.send('shop', ['a', 'b', 'shop'])
  const silent = await stack.send('shop', ['a'], { traits: Trait.unpushed })
  expect((await get(stack, idOf(stack, place))).json.entries[0].pushes).toEqual([])
  const upTo = lastPositionOf(silent.place)
  await stack.engines.journal.append({ type: 'outcomes', way: 'fcm', upTo: 1, results: [] })
  await stack.engines.journal.append({ type: 'outcomes', way: 'none', upTo, results: [] })
  const { json } = await get(stack, idOf(stack, place))
  expect(json.totals.pushes).toEqual({ pushed: 0, refused: {}, skipped: { 'no-device': 1 } })
  expect(json.entries[0].pushes).toMatchObject([{ state: 'skipped', reason: 'no-device' }])
  expect(json.entries[1].pushes).toEqual([])
  expect(json.entries[2].pushes).toEqual([])
  const other = await get(stack, idOf(stack, silent.place))
  expect(other.json.totals.pushes.skipped).toEqual({})
})

test('a device that no way led to when the copy was looked at is none', async () => {
  await using stack = await openWith(['shop', 'a', 'b', 'c'])
  const device = { token: 't', keys: null, app: '', locale: '', timeZone: '' }
  const register = (account: string, way: PushWay) =>
    stack.pipeline.registerDevice(stack.number(account), { ...device, id: account, way })
  await register('a', 'fcm')
  await register('c', 'apns')
  const { place } = await stack.send('shop', ['a', 'b', 'c'])
  const upTo = lastPositionOf(place)
  await stack.engines.journal.append({ type: 'outcomes', way: 'apns', upTo: 1, results: [] })
  await stack.engines.journal.append({ type: 'outcomes', way: 'none', upTo, results: [] })
  const skipped = async () => (await get(stack, idOf(stack, place))).json.totals.pushes.skipped
  expect(await skipped()).toEqual({ 'no-device': 2 })
  await stack.engines.journal.append({ type: 'outcomes', way: 'apns', upTo, results: [] })
  expect(await skipped()).toEqual({ 'no-device': 3 })
  await register('b', 'apns')
  expect(await skipped()).toEqual({ 'no-device': 3 })
})

test('providers may say what they like', async () => {
  await using stack = await openWith(['shop', 'a'])
  const { place } = await stack.send('shop', ['a'])
  const copy = { position: positionOf(place, 0), account: stack.number('a') }
  const details = ['__proto__', 'constructor', ...Array.from({ length: 200 }, (_, i) => `no ${i}`)]
  const results = details.map((detail) => result({ ...copy, state: 'refused', detail }))
  await outcomes(stack, 'web', results)
  const { json } = await get(stack, idOf(stack, place))
  const { refused } = json.totals.pushes
  expect(Object.keys(refused)).toHaveLength(101)
  expect(refused.other).toBe(details.length - 100)
  expect(refused.constructor).toBe(1)
  expect(json.entries[0].pushes).toHaveLength(100)
})

test('a batch of several records is one, page by page', async () => {
  await using stack = await openWith(['shop', 'a'])
  const recipients = new Array<number>(5000).fill(stack.number('a'))
  const { place } = await stack.sendTo('shop', recipients, {
    failures: [{ ordinal: 4999, id: 'zoe', code: 'unknownAccount' }],
  })
  const { json } = await get(stack, `${idOf(stack, place)}?limit=200`)
  expect(json).toMatchObject({ total: 5000, totals: { stored: 5000 }, next: 200 })
  const seen: number[] = []
  for (let skip: number | null = 4000; skip !== null; ) {
    const page: Json = await get(stack, `${idOf(stack, place)}?limit=150&skip=${skip}`)
    expect(page.json.totals).toBeUndefined()
    seen.push(...page.json.entries.map((entry: Json) => entry.number))
    skip = page.json.next
  }
  expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => 4000 + i))

  const [part] = stack.engines.directory.parts(place)
  const ofPart = await get(stack, `${idOf(stack, part!)}?limit=1&skip=4096`)
  expect(ofPart.json).toMatchObject({
    id: idOf(stack, place),
    entries: [{ number: 4096, id: idOf(stack, part!) }],
  })
})

test('a copy for open screens only, or to a group, is never told as delivered or read', async () => {
  await using stack = await openWith(['shop', 'a'])
  const { place } = await stack.send('shop', ['a'], { traits: Trait.onlineOnly })
  const { described } = await stack.pipeline.conversations.create({
    id: 'team',
    pair: null,
    owner: 0,
    isFrozen: false,
    attributes: '',
    members: [stack.number('shop'), stack.number('a')],
  })
  const group = described.conversation[0]
  const toGroup = await stack.sendTo('shop', [group])
  await stack.pipeline.markRead(stack.number('a'), group, null)
  await delivered(stack, 'a', stack.views.newest())
  for (const each of [place, toGroup.place]) {
    expect((await get(stack, idOf(stack, each))).json.entries).toMatchObject([{ state: 'stored' }])
  }
  const { json } = await get(stack, idOf(stack, toGroup.place))
  expect(json.entries[0].group).toBe('team')
})

test('it is named by what its sender called it', async () => {
  const now = () => 1_700_000_000_000
  await using stack = await openWith(['shop', 'other', 'a'], { now })
  await stack.send('other', ['a'], { seq: 7, random: 99 })
  const { place } = await stack.send('shop', ['a'], { seq: 7, random: 99 })
  await stack.send('shop', ['a'], { seq: 7, random: 99 })
  const key = '7_99_1700000000'
  expect((await get(stack, `${key}?sender=shop`)).json.id).toBe(idOf(stack, place))
  expect(await get(stack, key)).toMatchObject({ status: 400, json: { error: { field: 'sender' } } })
  for (const wrong of ['7_98_1700000000', '8_99_1700000000', '7_99_1700000001']) {
    expect(await get(stack, `${wrong}?sender=shop`)).toMatchObject({ status: 404 })
  }
})

test('a whole batch may be named where an ordinal would stand', async () => {
  await using stack = await openWith(['shop', 'a'])
  const { place } = await stack.send('shop', ['a'])
  const whole = `${idOf(stack, place).slice(0, 16)}ffffffff`
  expect((await get(stack, whole)).json.id).toBe(idOf(stack, place))
})

test('its sender may ask, and nobody else', async () => {
  await using stack = await openWith(['shop', 'a'])
  const { place } = await stack.send('shop', ['a'], { seq: 1, random: 2 })
  const id = idOf(stack, place)
  const shop = await stack.token('shop')
  expect(await get(stack, id, shop)).toMatchObject({ status: 200 })
  const [stored] = await stack.engines.journal.read([place])
  const key = `1_2_${Math.floor(stored!.time / 1000)}`
  expect(await get(stack, key, shop)).toMatchObject({ status: 200 })
  const error = { code: 'notFound' }
  expect(await get(stack, id, await stack.token('a'))).toMatchObject({
    status: 404,
    json: { error },
  })
  expect(await get(stack, id, 'wrong')).toMatchObject({ status: 401 })
})

test.each([
  ['nothing.of-ours', 404],
  ['00010000000000000000000g', 404],
  ['ffff00000000000800000000', 404],
  [`0000${'f'.repeat(20)}`, 404],
  ['1_2', 404],
])('there is no batch %s', async (id, status) => {
  await using stack = await openWith(['shop'])
  expect((await get(stack, id)).status).toBe(status)
})

test.each(['skip=-1', 'skip=x', 'limit=0', 'limit=201'])('%s is refused', async (query) => {
  await using stack = await openWith(['shop', 'a'])
  const { place } = await stack.send('shop', ['a'])
  expect((await get(stack, `${idOf(stack, place)}?${query}`)).status).toBe(400)
})

test('the page after the last is empty', async () => {
  await using stack = await openWith(['shop', 'a'])
  const { place } = await stack.send('shop', ['a'])
  const { json } = await get(stack, `${idOf(stack, place)}?skip=9`)
  expect(json).toMatchObject({ entries: [], next: null })
})
