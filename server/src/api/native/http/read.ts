import { positionOf } from '../cursors.ts'
import { messageIdKind, optional } from '../fields.ts'
import { peerOf } from './peers.ts'
import { bodyOf, type Call } from './route.ts'

const kinds = { upTo: optional(messageIdKind) }

/**
 * POST /v1/conversations/{peer}/read, /v1/groups/{group}/read: marks a
 * conversation read, up to a message or all of it.
 */
export const postRead: Call = async (context, request) => {
  const { callers, pipeline, views } = context
  const account = await callers.accountOf(request.headers, request.query('account'))
  const peer = peerOf(request, account, context)
  const { upTo } = await bodyOf(request, kinds)
  const position = upTo === undefined ? null : positionOf(upTo as string, views)

  await pipeline.markRead(account, peer, position)
  const unread = views.unread(account, peer)
  return JSON.stringify({ unread, unreadTotal: views.unreadTotal(account) })
}
