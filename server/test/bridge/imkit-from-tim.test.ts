/** What a content of TIM is in the words of IMKIT. */
import { describe, expect, test } from 'vitest'
import { imkitFieldsOf } from '../../src/api/bridge/imkit-from-tim.ts'
import { type Beside, element, objects, timContent } from './contents.ts'

const image = (Type: number, size: string, more = {}) => ({
  Type,
  Size: 1,
  URL: `https://f.example/${size}.png`,
  ...more,
})
const original = image(1, 'original', { Width: 640, Height: 480 })
const large = image(2, 'large')
const thumbnail = image(3, 'thumbnail')
const picture = (...ImageInfoArray: object[]) => element('TIMImageElem', { ImageInfoArray })
const video = {
  VideoUrl: 'https://f.example/v.mp4',
  VideoSecond: 5,
  ThumbUrl: 'https://f.example/t.jpg',
  ThumbWidth: 720,
  ThumbHeight: 1280,
}
const sound = { Url: 'https://f.example/s', Second: 3 }

describe('one element', () => {
  test.each<[string, ReturnType<typeof element>, Record<string, unknown>]>([
    [
      'a text',
      element('TIMTextElem', { Text: 'hi', Future: 1 }),
      { messageType: 'text', message: 'hi' },
    ],
    ['an empty text', element('TIMTextElem', { Text: '' }), { messageType: 'text', message: '' }],
    [
      'a custom one',
      element('TIMCustomElem', { Data: '{"order":91}', Desc: 'order 91', Ext: 'e' }),
      { messageType: 'custom', message: 'order 91', extra: { order: 91 } },
    ],
    [
      'a picture in three sizes',
      picture(thumbnail, large, original),
      {
        messageType: 'image',
        message: '',
        originalUrl: original.URL,
        thumbnailUrl: thumbnail.URL,
        width: 640,
        height: 480,
      },
    ],
    [
      'a picture without a thumbnail',
      picture(original, large),
      {
        messageType: 'image',
        message: '',
        originalUrl: original.URL,
        thumbnailUrl: large.URL,
        width: 640,
        height: 480,
      },
    ],
    [
      'a picture in one size',
      picture({ ...large, Width: 0, Height: 0 }),
      { messageType: 'image', message: '', originalUrl: large.URL, thumbnailUrl: large.URL },
    ],
    [
      'a picture whose thumbnail has no URL',
      picture(large, { ...thumbnail, URL: '' }),
      { messageType: 'image', message: '', originalUrl: large.URL, thumbnailUrl: large.URL },
    ],
    [
      'a sound',
      element('TIMSoundElem', { ...sound, Size: 5, Download_Flag: 2 }),
      { messageType: 'audio', message: '', originalUrl: sound.Url, duration: 3 },
    ],
    [
      'a sound of unknown length',
      element('TIMSoundElem', { Url: sound.Url, Download_Flag: 2 }),
      { messageType: 'audio', message: '', originalUrl: sound.Url },
    ],
    [
      'a video',
      element('TIMVideoFileElem', video),
      {
        messageType: 'video',
        message: '',
        originalUrl: video.VideoUrl,
        thumbnailUrl: video.ThumbUrl,
        duration: 5,
        width: 720,
        height: 1280,
      },
    ],
    [
      'a video without a thumbnail',
      element('TIMVideoFileElem', { VideoUrl: video.VideoUrl, ThumbUrl: '' }),
      { messageType: 'video', message: '', originalUrl: video.VideoUrl },
    ],
    [
      'a file',
      element('TIMFileElem', { Url: 'https://f.example/d', FileName: 'd.txt' }),
      {
        messageType: 'file',
        message: 'd.txt',
        originalUrl: 'https://f.example/d',
        url: 'https://f.example/d',
      },
    ],
    [
      'a file without a name',
      element('TIMFileElem', { Url: 'https://f.example/d' }),
      {
        messageType: 'file',
        message: '',
        originalUrl: 'https://f.example/d',
        url: 'https://f.example/d',
      },
    ],
    [
      'a location',
      element('TIMLocationElem', { Desc: 'here', Latitude: -29.5, Longitude: 116 }),
      { messageType: 'location', message: 'here', latitude: -29.5, longitude: 116 },
    ],
    [
      'a location without words',
      element('TIMLocationElem', { Latitude: 0, Longitude: 0 }),
      { messageType: 'location', message: '', latitude: 0, longitude: 0 },
    ],
  ])('%s', (_, one, fields) => {
    expect(imkitFieldsOf(timContent([one]))).toEqual(fields)
  })
})

