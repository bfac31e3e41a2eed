import { unexpected } from '../fields.ts'
import { namedRoom } from '../rooms/room.ts'
import { TEXT_CHARACTERS_MAX, tellTyping } from '../rooms/typing.ts'
import { clientOf } from './callers.ts'
import type { LiveDoor } from './events.ts'
import type { ImkitTerminal } from './terminal.ts'

/** `typing`: the others of a room hear of it. */
export async function tellOfTyping(
  terminal: ImkitTerminal,
  [room, said]: readonly unknown[],
  door: LiveDoor,
): Promise<object> {
  const client = clientOf(terminal, door)
  const text = said ?? ''
  if (typeof room !== 'string') throw unexpected('room', 'a string', room)
  if (typeof text !== 'string') throw unexpected('text', 'a string', text)
  const shown = text.slice(0, TEXT_CHARACTERS_MAX)
  tellTyping(client, await namedRoom(room, client, door), shown, door)
  return {}
}
