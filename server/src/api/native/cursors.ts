import { Fault } from '../../domain/errors.ts'
import { messageId, parseMessageId } from '../../domain/message-id.ts'
import type { Position } from '../../domain/place.ts'
import type { Views } from '../../views/views.ts'

type Known = Pick<Views, 'generation' | 'newest'>

/** Where a cursor or message id stands; null: it is not of this server's past. Its form is right. */
export function positionOrNull(id: string, { generation, newest }: Known): Position | null {
  const parsed = parseMessageId(id)
  if (parsed === null || parsed.generation !== generation) return null
  return parsed.position <= newest() ? parsed.position : null
}

/** The same where nothing else will do. */
export function positionOf(id: string, views: Known): Position {
  const position = positionOrNull(id, views)
  if (position !== null) return position
  const newest = cursorOf(views.newest(), views)
  throw new Fault('invalidCursor', `${id} is not of this server's past, which ends at ${newest}`)
}

export function cursorOf(position: Position, { generation }: Pick<Known, 'generation'>): string {
  return messageId(generation, position)
}
