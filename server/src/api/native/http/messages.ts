import { isGroup } from '../../../domain/peer.ts'
import { END, type Position } from '../../../domain/place.ts'
import type { Views } from '../../../views/views.ts'
import { cursorOf } from '../cursors.ts'
import { listedJson, nextJson } from './lists.ts'
import { peerOf } from './peers.ts'
import { boundOf, limitOf } from './queries.ts'
import type { Call } from './route.ts'

/**
 * GET /v1/conversations/{peer}/messages, /v1/groups/{group}/messages: newest
 * first or, with `after`, oldest first from there on.
 */
export const getMessages: Call = async (context, request) => {
  const { callers, directory, views } = context
  const account = await callers.accountOf(request.headers, request.query('account'))
  const peer = peerOf(request, account, context)
  const limit = limitOf(request.query('limit'))
  const order = request.query('after') === undefined ? 'newest' : 'oldest'
  const after = boundOf('after', request.query('after'), views, -1)
  const before = boundOf('before', request.query('before'), views, END)

  const lines = await views.history(account, peer, { after, before, limit, order })
  const items = lines.map(({ message, position }) =>
    listedJson({ message, position, peer }, directory, views),
  )
  return (
    `{"messages":[${items.join()}],"next":${nextJson(lines, limit, views)}` +
    `,"unread":${views.unread(account, peer)}` +
    `,"readUpTo":${markJson(views.mark(account, peer), views)}` +
    `${isGroup(peer) ? '' : `,"peerReadUpTo":${markJson(views.mark(peer, account), views)}`}}`
  )
}

function markJson(mark: Position, views: Views): string {
  return mark === 0 ? 'null' : `"${cursorOf(mark, views)}"`
}