describe('anything else is a text with the elements in extra.tim', () => {
  const face = element('TIMFaceElem', { Index: 6 })
  const relay = element('TIMRelayElem', { Title: 'Chat', MsgNum: 0, MsgList: [] })
  const text = element('TIMTextElem', { Text: 'hi' })
  test.each([
    ['a face', [face], '[Face]'],
    ['a bundle', [relay], '[Chat History]'],
    ['several elements', [text, face], 'hi[Face]'],
    ['several texts', [text, text], 'hihi'],
    ['several pictures', [picture(original), picture(original)], '[Image][Image]'],
    ['a picture without a URL', [picture({ ...original, URL: '' })], '[Image]'],
    ['a sound without a URL', [element('TIMSoundElem', { Url: '' })], '[Voice]'],
    ['a file without a URL', [element('TIMFileElem', { Url: '' })], '[File]'],
    [
      'a video without a URL',
      [element('TIMVideoFileElem', { VideoUrl: '', ThumbUrl: 'https://f.example/t.jpg' })],
      '[Video]',
    ],
  ])('%s', (_, MsgBody, message) => {
    const fields = { messageType: 'text', message, extra: { tim: MsgBody } }
    expect(imkitFieldsOf(timContent(MsgBody))).toEqual(fields)
  })
})

describe('the data of a custom element', () => {
  const custom = (Data: string) =>
    imkitFieldsOf(timContent([element('TIMCustomElem', { Data })])).extra

  test.each(objects)('%s', (_, Data, extra) => {
    expect(custom(Data)).toEqual(extra)
  })
})

describe('CloudCustomData', () => {
  const beside = (MsgBody: ReturnType<typeof element>[], more: Beside) =>
    imkitFieldsOf(timContent(MsgBody, more)).extra
  const text = element('TIMTextElem', { Text: 'hi' })

  test.each(objects)('as extra, %s', (_, CloudCustomData, extra) => {
    expect(beside([text], { CloudCustomData })).toEqual(extra)
  })

  test('that is empty is none', () => {
    expect(imkitFieldsOf(timContent([text], { CloudCustomData: '' }))).not.toHaveProperty('extra')
  })

  test('is with a medium too', () => {
    const one = element('TIMSoundElem', sound)
    expect(beside([one], { CloudCustomData: '{"a":1}' })).toEqual({ a: 1 })
  })

  test('stands beside the elements of anything else, whatever it calls its own', () => {
    const more = { CloudCustomData: '{"a":1,"tim":2}' }
    expect(beside([text, text], more)).toEqual({ a: 1, tim: [text, text] })
  })

  test('is left out where the data of a custom element has its place', () => {
    const one = element('TIMCustomElem', { Data: '{"b":2}' })
    expect(beside([one], { CloudCustomData: '{"a":1}' })).toEqual({ b: 2 })
  })
})

test('a content of IMKIT is its own', () => {
  const json = '{"messageType":"sticker","sticker":"s1","extra":{"a":[1]}}'
  expect(imkitFieldsOf({ format: 'imkit', json, text: '' })).toEqual(JSON.parse(json))
})

test('a content of our own door is a text', () => {
  const content = { format: 'native', json: '{"any":"thing"}', text: 'plain "words"' } as const
  expect(imkitFieldsOf(content)).toEqual({ messageType: 'text', message: 'plain "words"' })
})
