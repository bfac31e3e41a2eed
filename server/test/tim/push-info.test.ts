import { describe, expect, test } from 'vitest'
import { parsePushInfo } from '../../src/api/tim/push-info.ts'
import { batch, openDoor } from './door.ts'

const strict = (value: unknown) => parsePushInfo(value, false)
const kept = (value: unknown) => JSON.parse(strict(value).json ?? 'null')

const stringFields = {
  OfflinePushInfo: ['Title', 'Desc', 'Ext'],
  AndroidInfo: [
    'Sound',
    'HuaWeiChannelID',
    'XiaoMiChannelID',
    'OPPOChannelID',
    'GoogleChannelID',
    'VIVOCategory',
    'HuaWeiImportance',
    'HuaWeiCategory',
    'HuaWeiImage',
    'HonorImage',
    'HonorImportance',
    'GoogleImage',
  ],
  ApnsInfo: ['Sound', 'Title', 'SubTitle', 'Image', 'InterruptionLevel'],
}
const integerFields = {
  OfflinePushInfo: ['PushFlag'],
  AndroidInfo: ['VIVOClassification', 'PushStyle', 'ExtAsHuaweiIntentParam'],
  ApnsInfo: ['BadgeMode', 'MutableContent', 'ContentAvailable'],
}

type Part = keyof typeof stringFields
const within = (part: Part, fields: object) =>
  part === 'OfflinePushInfo' ? fields : { [part]: fields }
const each = (fields: Record<Part, readonly string[]>): [Part, string][] =>
  Object.entries(fields).flatMap(([part, names]) =>
    names.map((name): [Part, string] => [part as Part, name]),
  )

describe.each(each(stringFields))('%s.%s is a string', (part, name) => {
  test('and kept', () => {
    expect(kept(within(part, { [name]: 'x' }))).toEqual(within(part, { [name]: 'x' }))
  })
  test.each([5, true, [], {}])('not %j', (value) => {
    expect(() => strict(within(part, { [name]: value }))).toThrow(
      expect.objectContaining({ code: 90043, message: expect.stringContaining(`.${name}: `) }),
    )
  })
})

describe.each(each(integerFields))('%s.%s is an integer', (part, name) => {
  test('and kept', () => {
    expect(kept(within(part, { [name]: 1 }))).toEqual(within(part, { [name]: 1 }))
  })
  test.each(['1', 1.5, true, [], {}])('not %j', (value) => {
    expect(() => strict(within(part, { [name]: value }))).toThrow(
      expect.objectContaining({ code: 90043, message: expect.stringContaining(`.${name}: `) }),
    )
  })
})

describe('OfflinePushInfo', () => {
  test.each([[true], ['x'], [5], [[]], [[{}]]])('is an object, not %j', (value) => {
    expect(() => strict(value)).toThrow(expect.objectContaining({ code: 90043 }))
  })

  test.each(['AndroidInfo', 'ApnsInfo'])('has an object as %s', (name) => {
    for (const value of [true, 'x', 5, []]) {
      expect(() => strict({ [name]: value })).toThrow(expect.objectContaining({ code: 90043 }))
    }
  })

  test('null, an empty string and what nobody knows are not set', () => {
    const nothing = { Title: '', Desc: null, PushFlag: null, AndroidInfo: null, ApnsInfo: {} }
    expect(kept({ ...nothing, Whatever: { a: 1 } })).toEqual({})
    expect(kept({ ...nothing, AndroidInfo: { Sound: '', New: 1 } })).toEqual({})
  })

  test('absent or null says nothing at all, which is not the same as saying little', () => {
    expect(strict(undefined).json).toBe(null)
    expect(strict(null).json).toBe(null)
    expect(strict({}).json).toBe('{}')
  })

  test('PushFlag 1 asks for no push, BadgeMode 1 for no number', () => {
    expect(strict({ PushFlag: 1 })).toMatchObject({ isUnpushed: true, isUnbadged: false })
    expect(strict({ PushFlag: 0, ApnsInfo: { BadgeMode: 1 } })).toMatchObject({
      isUnpushed: false,
      isUnbadged: true,
    })
  })

  test('that is malformed may be ignored, whole', () => {
    for (const value of [true, { Title: 5 }, { Title: 'x', ApnsInfo: 5 }]) {
      expect(parsePushInfo(value, true).json).toBe(null)
    }
    expect(parsePushInfo({ Title: 'x' }, true).json).toBe('{"Title":"x"}')
  })

  test('is kept with the batch', async () => {
    await using door = await openDoor({ accounts: ['bonnie'] })
    const info = { PushFlag: 0, Desc: 'd', ApnsInfo: { Sound: 'a.mp3', BadgeMode: 1 } }
    await door.call('openim/batchsendmsg', batch({ OfflinePushInfo: info }))
    const [line] = await door.views.history(door.number('bonnie'), door.number('administrator'), {
      after: -1,
      before: Number.MAX_SAFE_INTEGER,
      limit: 1,
      order: 'newest',
    })
    expect(JSON.parse(line!.message!.batch.push!)).toEqual(info)
  })
})
