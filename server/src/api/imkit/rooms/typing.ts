/** POST /rooms/:id/typing: the other members hear of it, and nothing is kept. */
import type { ConversationKey } from '../../../domain/peer.ts'
import { optionalText } from '../fields.ts'
import type { Client, Door, Route } from '../route.ts'
import { membersOf, namedRoom } from './room.ts'

export const postTyping: Route = {
  method: 'POST',
  path: '/rooms/:id/typing',
  access: 'client',
  async handle({ caller, params, body }, door) {
    const conversation = await namedRoom(params.id!, caller, door)
    const message = (optionalText(body, 'message') ?? '').slice(0, TEXT_CHARACTERS_MAX)
    tellTyping(caller, conversation, message, door)
    return { message, room: door.conversationIds.of(conversation), sender: caller.id }
  },
}

export const TEXT_CHARACTERS_MAX = 1000

export function tellTyping(
  { account }: Client,
  conversation: ConversationKey,
  text: string,
  { audience, index }: Pick<Door, 'audience' | 'index'>,
): void {
  const others = membersOf(conversation, { index }).filter((member) => member !== account)
  audience.tell(others, { type: 'typing', account, conversation, text: text.toWellFormed() })
  audience.flush()
}
