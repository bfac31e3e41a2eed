import { positionOf } from '../cursors.ts'
import { messageIdKind, optional } from '../fields.ts'
import { numberOf } from './callers.ts'
import { bodyOf, type Call } from './route.ts'

const kinds = { upTo: optional(messageIdKind) }

/** POST /v1/conversations/{peer}/read: marks a conversation read, up to a message or all of it. */
export const postRead: Call = async ({ callers, directory, pipeline, views }, request) => {
  const account = await callers.accountOf(request.headers, request.query('account'))
  const peer = numberOf('peer', request.parameter('peer'), directory)
  const { upTo } = await bodyOf(request, kinds)
  const position = upTo === undefined ? null : positionOf(upTo as string, views)

  await pipeline.markRead(account, peer, position)
  const unread = views.unread(account, peer)
  return JSON.stringify({ unread, unreadTotal: views.unreadTotal(account) })
}
