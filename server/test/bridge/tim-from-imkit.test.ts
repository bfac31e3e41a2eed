/** What a content of IMKIT is in the words of TIM. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { timFieldsOf } from '../../src/api/bridge/tim-from-imkit.ts'
import { checkMessageBody, settleMessageBody } from '../../src/api/tim/message-body.ts'
import { element, imkitContent, timContent } from './contents.ts'

const URL = 'https://f.example/a/b.c/Name.PNG?x=/y.gif#z.bmp'
const THUMB = 'https://f.example/t.jpg'
const md5 = (url: string) => createHash('md5').update(url).digest('hex')

/** What comes of a content, once the checks of TIM have nothing against it and nothing to add. */
function bodyOf(fields: Record<string, unknown>) {
  const { MsgBody } = timFieldsOf(imkitContent(fields))
  expect(checkMessageBody(MsgBody)).toBe(MsgBody)
  expect(settleMessageBody(MsgBody)).toBe(MsgBody)
  return MsgBody
}

const images = (url: string, thumb: string, ImageFormat = 3, Width = 0, Height = 0) =>
  element('TIMImageElem', {
    UUID: md5(url),
    ImageFormat,
    ImageInfoArray: [
      { Type: 1, Size: 0, Width, Height, URL: url },
      { Type: 2, Size: 0, Width: 0, Height: 0, URL: url },
      { Type: 3, Size: 0, Width: 0, Height: 0, URL: thumb },
    ],
  })

const video = {
  VideoUrl: 'https://f.example/v.mp4',
  VideoUUID: md5('https://f.example/v.mp4'),
  VideoSize: 0,
  VideoSecond: 0,
  VideoFormat: 'mp4',
  VideoDownloadFlag: 2,
  ThumbUrl: '',
  ThumbUUID: md5(''),
  ThumbSize: 0,
  ThumbWidth: 0,
  ThumbHeight: 0,
  ThumbFormat: '',
  ThumbDownloadFlag: 2,
}

describe('a message with an element of its own', () => {
  test.each<[string, Record<string, unknown>, unknown[]]>([
    [
      'a text',
      { messageType: 'text', message: 'hi', mentions: ['ann'] },
      [element('TIMTextElem', { Text: 'hi' })],
    ],
    ['no type', { message: 'hi' }, [element('TIMTextElem', { Text: 'hi' })]],
    ['an empty text', { messageType: 'text', message: '' }, [element('TIMTextElem', { Text: '' })]],
    ['an image', { messageType: 'image', message: '', originalUrl: URL }, [images(URL, URL)]],
    [
      'an image with measures and a thumbnail',
      { messageType: 'image', originalUrl: URL, thumbnailUrl: THUMB, width: 640, height: 479.6 },
      [images(URL, THUMB, 3, 640, 480)],
    ],
    [
      'an image of no known format',
      { messageType: 'image', originalUrl: 'https://f.example/picture' },
      [images('https://f.example/picture', 'https://f.example/picture', 255)],
    ],
    [
      'several images, of which some have no URL',
      {
        messageType: 'image',
        images: [{ originalUrl: URL }, null, 5, {}, { originalUrl: THUMB, width: 3 }],
      },
      [images(URL, URL), images(THUMB, THUMB, 1, 3)],
    ],
    [
      'images that are none',
      { messageType: 'image', images: [{ originalUrl: 5 }], originalUrl: URL },
      [images(URL, URL)],
    ],
    [
      'an audio',
      { messageType: 'audio', originalUrl: 'https://f.example/s.m4a', duration: 3.4 },
      [
        element('TIMSoundElem', {
          Url: 'https://f.example/s.m4a',
          UUID: md5('https://f.example/s.m4a'),
          Size: 0,
          Second: 3,
          Download_Flag: 2,
        }),
      ],
    ],
    [
      'a video',
      { messageType: 'video', originalUrl: video.VideoUrl },
      [element('TIMVideoFileElem', video)],
    ],
    [
      'a video with measures and a thumbnail',
      {
        messageType: 'video',
        originalUrl: video.VideoUrl,
        thumbnailUrl: THUMB,
        duration: 12,
        width: 720,
        height: 1280,
      },
      [
        element('TIMVideoFileElem', {
          ...video,
          VideoSecond: 12,
          ThumbUrl: THUMB,
          ThumbUUID: md5(THUMB),
          ThumbWidth: 720,
          ThumbHeight: 1280,
          ThumbFormat: 'jpg',
        }),
      ],
    ],
    ...['originalUrl', 'url'].map((name): [string, Record<string, unknown>, unknown[]] => [
      `a file by its ${name}`,
      { messageType: 'file', message: 'd.txt', [name]: 'https://f.example/d' },
      [
        element('TIMFileElem', {
          Url: 'https://f.example/d',
          UUID: md5('https://f.example/d'),
          FileSize: 0,
          FileName: 'd.txt',
          Download_Flag: 2,
        }),
      ],
    ]),
    [
      'a file that is named by its URL',
      { messageType: 'file', message: '', originalUrl: URL },
      [
        element('TIMFileElem', {
          Url: URL,
          UUID: md5(URL),
          FileSize: 0,
          FileName: 'Name.PNG',
          Download_Flag: 2,
        }),
      ],
    ],
    [
      'a location',
      { messageType: 'location', message: 'here', latitude: -90, longitude: 180 },
      [element('TIMLocationElem', { Desc: 'here', Latitude: -90, Longitude: 180 })],
    ],
    [
      'a location without words',
      { messageType: 'location', latitude: 0, longitude: 0 },
      [element('TIMLocationElem', { Desc: '', Latitude: 0, Longitude: 0 })],
    ],
  ])('%s', (_, fields, body) => {
    expect(bodyOf(fields)).toEqual(body)
  })

  test.each([
    ['negative', -1],
    ['a string', '640'],
    ['null', null],
  ])('a measure that is %s is 0', (_, width) => {
    const [image] = bodyOf({ messageType: 'image', originalUrl: URL, width })
    expect(image).toEqual(images(URL, URL))
  })

  test('a measure that JSON makes infinite is 0', () => {
    const json = `{"messageType":"audio","originalUrl":"${URL}","duration":1e999}`
    const { MsgBody } = timFieldsOf({ format: 'imkit', json, text: '' })
    expect(MsgBody[0]!.MsgContent.Second).toBe(0)
  })
})

