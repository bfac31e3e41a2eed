/**
 * What messages that are on their way reply to, for their events. Nothing is
 * read for an event; so it is read while the message becomes durable, which
 * takes longer nearly always. Where it does not, the event has the id.
 */
import type { Content } from '../../../domain/batch.ts'
import { Generations } from '../../../lib/generations.ts'
import { imkitFieldsOf } from '../../bridge/imkit-from-tim.ts'
import {
  type Look,
  lookUp,
  lookUpReplied,
  type MessageObject,
  type ObjectDoor,
  objectOf,
  type Said,
} from './message.ts'

/** By the content of the reply, as it goes from the call to its event: others find nothing here. */
const replied = new Generations<Content, MessageObject>(1024 * 1024)

/** What an object takes beside what the message says. */
const OBJECT_BYTES = 4096

/** Begins to read what a content replies to, before it is accepted. Never fails. */
export function prepareReply(content: Content, door: ObjectDoor): void {
  if (content.json.includes('"reply":')) read(content, door).catch(() => {})
}

async function read(content: Content, door: ObjectDoor): Promise<void> {
  const found = await lookUpReplied([{ fields: imkitFieldsOf(content) }], door)
  for (const said of found.values()) {
    const texts = content.json.length + (said.message.content?.json.length ?? 0)
    replied.add(content, objectOf(said, lookUp([said], door)), OBJECT_BYTES + 4 * texts)
  }
}

/** The object of a message for its event. */
export function objectNow(said: Said, look: Look): MessageObject {
  const { content } = said.message
  const reply = content === null ? undefined : replied.get(content)
  const isSeen = reply?.room === look.room(said.message)
  return objectOf(said, look, isSeen ? reply : undefined)
}
