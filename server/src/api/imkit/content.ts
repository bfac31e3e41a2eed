/**
 * What a message says, out of the body of a call: its known fields, each of
 * its type, as compact JSON. Fields that nobody knows are dropped, since
 * clients send their own along.
 */
import type { Content } from '../../domain/batch.ts'
import { LEVELS_MAX, nestsDeeper } from '../../lib/nesting.ts'
import { type Fields, isObject, isTexts, unexpected } from './fields.ts'

/** How a new message has to be. */
export function contentOf(body: Fields): Content {
  return contentWith({ messageType: 'text' }, body)
}

/** What a message says after some of its fields were sent again; the others stay. */
export function contentWith(fields: Fields, body: Fields): Content {
  const all = { ...fields, ...messageFieldsOf(body) }
  if (all.messageType === 'text' && typeof all.message !== 'string') {
    const code = all.message === undefined ? 'MISSING_PARAMETER' : 'INVALID_REQUEST'
    throw unexpected('message', 'a string', all.message, code)
  }
  const text = typeof all.message === 'string' ? all.message : ''
  return { format: 'imkit', json: JSON.stringify(all), text }
}

/** JSON null says the same as an absent field. */
function messageFieldsOf(body: Fields): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, { expected, isOf }] of Object.entries(kinds)) {
    const value = name === 'reply' ? idOf(body[name]) : body[name]
    if (value === undefined || value === null) continue
    if (!isOf(value)) throw unexpected(name, expected, value)
    if (nestsDeeper(value, LEVELS_MAX)) {
      throw unexpected(name, `at most ${LEVELS_MAX} levels of arrays and objects`, value)
    }
    fields[name] = value
  }
  return fields
}

/** Some clients send the whole message that they reply to. */
function idOf(reply: unknown): unknown {
  return isObject(reply) ? (reply._id ?? reply.id) : reply
}

interface FieldKind {
  expected: string
  isOf(value: unknown): boolean
}

const TYPE_CHARACTERS_MAX = 64

const messageType: FieldKind = {
  expected: `a string of 1 to ${TYPE_CHARACTERS_MAX} characters, but not "recall"`,
  isOf: (value) =>
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= TYPE_CHARACTERS_MAX &&
    value !== 'recall',
}

const string: FieldKind = { expected: 'a string', isOf: (value) => typeof value === 'string' }
const strings: FieldKind = { expected: 'an array of strings', isOf: isTexts }
const number: FieldKind = { expected: 'a number', isOf: Number.isFinite }
const anything: FieldKind = { expected: 'anything', isOf: () => true }
const object: FieldKind = {
  expected: 'an object or an array',
  isOf: (value) => typeof value === 'object',
}
const objects: FieldKind = {
  expected: 'an array of objects',
  isOf: (value) => Array.isArray(value) && value.every(isObject),
}
const objectOrString: FieldKind = {
  expected: 'an object or a string',
  isOf: (value) => typeof value === 'object' || typeof value === 'string',
}

/** The fields of a message, in the order in which they are kept. */
const kinds: Readonly<Record<string, FieldKind>> = {
  messageType,
  message: anything,
  originalUrl: string,
  thumbnailUrl: string,
  width: number,
  height: number,
  duration: number,
  images: objects,
  latitude: number,
  longitude: number,
  sticker: string,
  url: string,
  reply: string,
  mentions: strings,
  extra: objectOrString,
  template: object,
  contents: object,
  rtcSession: string,
}