describe('anything else is one custom element with the whole content', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a sticker', { messageType: 'sticker', sticker: 's1', message: 'smile' }],
    ['a mixed message', { messageType: 'mixed', message: 'm', images: [{ originalUrl: URL }] }],
    ['a link', { messageType: 'url', message: 'm', url: URL }],
    ['a template', { messageType: 'template', message: 'm', template: { type: 'buttons' } }],
    ['a flex message', { messageType: 'flex', message: 'm', contents: { type: 'bubble' } }],
    ['an encrypted message', { messageType: 'encrypted', message: 'AAAA' }],
    ['a type of its own', { messageType: 'constructor', message: 'm' }],
    ['an image without a URL', { messageType: 'image', message: 'm' }],
    ['an image with an empty URL', { messageType: 'image', message: 'm', originalUrl: '' }],
    ['an image without images', { messageType: 'image', message: 'm', images: [] }],
    ['an audio without a URL', { messageType: 'audio', message: 'm', duration: 3 }],
    ['a video without a URL', { messageType: 'video', message: 'm', thumbnailUrl: THUMB }],
    ['a file without a URL', { messageType: 'file', message: 'm', url: 5 }],
    ['a location without numbers', { messageType: 'location', message: 'm', latitude: '1' }],
    [
      'a location off the earth',
      { messageType: 'location', message: 'm', latitude: 91, longitude: 0 },
    ],
  ])('%s', (_, fields) => {
    const Data = JSON.stringify(fields)
    const Desc = fields.message
    expect(bodyOf(fields)).toEqual([element('TIMCustomElem', { Data, Desc })])
  })

  test.each<[string, unknown]>([
    ['a number', 5],
    ['an object', { a: 1 }],
    ['nothing', undefined],
  ])('with the plain words, when its message is %s', (_, message) => {
    const fields = { messageType: 'text', message }
    const Data = JSON.stringify(fields)
    expect(bodyOf(fields)).toEqual([element('TIMCustomElem', { Data, Desc: 'plain words' })])
  })
})

describe('extra', () => {
  const custom = (extra: unknown, messageType = 'text') =>
    timFieldsOf(imkitContent({ messageType, message: 'm', extra })).CloudCustomData

  test.each<[string, unknown, string | undefined]>([
    ['an object is its JSON', { a: [1] }, '{"a":[1]}'],
    ['a string is itself', '{"a":1}', '{"a":1}'],
    ['a number is its JSON', 5, '5'],
    ['null is nothing', null, undefined],
    ['an empty string is nothing', '', undefined],
  ])('of a text is CloudCustomData: %s', (_, extra, expected) => {
    expect(custom(extra)).toBe(expected)
  })

  test('of anything else stands in the custom element alone', () => {
    expect(custom({ a: 1 }, 'sticker')).toBeUndefined()
  })

  test('that nests too deep to be written goes as it came, in a custom element', () => {
    const extra = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const json = `{"messageType":"text","message":"hi","extra":${extra}}`
    expect(timFieldsOf({ format: 'imkit', json, text: 'hi' })).toEqual({
      MsgBody: [element('TIMCustomElem', { Data: json, Desc: 'hi' })],
    })
  })
})

test('a content of TIM is its own', () => {
  const body = [element('TIMFaceElem', { Index: 6 })]
  const beside = { CloudCustomData: 'c', SupportMessageExtension: 1 } as const
  expect(timFieldsOf(timContent(body, beside))).toEqual({ MsgBody: body, ...beside })
})

test('a content of our own door is a text', () => {
  const content = { format: 'native', json: '{"any":"thing"}', text: 'plain "words"' } as const
  expect(timFieldsOf(content)).toEqual({
    MsgBody: [element('TIMTextElem', { Text: 'plain "words"' })],
  })
})
