/**
 * Contents in the words of IMKIT: the fields of a message that say something,
 * `messageType` and `message` always among them.
 *
 * One element of TIM that IMKIT has a type for becomes that type. Anything else is a text in plain
 * words, and the elements themselves stand in `extra.tim`. See docs/protocols/bridge.md.
 */
import type { Content } from '../../domain/batch.ts'
import { objectOf } from './app-data.ts'
import type { TimElement, TimFields } from './tim-from-imkit.ts'

export type ImkitFields = Record<string, unknown>

/** The fields of any content; those of one that is of IMKIT are its own. */
export function imkitFieldsOf({ format, json, text }: Content): ImkitFields {
  if (format === 'imkit') return JSON.parse(json)
  if (format === 'native') return { messageType: 'text', message: text }
  return bridged(JSON.parse(json), text)
}

function bridged({ MsgBody = [], CloudCustomData = '' }: Partial<TimFields>, text: string) {
  const extra = CloudCustomData === '' ? null : objectOf(CloudCustomData)
  const fields = MsgBody.length === 1 ? fieldsOf(MsgBody[0]!) : null
  if (fields === null) {
    return { messageType: 'text', message: text, extra: { ...extra, tim: MsgBody } }
  }
  return extra === null ? fields : { extra, ...fields }
}

/** Null: IMKIT has no type for it. */
function fieldsOf({ MsgType, MsgContent }: TimElement): ImkitFields | null {
  switch (MsgType) {
    case 'TIMTextElem':
      return { messageType: 'text', message: MsgContent.Text }
    case 'TIMCustomElem':
      return customFields(MsgContent)
    case 'TIMImageElem':
      return imageFields(MsgContent)
    case 'TIMSoundElem':
      return soundFields(MsgContent)
    case 'TIMVideoFileElem':
      return videoFields(MsgContent)
    case 'TIMFileElem':
      return fileFields(MsgContent)
    case 'TIMLocationElem':
      return locationFields(MsgContent)
    default:
      return null
  }
}

type MsgContent = TimElement['MsgContent']

function customFields({ Desc = '', Data }: MsgContent): ImkitFields {
  return { messageType: 'custom', message: Desc, extra: objectOf(Data as string) }
}

/** The sizes of one picture. The smallest that is there is the thumbnail. */
function imageFields({ ImageInfoArray }: MsgContent): ImkitFields | null {
  const sizes = ImageInfoArray as MsgContent[]
  const size = (type: number) => sizes.find(({ Type }) => Type === type)
  const original = size(1) ?? size(2) ?? sizes[0]!
  const thumbnail = size(3) ?? size(2) ?? original
  if (!isUrl(original.URL)) return null
  return {
    messageType: 'image',
    message: '',
    originalUrl: original.URL,
    thumbnailUrl: isUrl(thumbnail.URL) ? thumbnail.URL : original.URL,
    ...known({ width: original.Width, height: original.Height }),
  }
}

function soundFields({ Url, Second }: MsgContent): ImkitFields | null {
  if (!isUrl(Url)) return null
  return { messageType: 'audio', message: '', originalUrl: Url, ...known({ duration: Second }) }
}

function videoFields(content: MsgContent): ImkitFields | null {
  const { VideoUrl, ThumbUrl, VideoSecond, ThumbWidth, ThumbHeight } = content
  if (!isUrl(VideoUrl)) return null
  return {
    messageType: 'video',
    message: '',
    originalUrl: VideoUrl,
    ...(isUrl(ThumbUrl) ? { thumbnailUrl: ThumbUrl } : {}),
    ...known({ duration: VideoSecond, width: ThumbWidth, height: ThumbHeight }),
  }
}

/** Old clients of IMKIT read `url`. */
function fileFields({ Url, FileName = '' }: MsgContent): ImkitFields | null {
  if (!isUrl(Url)) return null
  return { messageType: 'file', message: FileName, originalUrl: Url, url: Url }
}

function locationFields({ Desc = '', Latitude, Longitude }: MsgContent): ImkitFields {
  return { messageType: 'location', message: Desc, latitude: Latitude, longitude: Longitude }
}

function isUrl(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/** The measures that are known: TIM writes 0 for one that is not. */
function known(measures: Readonly<Record<string, unknown>>): ImkitFields {
  return Object.fromEntries(
    Object.entries(measures).filter(([, value]) => Number.isFinite(value) && (value as number) > 0),
  )
}
