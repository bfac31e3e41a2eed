import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isBatch } from '../../src/domain/record.ts'
import { type Answer, batch, openDoor, type TestDoor, text } from './door.ts'

let door: TestDoor
let random = 0
beforeAll(async () => {
  door = await openDoor({
    accounts: ['bonnie'],
    settings: { timMessageBytes: 100_000, timUnreadMax: 0 },
  })
})
afterAll(() => door[Symbol.asyncDispose]())

type Content = Record<string, unknown>

function send(...MsgBody: unknown[]): Promise<Answer> {
  random += 1
  return door.call(
    'openim/batchsendmsg',
    batch({ To_Account: ['bonnie'], MsgBody, MsgRandom: random }),
  )
}

async function stored(...MsgBody: unknown[]): Promise<{ body: Answer[]; text: string }> {
  expect(await send(...MsgBody)).toMatchObject({ ErrorCode: 0 })
  let last = null
  for await (const group of door.engines.journal.replay(0)) last = group.findLast(isBatch) ?? last
  const { json, text } = last!.record.content
  return { body: JSON.parse(json).MsgBody, text }
}

const element = (MsgType: string, MsgContent: Content) => ({ MsgType, MsgContent })
const md5 = (url: string) => createHash('md5').update(url).digest('hex')
const image = { Type: 1, Size: 20480, Width: 640, Height: 480, URL: 'https://f.example/r.png' }

interface Row {
  type: string
  /** Content in which nothing is wrong, with every field that is named. */
  whole: Content
  required: readonly string[]
  /** Values that a field refuses; every field refuses these, and `refused` more. */
  refused?: Record<string, readonly unknown[]>
  text: string
}

const flag = [0, 1, 3, '2', true]
const rows: Row[] = [
  { type: 'TIMTextElem', whole: { Text: 'hi' }, required: ['Text'], text: 'hi' },
  { type: 'TIMFaceElem', whole: { Index: 6, Data: 'abc' }, required: ['Index'], text: '[Face]' },
  {
    type: 'TIMLocationElem',
    whole: { Desc: 'here', Latitude: 29.34, Longitude: 116.57 },
    required: ['Latitude', 'Longitude'],
    refused: { Latitude: [90.1, -90.1, '29'], Longitude: [180.5, -181, '116'] },
    text: '[Location]',
  },
  {
    type: 'TIMCustomElem',
    whole: { Data: '{"order":91}', Desc: 'order 91', Ext: 'order', Sound: 'ding.aiff' },
    required: ['Data'],
    text: 'order 91',
  },
  {
    type: 'TIMSoundElem',
    whole: { Url: 'https://f.example/v', UUID: 'u', Size: 62351, Second: 1, Download_Flag: 2 },
    required: ['Url', 'Download_Flag'],
    refused: { Download_Flag: flag },
    text: '[Voice]',
  },
  {
    type: 'TIMImageElem',
    whole: { UUID: '0f3c', ImageFormat: 3, ImageInfoArray: [image] },
    required: ['ImageInfoArray'],
    refused: {
      ImageInfoArray: [
        [],
        {},
        ['x'],
        ...['Type', 'URL'].map((name) => [{ ...image, [name]: undefined }]),
        [{ ...image, Type: 0 }],
        [{ ...image, Type: 4 }],
        [{ ...image, Type: '1' }],
        [{ ...image, Size: '1' }],
        [{ ...image, Width: '1' }],
        [{ ...image, Height: '1' }],
        [{ ...image, URL: 5 }],
        [image, { ...image, URL: null }],
      ],
    },
    text: '[Image]',
  },
  {
    type: 'TIMFileElem',
    whole: {
      Url: 'https://f.example/d',
      UUID: 'u',
      FileSize: 1,
      FileName: 'd.txt',
      Download_Flag: 2,
    },
    required: ['Url', 'Download_Flag'],
    refused: { Download_Flag: flag },
    text: '[File]',
  },
  {
    type: 'TIMVideoFileElem',
    whole: {
      VideoUrl: 'https://f.example/v.mp4',
      VideoUUID: 'v',
      VideoSize: 1194603,
      VideoSecond: 5,
      VideoFormat: 'mp4',
      VideoDownloadFlag: 2,
      ThumbUrl: 'https://f.example/t.jpg',
      ThumbUUID: 't',
      ThumbSize: 13907,
      ThumbWidth: 720,
      ThumbHeight: 1280,
      ThumbFormat: 'JPG',
      ThumbDownloadFlag: 2,
    },
    required: ['VideoUrl', 'ThumbUrl', 'VideoDownloadFlag', 'ThumbDownloadFlag'],
    refused: { VideoDownloadFlag: flag, ThumbDownloadFlag: flag },
    text: '[Video]',
  },
  {
    type: 'TIMRelayElem',
    whole: {
      Title: 'Chat',
      MsgNum: 1,
      CompatibleText: 'Update to see it',
      AbstractList: ['a: hi'],
      MsgList: [{ From_Account: 'a', To_Account: 'b', MsgBody: [text('hi')] }],
    },
    required: ['Title', 'MsgNum'],
    refused: { MsgNum: [1.5, '1'], AbstractList: ['x', [1]], MsgList: ['x', {}, ['x']] },
    text: '[Chat History]',
  },
]

