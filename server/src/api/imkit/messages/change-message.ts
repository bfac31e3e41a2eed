/** Edits and recalls: a message of the same id says something else, or nothing any more. */
import { NOBODY } from '../../../domain/account.ts'
import { type Content, Trait } from '../../../domain/batch.ts'
import type { Message } from '../../../domain/message.ts'
import { type ConversationKey, isGroup } from '../../../domain/peer.ts'
import { ordinalOf, placeOf } from '../../../domain/place.ts'
import { Turns } from '../../../pipeline/turns.ts'
import { Refusal } from '../answers.ts'
import { contentWith } from '../content.ts'
import type { Fields } from '../fields.ts'
import { saidIn } from '../objects/message.ts'
import { prepareReply } from '../objects/replied.ts'
import { isSuperuser, type Viewer } from '../rooms/room.ts'
import type { Door } from '../route.ts'
import { findMessage } from './find-message.ts'
import { requireSize } from './send-message.ts'

/** The message as it stands then. Whoever sent it may change it, and superusers of the room. */
export async function changeMessage(
  caller: Viewer,
  conversation: ConversationKey,
  id: string,
  body: Fields,
  door: Door,
): Promise<Message> {
  return turns.take(id, async () => {
    const message = await findMessage(id, conversation, door)
    requireRight(caller, message, conversation, door)
    const isRecall = body.messageType === 'recall'
    if (isRecall && message.content === null) return message
    const content = isRecall ? null : edited(caller, message, conversation, body, door)
    const { position } = message
    const by = caller.kind === 'client' ? caller.account : NOBODY
    const ordinals = [ordinalOf(position)]
    if (content !== null) prepareReply(content, door)
    await door.pipeline.change({ place: placeOf(position), ordinals, by, content })
    return findMessage(id, conversation, door)
  })
}

/** An edit keeps what the one before it has said. */
const turns = new Turns()

function edited(
  caller: Viewer,
  message: Message,
  conversation: ConversationKey,
  body: Fields,
  door: Door,
): Content {
  if (message.content === null)
    throw new Refusal('INVALID_REQUEST', '_id: the message was recalled')
  if ((message.batch.traits & Trait.system) !== 0) {
    throw new Refusal('INSUFFICIENT_PERMISSIONS', '_id: the server made the message')
  }
  if (caller.kind === 'client') requireSpeech(conversation, door)
  const content = contentWith(saidIn(message), body)
  requireSize(content, door.settings.imkitMessageBytes)
  return content
}

function requireRight(
  caller: Viewer,
  { sender }: Message,
  conversation: ConversationKey,
  { directory }: Door,
): void {
  if (caller.kind === 'client' && caller.account === sender) return
  if (isSuperuser(caller, directory.described(conversation))) return
  const message = '_id: only its sender, a superuser of the room or the platform may change it'
  throw new Refusal('INSUFFICIENT_PERMISSIONS', message)
}

/** An edit says something, too. */
function requireSpeech(conversation: ConversationKey, { directory }: Door): void {
  if (directory.described(conversation)?.isFrozen) {
    throw new Refusal('ROOM_FROZEN', 'the room is frozen')
  }
  const [one, other] = conversation
  if (isGroup(one)) return
  if (directory.isBlocked(one, other) || directory.isBlocked(other, one)) {
    throw new Refusal('BLOCKED', 'one of the two in the room has blocked the other')
  }
}
