/**
 * Media of IMKIT as elements of TIM. A medium without a URL makes none.
 *
 * TIM wants more than IMKIT says: a UUID is the MD5 of the URL, as where a caller of TIM leaves it
 * out; a format is what the URL's name ends with; a size or measure that nobody said is 0.
 */
import { hash } from 'node:crypto'
import type { ImkitFields } from './imkit-from-tim.ts'
import type { TimElement } from './tim-from-imkit.ts'

/** The only legal value of a download flag: straight from the URL. */
const FROM_URL = 2

export function audioElement({ originalUrl, duration }: ImkitFields): TimElement[] {
  if (!isText(originalUrl)) return []
  const MsgContent = {
    Url: originalUrl,
    UUID: uuidOf(originalUrl),
    Size: 0,
    Second: measure(duration),
    Download_Flag: FROM_URL,
  }
  return [{ MsgType: 'TIMSoundElem', MsgContent }]
}

export function videoElement(fields: ImkitFields): TimElement[] {
  const { originalUrl, thumbnailUrl, duration, width, height } = fields
  if (!isText(originalUrl)) return []
  const ThumbUrl = isText(thumbnailUrl) ? thumbnailUrl : ''
  const MsgContent = {
    VideoUrl: originalUrl,
    VideoUUID: uuidOf(originalUrl),
    VideoSize: 0,
    VideoSecond: measure(duration),
    VideoFormat: endingOf(originalUrl),
    VideoDownloadFlag: FROM_URL,
    ThumbUrl,
    ThumbUUID: uuidOf(ThumbUrl),
    ThumbSize: 0,
    ThumbWidth: measure(width),
    ThumbHeight: measure(height),
    ThumbFormat: endingOf(ThumbUrl),
    ThumbDownloadFlag: FROM_URL,
  }
  return [{ MsgType: 'TIMVideoFileElem', MsgContent }]
}

/** Old clients of IMKIT write `url`. */
export function fileElement({ originalUrl, url, message }: ImkitFields): TimElement[] {
  const Url = isText(originalUrl) ? originalUrl : url
  if (!isText(Url)) return []
  const MsgContent = {
    Url,
    UUID: uuidOf(Url),
    FileSize: 0,
    FileName: isText(message) ? message : nameOf(Url),
    Download_Flag: FROM_URL,
  }
  return [{ MsgType: 'TIMFileElem', MsgContent }]
}

/** One element for each picture of `images`, or one for the picture of the message itself. */
export function imageElements(fields: ImkitFields): TimElement[] {
  const pictures = Array.isArray(fields.images) ? fields.images.filter(isPicture) : []
  if (pictures.length > 0) return pictures.map(imageElement)
  return isPicture(fields) ? [imageElement(fields)] : []
}

interface Picture extends ImkitFields {
  originalUrl: string
}

function isPicture(value: unknown): value is Picture {
  return isText((value as ImkitFields | null)?.originalUrl)
}

/** Clients of TIM look for all three sizes; the measures are those of the original. */
function imageElement({ originalUrl, thumbnailUrl, width, height }: Picture): TimElement {
  const small = isText(thumbnailUrl) ? thumbnailUrl : originalUrl
  const unmeasured = { Size: 0, Width: 0, Height: 0 }
  const ImageInfoArray = [
    { Type: 1, Size: 0, Width: measure(width), Height: measure(height), URL: originalUrl },
    { Type: 2, ...unmeasured, URL: originalUrl },
    { Type: 3, ...unmeasured, URL: small },
  ]
  const ImageFormat = imageFormats.get(endingOf(originalUrl).toLowerCase()) ?? OTHER_FORMAT
  const MsgContent = { UUID: uuidOf(originalUrl), ImageFormat, ImageInfoArray }
  return { MsgType: 'TIMImageElem', MsgContent }
}

const OTHER_FORMAT = 255
const imageFormats: ReadonlyMap<string, number> = new Map([
  ['jpg', 1],
  ['jpeg', 1],
  ['gif', 2],
  ['png', 3],
  ['bmp', 4],
])

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function uuidOf(url: string): string {
  return hash('md5', url)
}

function measure(value: unknown): number {
  return Number.isFinite(value) && (value as number) > 0 ? Math.round(value as number) : 0
}

/** What stands after the last slash of the path. */
function nameOf(url: string): string {
  const end = url.search(/[?#]/)
  const path = end < 0 ? url : url.slice(0, end)
  return path.slice(path.lastIndexOf('/') + 1)
}

/** `mp4` of `https://files.example/a/b.mp4?x=1`; empty: the name has none. */
function endingOf(url: string): string {
  return /\.([a-z0-9]{1,5})$/i.exec(nameOf(url))?.[1] ?? ''
}