describe.each(rows)('$type', ({ type, whole, required, refused = {}, text: plain }) => {
  test('is kept as it came, with fields that nobody knows', async () => {
    const content = { ...whole, Future: { a: [1, null] }, Nothing: null }
    expect(await stored(element(type, content))).toEqual({
      body: [element(type, content)],
      text: plain,
    })
  })

  test('needs only its required fields, and null says the same as nothing', async () => {
    const names = Object.keys(whole)
    const bundle = type === 'TIMRelayElem' ? ['MsgList'] : []
    const kept = names.filter((name) => [...required, ...bundle].includes(name))
    const least = Object.fromEntries(kept.map((name) => [name, whole[name]]))
    const nulls = Object.fromEntries(names.map((name) => [name, least[name] ?? null]))
    const [fromLeast] = (await stored(element(type, least))).body
    const [fromNulls] = (await stored(element(type, nulls))).body
    expect(fromLeast!.MsgContent).toMatchObject(least)
    expect(fromNulls).toEqual(fromLeast)
    expect(Object.values(fromNulls!.MsgContent)).not.toContain(null)
  })

  test.each(required.map((name) => [name]))('needs %s', async (name) => {
    const { [name]: _, ...content } = whole
    const answer = await send(text('x'), element(type, content))
    expect(answer).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 90010 })
    expect(answer.ErrorInfo).toContain(`MsgBody[1].MsgContent.${name}: expected`)
    expect(await send(element(type, { ...content, [name]: null }))).toMatchObject({
      ErrorCode: 90010,
    })
  })

  test.each(Object.keys(whole).map((name) => [name]))('checks %s', async (name) => {
    const wrong = typeof whole[name] === 'string' ? 5 : 'five'
    for (const value of [wrong, true, { a: 1 }, ...(refused[name] ?? [])]) {
      const answer = await send(element(type, { ...whole, [name]: value }))
      expect(answer, JSON.stringify(value)).toMatchObject({ ErrorCode: 90010 })
      expect(answer.ErrorInfo).toContain(`MsgBody[0].MsgContent.${name}`)
    }
  })
})

test('what came as null within an image is as absent as elsewhere', async () => {
  const ImageInfoArray = [image, { ...image, Size: null, Width: null, Future: null }]
  const { Size, Width, ...rest } = image
  const [fromNulls] = (await stored(element('TIMImageElem', { UUID: 'u', ImageInfoArray }))).body
  expect(fromNulls!.MsgContent).toEqual({
    UUID: 'u',
    ImageInfoArray: [image, { ...rest, Future: null }],
  })
})

