/**
 * Message elements: what each type must and may hold. ElementContent fields that are
 * not named here are kept and passed on.
 */
import { integer, isObject, type Kind, number, string, strings } from './fields.ts'

/** One field of an element's content. */
export interface ContentField {
  name: string
  kind: Kind
  isRequired: boolean
}

export interface ElementRule {
  fields: readonly ContentField[]
  /** How many of the type a message may hold; 'alone': one, and nothing beside it. */
  count: 'any' | 'one' | 'alone'
  /** Fields that are filled with the MD5 of a URL when they are missing. */
  uuids?: readonly { field: string; url: (content: ElementContent) => unknown }[]
  /** What is wrong with the content as a whole; null: nothing. */
  fault?: (content: ElementContent) => string | null
  /** The element in plain words. */
  text: (content: ElementContent) => string
}

/** What an element holds, once checked. */
export type ElementContent = Record<string, unknown>

const must = (name: string, kind: Kind): ContentField => ({ name, kind, isRequired: true })
const may = (name: string, kind: Kind): ContentField => ({ name, kind, isRequired: false })

const between = (min: number, max: number): Kind => ({
  expected: `a number from ${min} to ${max}`,
  accepts: (value) =>
    Number.isFinite(value) && (value as number) >= min && (value as number) <= max,
})
/** The only legal value of a download flag: straight from the URL. */
const two: Kind = { expected: '2', accepts: (value) => value === 2 }
const objects: Kind = {
  expected: 'an array of objects',
  accepts: (value) => Array.isArray(value) && value.every(isObject),
}
const oneTwoThree: Kind = {
  expected: '1 (original), 2 (large) or 3 (thumbnail)',
  accepts: (value) => value === 1 || value === 2 || value === 3,
}

/** An entry of `ImageInfoArray`. */
export const imageFields: readonly ContentField[] = [
  must('Type', oneTwoThree),
  must('URL', string),
  may('Size', number),
  may('Width', number),
  may('Height', number),
]

const images: Kind = {
  expected: 'an array of at least one object',
  accepts: (value) => objects.accepts(value) && (value as unknown[]).length > 0,
}

const rules: Record<string, ElementRule> = {
  TIMTextElem: {
    fields: [must('Text', string)],
    count: 'any',
    text: ({ Text }) => Text as string,
  },
  TIMFaceElem: {
    fields: [must('Index', number), may('Data', string)],
    count: 'any',
    text: () => '[Face]',
  },
  TIMLocationElem: {
    fields: [
      may('Desc', string),
      must('Latitude', between(-90, 90)),
      must('Longitude', between(-180, 180)),
    ],
    count: 'any',
    text: () => '[Location]',
  },
  TIMCustomElem: {
    fields: [must('Data', string), may('Desc', string), may('Ext', string), may('Sound', string)],
    count: 'one',
    text: ({ Desc }) => (Desc as string | null | undefined) ?? '',
  },
  TIMSoundElem: {
    fields: [
      must('Url', string),
      may('UUID', string),
      may('Size', number),
      may('Second', number),
      must('Download_Flag', two),
    ],
    count: 'any',
    uuids: [{ field: 'UUID', url: ({ Url }) => Url }],
    text: () => '[Voice]',
  },
  TIMImageElem: {
    fields: [may('UUID', string), may('ImageFormat', number), must('ImageInfoArray', images)],
    count: 'any',
    uuids: [
      { field: 'UUID', url: ({ ImageInfoArray }) => (ImageInfoArray as ElementContent[])[0]!.URL },
    ],
    text: () => '[Image]',
  },
  TIMFileElem: {
    fields: [
      must('Url', string),
      may('UUID', string),
      may('FileSize', number),
      may('FileName', string),
      must('Download_Flag', two),
    ],
    count: 'any',
    uuids: [{ field: 'UUID', url: ({ Url }) => Url }],
    text: () => '[File]',
  },
  TIMVideoFileElem: {
    fields: [
      must('VideoUrl', string),
      must('ThumbUrl', string),
      may('VideoUUID', string),
      may('ThumbUUID', string),
      may('VideoSize', number),
      may('VideoSecond', number),
      may('ThumbSize', number),
      may('VideoFormat', string),
      may('ThumbFormat', string),
      may('ThumbWidth', number),
      may('ThumbHeight', number),
      must('VideoDownloadFlag', two),
      must('ThumbDownloadFlag', two),
    ],
    count: 'any',
    uuids: [
      { field: 'VideoUUID', url: ({ VideoUrl }) => VideoUrl },
      { field: 'ThumbUUID', url: ({ ThumbUrl }) => ThumbUrl },
    ],
    text: () => '[Video]',
  },
  TIMRelayElem: {
    fields: [
      must('Title', string),
      must('MsgNum', integer),
      may('CompatibleText', string),
      may('AbstractList', strings),
      may('MsgList', objects),
      may('JsonMsgKey', string),
    ],
    count: 'alone',
    fault: ({ MsgList, JsonMsgKey }) =>
      (MsgList ?? JsonMsgKey ?? null) === null ? 'expected MsgList or JsonMsgKey' : null,
    text: () => '[Chat History]',
  },
}

/** By `MsgType`. A Map, so that no type finds what every object inherits. */
export const elementRules: ReadonlyMap<unknown, ElementRule> = new Map(Object.entries(rules))
