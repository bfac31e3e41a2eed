import { type ConversationKey, isGroup } from '../domain/peer.ts'
import type { Index } from '../engines/index.ts'

/** Whose conversation it is: the members of a group or the one or two of a pair. */
export function accountsOf([first, second]: ConversationKey, index: Index): Iterable<number> {
  if (isGroup(first)) return index.members(first)
  return first === second ? [first] : [first, second]
}
