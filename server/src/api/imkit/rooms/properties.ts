/**
 * What is said about a room beside its id, its owner and whether it is frozen:
 * the door keeps it as the attributes of the conversation.
 */

import * as fields from '../fields.ts'
import { unexpected } from '../fields.ts'

export type Properties = Readonly<Record<string, unknown>>

/** The properties that a body names, each of its type. */
export function propertiesIn(body: fields.Fields): Properties {
  const given: Record<string, unknown> = {}
  for (const name of texts) given[name] = fields.optionalText(body, name)
  for (const name of flags) given[name] = fields.optionalFlag(body, name)
  given.roomTags = fields.optionalTexts(body, 'roomTags', 'INVALID_ROOM_TAGS')
  given.managers = fields.optionalTexts(body, 'managers')
  given.opening = fields.optionalWhole(body, 'opening', 0, 1)
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

const texts = ['name', 'cover', 'description', 'webhook', 'extParams', 'botState'] as const
const flags = ['botMode', 'encrypted'] as const

/** How the conversation keeps them. */
export function attributesJson(properties: Properties): string {
  if (Object.keys(properties).length === 0) return ''
  const json = JSON.stringify(properties)
  const bytes = Buffer.byteLength(json)
  if (bytes <= BYTES_MAX) return json
  throw unexpected(
    'the properties of a room',
    `at most ${BYTES_MAX} bytes together`,
    `${bytes} bytes`,
  )
}

const BYTES_MAX = 16_384

/** 1 valid, 0 frozen; undefined: nothing is said. */
export function statusIn(body: fields.Fields): { isFrozen: boolean } | undefined {
  const status = fields.optionalWhole(body, 'status', 0, 1)
  return status === undefined ? undefined : { isFrozen: status === 0 }
}
