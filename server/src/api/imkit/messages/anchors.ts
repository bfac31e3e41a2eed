/** Messages of a room from which a page goes on, in its query. */
import { parseMessageId } from '../../../domain/message-id.ts'
import type { Position } from '../../../domain/place.ts'
import { unexpected } from '../fields.ts'
import type { ObjectDoor } from '../objects/message.ts'

/** Where the message stands that the query names; undefined: it names none. */
export function anchorIn(
  query: URLSearchParams,
  name: string,
  { views }: Pick<ObjectDoor, 'views'>,
): Position | undefined {
  const id = query.get(name)
  if (id === null || id === '') return undefined
  const parsed = parseMessageId(id)
  if (parsed?.generation === views.generation) return parsed.position
  throw unexpected(name, 'a message id of this server', id, 'INVALID_QUERY')
}
