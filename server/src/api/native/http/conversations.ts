import { isGroup } from '../../../domain/peer.ts'
import { END } from '../../../domain/place.ts'
import { peerField } from '../message-json.ts'
import { listedJson, nextJson } from './lists.ts'
import { boundOf, limitOf } from './queries.ts'
import type { Call } from './route.ts'

/** GET /v1/conversations: an account's conversations, the one with the newest message first. */
export const getConversations: Call = async ({ callers, directory, views }, request) => {
  const account = await callers.accountOf(request.headers, request.query('account'))
  const limit = limitOf(request.query('limit'))
  const before = boundOf('before', request.query('before'), views, END)

  const conversations = await views.conversations(account, before, limit)
  const items = conversations.map(({ peer, unread, newest, position }) => {
    const isSilent = newest === null && isGroup(peer)
    const message = isSilent
      ? 'null'
      : listedJson({ message: newest, position, peer }, directory, views)
    const said = JSON.stringify({ ...peerField(peer, directory), unread })
    return `${said.slice(0, -1)},"newest":${message}}`
  })
  const next = nextJson(conversations, limit, views)
  return `{"conversations":[${items.join()}],"unreadTotal":${views.unreadTotal(account)},"next":${next}}`
}
