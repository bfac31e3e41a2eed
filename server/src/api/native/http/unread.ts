import { peerInQuery } from './peers.ts'
import type { Call } from './route.ts'

/** GET /v1/unread: over all conversations and, with `with` or `group`, of one. */
export const getUnread: Call = async (context, request) => {
  const { callers, views } = context
  const account = await callers.accountOf(request.headers, request.query('account'))
  const unreadTotal = views.unreadTotal(account)
  const peer = peerInQuery(request, account, context)
  if (peer === null) return JSON.stringify({ unreadTotal })
  return JSON.stringify({ unread: views.unread(account, peer), unreadTotal })
}
