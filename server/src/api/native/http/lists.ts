/** Messages in lists. One that is damaged keeps its place, with an error. */
import { Fault } from '../../../domain/errors.ts'
import type { Message } from '../../../domain/message.ts'
import type { Peer } from '../../../domain/peer.ts'
import type { Position } from '../../../domain/place.ts'
import type { Directory } from '../../../engines/directory.ts'
import type { Views } from '../../../views/views.ts'
import { cursorOf } from '../cursors.ts'
import { messageJson } from '../message-json.ts'
import { errorJson } from './answers.ts'

export function listedJson(
  { message, position, peer }: { message: Message | null; position: Position; peer: Peer },
  directory: Directory,
  views: Views,
): string {
  if (message === null) {
    return JSON.stringify({ id: cursorOf(position, views), ...errorJson(new Fault('damaged')) })
  }
  return messageJson(message, peer, directory, views.generation)
}

/** Where a list goes on: after its last line, if it was as long as asked for. */
export function nextJson(
  lines: readonly { position: Position }[],
  limit: number,
  views: Views,
): string {
  const last = lines.length < limit ? undefined : lines.at(-1)
  return last === undefined ? 'null' : `"${cursorOf(last.position, views)}"`
}