describe('a message', () => {
  const [textRow, face, location, custom, sound, picture, file, video, relay] = rows.map(
    ({ type, whole }) => element(type, whole),
  )

  test('mixes elements in any order; its text has no separators', async () => {
    const all = [video, textRow, custom, face, textRow, location, sound, picture, file]
    const { body, text } = await stored(...all)
    expect(body).toEqual(all)
    expect(text).toBe('[Video]hiorder 91[Face]hi[Location][Voice][Image][File]')
  })

  test('has one custom element at most', async () => {
    expect(await send(custom, textRow, custom)).toMatchObject({ ErrorCode: 90010 })
  })

  test('has nothing beside a bundle', async () => {
    expect(await send(relay, textRow)).toMatchObject({ ErrorCode: 90010 })
    expect(await send(relay, relay)).toMatchObject({ ErrorCode: 90010 })
  })

  test.each(['TIMGroupTipElem', 'timtextelem', '', 'constructor', '__proto__'])(
    'has no element of type %j',
    async (type) => {
      const raw = `{"MsgType":${JSON.stringify(type)},"MsgContent":{"Text":"x"}}`
      const answer = await send(JSON.parse(raw))
      expect(answer).toMatchObject({ ErrorCode: 90010 })
      expect(answer.ErrorInfo).toContain('TIMTextElem, TIMFaceElem')
    },
  )

  test('may be an empty text', async () => {
    expect((await stored(text(''))).text).toBe('')
  })

  test('of a custom element without Desc has no text', async () => {
    expect((await stored(element('TIMCustomElem', { Data: 'x' }))).text).toBe('')
    expect((await stored(element('TIMCustomElem', { Data: 'x', Desc: null }))).text).toBe('')
  })

  test('may nest 64 levels deep, no deeper', async () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
    await stored(element('TIMTextElem', { Text: 'x', Future: nested(63) }))
    expect(await send(element('TIMTextElem', { Text: 'x', Future: nested(64) }))).toMatchObject({
      ErrorCode: 90010,
    })
    const beside = (levels: number) => ({
      ...element('TIMTextElem', { Text: 'x' }),
      Future: nested(levels),
    })
    await stored(beside(64))
    expect(await send(beside(65))).toMatchObject({ ErrorCode: 90010 })
  })
})

describe('a missing UUID', () => {
  test.each([
    ['TIMSoundElem', 'UUID', 'Url'],
    ['TIMFileElem', 'UUID', 'Url'],
    ['TIMVideoFileElem', 'VideoUUID', 'VideoUrl'],
    ['TIMVideoFileElem', 'ThumbUUID', 'ThumbUrl'],
  ])('of %s: %s is the MD5 of %s', async (type, uuid, url) => {
    const { whole } = rows.find((row) => row.type === type)!
    const { [uuid]: _, ...content } = whole
    const { body } = await stored(element(type, content))
    expect(body[0]!.MsgContent).toEqual({ ...content, [uuid]: md5(whole[url] as string) })
  })

  test('of an image is the MD5 of its first URL', async () => {
    const images = [image, { ...image, URL: 'https://f.example/other' }]
    const { body } = await stored(element('TIMImageElem', { ImageInfoArray: images }))
    expect(body[0]!.MsgContent.UUID).toBe(md5(image.URL))
  })
})

describe('a bundle', () => {
  const base = { Title: 'Chat', MsgNum: 1 }

  test('needs MsgList or JsonMsgKey', async () => {
    expect(await send(element('TIMRelayElem', base))).toMatchObject({ ErrorCode: 90010 })
    await stored(element('TIMRelayElem', { ...base, JsonMsgKey: 'k' }))
    await stored(element('TIMRelayElem', { ...base, MsgList: [] }))
  })

  test('with both keeps MsgList', async () => {
    const { body } = await stored(
      element('TIMRelayElem', { ...base, MsgList: [], JsonMsgKey: 'k' }),
    )
    expect(body[0]!.MsgContent).toEqual({ ...base, MsgList: [] })
  })
})
