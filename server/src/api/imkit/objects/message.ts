/**
 * A message as this door shows it. Whoever sent it, whom it is about and what
 * it replies to are shown as objects; for a page they are looked up together.
 */
import type { Message } from '../../../domain/message.ts'
import { messageId, parseMessageId } from '../../../domain/message-id.ts'
import { conversationOf } from '../../../domain/peer.ts'
import type { Position } from '../../../domain/place.ts'
import { imkitFieldsOf } from '../../bridge/imkit-from-tim.ts'
import type { Fields } from '../fields.ts'
import type { Door } from '../route.ts'
import { batchIdOf } from './batch-id.ts'
import { lookUpClients, type ShortClient } from './client.ts'
import { namedIn, systemFields } from './system-fields.ts'

export type ObjectDoor = Pick<
  Door,
  'directory' | 'conversationIds' | 'index' | 'views' | 'logins' | 'settings'
>

export type MessageObject = Readonly<Record<string, unknown>> & { _id: string; room: string }

export async function messageObject(message: Message, door: ObjectDoor): Promise<MessageObject> {
  return (await messageObjects([message], door))[0]!
}

/** The messages of a page, in this order. */
export async function messageObjects(
  messages: readonly Message[],
  door: ObjectDoor,
): Promise<MessageObject[]> {
  const said = messages.map((message) => ({ message, fields: saidIn(message) }))
  const replied = await lookUpReplied(said, door)
  const look = lookUp([...said, ...replied.values()], door)
  return said.map((each) => {
    const reply = replied.get(String(each.fields.reply))
    const isSeen = reply !== undefined && roomKeyOf(reply.message) === roomKeyOf(each.message)
    return objectOf(each, look, isSeen ? objectOf(reply, look) : undefined)
  })
}

/** A message and the fields of what it says. */
export interface Said {
  message: Message
  fields: Fields
}

/** What a message says at present, in the fields of this door. */
export function saidIn({ content }: Message): Fields {
  return content === null ? { messageType: 'recall', message: '' } : imkitFieldsOf(content)
}

/** What messages need to be shown that they do not hold themselves. */
export interface Look {
  room(of: Pick<Message, 'sender' | 'recipient'>): string
  client(account: number): ShortClient
  clientOf(id: string): ShortClient
  generation: number
  appID: string
}

/** Looks up, once each, whoever sent the messages and whom they are about. */
export function lookUp(said: readonly Said[], door: ObjectDoor): Look {
  const { directory, conversationIds, views, settings } = door
  const senders = said.map(({ message }) => message.sender)
  const named = said.flatMap(({ fields }) => namedIn(fields)).map((id) => directory.number(id))
  const client = lookUpClients([...senders, ...named], door)
  return {
    room: ({ sender, recipient }) => conversationIds.of(conversationOf(sender, recipient)),
    client,
    clientOf: (id) => client(directory.number(id)),
    generation: views.generation,
    appID: settings.appName,
  }
}

/** The object of one message. `reply` is what it replies to; left out, its id stays. */
export function objectOf(
  { message, fields }: Said,
  { room, client, clientOf, generation, appID }: Look,
  reply?: MessageObject,
): MessageObject {
  const id = messageId(generation, message.position)
  const sender = client(message.sender)
  const changedAt = message.changedAt ?? message.time
  const time = new Date(message.time).toISOString()
  const changed = changedAt === message.time ? time : new Date(changedAt).toISOString()
  const isEdited = message.changedAt !== null && message.content !== null
  const batchID = batchIdOf(message, generation)
  return {
    _id: id,
    id,
    appID,
    room: room(message),
    sender,
    ...fields,
    ...systemFields(fields, sender, clientOf),
    ...(reply ? { reply } : {}),
    mentions: fields.mentions ?? [],
    reactions: [],
    reactionCount: 0,
    isPined: false,
    pinned: false,
    ...(batchID === null ? {} : { batchID }),
    messageTime: time,
    messageTimeMS: message.time,
    createdAt: time,
    createdAtMS: message.time,
    updatedAt: changed,
    updatedAtMS: changedAt,
    editedAt: isEdited ? changed : null,
  }
}

/** By its id, the message to which others reply, each of which sees it only if it is of its room. */
export async function lookUpReplied(
  said: readonly Pick<Said, 'fields'>[],
  door: ObjectDoor,
): Promise<Map<string, Said>> {
  const wanted = new Map<Position, string>()
  for (const { fields } of said) {
    const parsed = typeof fields.reply === 'string' ? parseMessageId(fields.reply) : null
    if (parsed?.generation !== door.views.generation) continue
    wanted.set(parsed.position, String(fields.reply))
  }
  const messages = await door.views.messages([...wanted.keys()])
  const replied = new Map<string, Said>()
  for (const [i, id] of [...wanted.values()].entries()) {
    const message = messages[i]
    if (message != null) replied.set(id, { message, fields: saidIn(message) })
  }
  return replied
}

function roomKeyOf({ sender, recipient }: Message): string {
  return String(conversationOf(sender, recipient))
}
