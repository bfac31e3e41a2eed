/** POST /messages: the platform sends one message for a client, also where that is no member. */
import { accountOf } from '../clients.ts'
import { contentOf } from '../content.ts'
import { flag, text } from '../fields.ts'
import { messageObject } from '../objects/message.ts'
import type { Route } from '../route.ts'
import { sendMessage } from './send-message.ts'

export const postMessages: Route = {
  method: 'POST',
  path: '/messages',
  access: 'platform',
  async handle({ body }, door) {
    const room = text(body, 'room')
    const sender = accountOf('sender', text(body, 'sender'), door)
    text(body, 'messageType')
    const content = contentOf(body)
    const push = flag(body, 'push', true)
    const sending = { sender, room, content, push, membersOnly: false } as const
    const message = await sendMessage({ ...sending, noRoom: 'ROOM_NOT_FOUND' }, door)
    return messageObject(message, door)
  },
}
