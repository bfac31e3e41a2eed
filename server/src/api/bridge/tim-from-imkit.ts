/**
 * Contents in the words of TIM: `MsgBody`, and what stands beside it.
 *
 * A text, a medium with a URL, and a location of IMKIT become elements, and their `extra` is
 * `CloudCustomData`. Anything else is one TIMCustomElem that holds the whole content of IMKIT. What
 * comes out passes the checks of the TIM door. See docs/protocols/bridge.md.
 */
import type { Content } from '../../domain/batch.ts'
import { textOf } from './app-data.ts'
import type { ImkitFields } from './imkit-from-tim.ts'
import { audioElement, fileElement, imageElements, videoElement } from './tim-media.ts'

export interface TimElement {
  MsgType: string
  MsgContent: Record<string, unknown>
}

export interface TimFields {
  MsgBody: TimElement[]
  CloudCustomData?: string
  SupportMessageExtension?: number
}

/** The fields of any content; those of one that is of TIM are its own. */
export function timFieldsOf({ format, json, text }: Content): TimFields {
  if (format === 'tim') return JSON.parse(json)
  if (format === 'native') return { MsgBody: [textElement(text)] }
  return bridged(JSON.parse(json), json, text)
}

function bridged(fields: ImkitFields, json: string, text: string): TimFields {
  const MsgBody = elementsOf(fields)
  const extra = fields.extra ?? ''
  const CloudCustomData = textOf(extra)
  // What nests too deep to be written anew can be carried as it came.
  if (MsgBody.length === 0 || CloudCustomData === null) {
    return { MsgBody: [customElement(fields, json, text)] }
  }
  return CloudCustomData === '' ? { MsgBody } : { MsgBody, CloudCustomData }
}

/** Empty: TIM has no element for it. */
function elementsOf(fields: ImkitFields): TimElement[] {
  switch (fields.messageType ?? 'text') {
    case 'text':
      return typeof fields.message === 'string' ? [textElement(fields.message)] : []
    case 'image':
      return imageElements(fields)
    case 'audio':
      return audioElement(fields)
    case 'video':
      return videoElement(fields)
    case 'file':
      return fileElement(fields)
    case 'location':
      return locationElement(fields)
    default:
      return []
  }
}

function textElement(Text: string): TimElement {
  return { MsgType: 'TIMTextElem', MsgContent: { Text } }
}

function customElement({ message }: ImkitFields, Data: string, text: string): TimElement {
  const Desc = typeof message === 'string' ? message : text
  return { MsgType: 'TIMCustomElem', MsgContent: { Data, Desc } }
}

function locationElement({ latitude, longitude, message }: ImkitFields): TimElement[] {
  if (!isWithin(latitude, 90) || !isWithin(longitude, 180)) return []
  const Desc = typeof message === 'string' ? message : ''
  const MsgContent = { Desc, Latitude: latitude, Longitude: longitude }
  return [{ MsgType: 'TIMLocationElem', MsgContent }]
}

function isWithin(degrees: unknown, max: number): boolean {
  return typeof degrees === 'number' && Math.abs(degrees) <= max
}
