import { isObject, text, unexpected } from '../fields.ts'
import { postMessage } from '../messages/post-message.ts'
import { messageObject } from '../objects/message.ts'
import { clientOf } from './callers.ts'
import type { LiveDoor } from './events.ts'
import type { ImkitTerminal } from './terminal.ts'

/** `chat message`: a message to `room`, or the edit or recall of one; as over HTTP. */
export async function postChatMessage(
  terminal: ImkitTerminal,
  [message]: readonly unknown[],
  door: LiveDoor,
): Promise<object> {
  const client = clientOf(terminal, door)
  if (!isObject(message)) throw unexpected('chat message', 'an object', message)
  door.terminals.asked(client.account)
  return messageObject(await postMessage(client, text(message, 'room'), message, door), door)
}
