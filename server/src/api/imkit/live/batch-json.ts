/**
 * The messages of a batch as JSON, in two parts: `own` is a copy's, `shared`
 * is made once and ends all of them. Together they are the object that HTTP
 * gives, but for `reply`, which may stay an id.
 *
 *   content            own                              shared
 *   the same for all   ids                              everything else
 *   a template         ids, and the rendered content    what no value touches
 *   other              everything                       nothing
 *
 * The rendered JSON of a template is put between the braces as it is, nothing is parsed. That
 * holds as long as the object shows the fields of the content unchanged; where it does not, as in
 * messages about members, each copy is made by itself.
 */
import type { Batch } from '../../../domain/batch.ts'
import { type Message, messageOf } from '../../../domain/message.ts'
import { idPrefix, idSuffix } from '../../../domain/message-id.ts'
import type { Stored } from '../../../domain/record.ts'
import { type ContentTemplate, contentAt, templateOf } from '../../../template/contents.ts'
import {
  lookUp,
  type MessageObject,
  type ObjectDoor,
  objectOf,
  type Said,
  saidIn,
} from '../objects/message.ts'
import { objectNow } from '../objects/replied.ts'
import { roundUp } from './packets.ts'

export interface BatchJson {
  readonly shared: string
  /** Text, or bytes of which there are a multiple of `step`. */
  own(ordinal: number, step: number): Buffer | string
  /** `own` is ids and nothing else. */
  readonly isAlike: boolean
}

/** `first`: an ordinal that has a copy. */
export function batchJson(stored: Stored<Batch>, first: number, door: ObjectDoor): BatchJson {
  const template = templateOf(stored.record)
  const said = saidOf(unrendered(stored, first))
  const look = lookUp([said], door)
  const object = objectNow(said, look)
  const roomOf = (ordinal: number): string =>
    look.room({ sender: stored.record.sender, recipient: stored.record.recipients[ordinal]! })
  const idsOf = openIds(stored, look.generation, roomOf)
  if (template === null) {
    return { shared: endOf(object, ids), own: (ordinal) => `${idsOf(ordinal)},`, isAlike: true }
  }
  if (stored.record.content.format === 'imkit' && showsUnchanged(object, said)) {
    return {
      shared: endOf(object, [...ids, ...Object.keys(said.fields)]),
      own: (ordinal, step) => rendered(idsOf(ordinal), template, ordinal, step),
      isAlike: false,
    }
  }
  return {
    shared: '}',
    own: (ordinal) => JSON.stringify(messageAlone(newCopy(stored, ordinal), door)).slice(0, -1),
    isAlike: false,
  }
}

/** The object of a message by itself. */
export function messageAlone(message: Message, door: ObjectDoor): MessageObject {
  const said = saidOf(message)
  return objectOf(said, lookUp([said], door))
}

/** The same for its event. */
export function messageNow(message: Message, door: ObjectDoor): MessageObject {
  const said = saidOf(message)
  return objectNow(said, lookUp([said], door))
}

/** A copy that nothing became of yet. */
export function newCopy(stored: Stored<Batch>, ordinal: number): Message {
  const content = contentAt(stored.record, ordinal)
  return messageOf(stored, ordinal, { content, changedAt: null })
}

const ids = ['_id', 'id', 'room']

/** What differs from copy to copy in any batch. */
function openIds(
  { place }: Stored<Batch>,
  generation: number,
  roomOf: (ordinal: number) => string,
) {
  const prefix = idPrefix(generation, place)
  return (ordinal: number): string => {
    const id = prefix + idSuffix(ordinal)
    return `{"_id":"${id}","id":"${id}","room":${JSON.stringify(roomOf(ordinal))}`
  }
}

function rendered(
  before: string,
  { json, values: valuesAt }: ContentTemplate,
  ordinal: number,
  step: number,
): Buffer {
  const values = valuesAt(ordinal)
  const from = Buffer.byteLength(before)
  const end = from + json.renderedBytes(values)
  const bytes = Buffer.allocUnsafe(roundUp(end, step)).fill(SPACE, end)
  bytes.write(before)
  json.renderInto(values, bytes, from)
  // The braces of the content become commas within the message.
  bytes[from] = COMMA
  bytes[end - 1] = COMMA
  return bytes
}

/** As the batch has it: where values would go, their names stand. */
function unrendered(stored: Stored<Batch>, ordinal: number): Message {
  return messageOf(stored, ordinal, { content: stored.record.content, changedAt: null })
}

function saidOf(message: Message): Said {
  return { message, fields: saidIn(message) }
}

function showsUnchanged(object: MessageObject, { fields }: Said): boolean {
  return Object.entries(fields).every(([name, value]) => object[name] === value)
}

/** The fields that are left, and the brace after them. JSON knows nothing undefined. */
function endOf(object: MessageObject, without: Iterable<string>): string {
  const left: Record<string, unknown> = { ...object }
  for (const name of without) left[name] = undefined
  return JSON.stringify(left).slice(1)
}

const SPACE = ' '.charCodeAt(0)
const COMMA = ','.charCodeAt(0)
