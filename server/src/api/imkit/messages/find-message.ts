import type { Message } from '../../../domain/message.ts'
import { parseMessageId } from '../../../domain/message-id.ts'
import { type ConversationKey, conversationOf } from '../../../domain/peer.ts'
import { Refusal } from '../answers.ts'
import type { ObjectDoor } from '../objects/message.ts'

/** The message of a room that a call names. Throws 404. */
export async function findMessage(
  id: string,
  conversation: ConversationKey,
  { views }: Pick<ObjectDoor, 'views'>,
): Promise<Message> {
  const parsed = parseMessageId(id)
  const isOurs = parsed !== null && parsed.generation === views.generation
  const message = isOurs ? await views.message(parsed.position) : null
  if (message !== null && isIn(message, conversation)) return message
  throw new Refusal('MESSAGE_NOT_FOUND', `there is no message ${JSON.stringify(id)} in the room`)
}

function isIn({ sender, recipient }: Message, conversation: ConversationKey): boolean {
  return String(conversationOf(sender, recipient)) === String(conversation)
}
