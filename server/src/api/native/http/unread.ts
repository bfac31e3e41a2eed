import { numberOf } from './callers.ts'
import type { Call } from './route.ts'

/** GET /v1/unread: over all conversations and, with `with`, of one. */
export const getUnread: Call = async ({ callers, directory, views }, request) => {
  const account = await callers.accountOf(request.headers, request.query('account'))
  const unreadTotal = views.unreadTotal(account)
  const id = request.query('with')
  if (id === undefined) return JSON.stringify({ unreadTotal })
  const peer = numberOf('with', id, directory)
  return JSON.stringify({ unread: views.unread(account, peer), unreadTotal })
}
