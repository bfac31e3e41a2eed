import type { Peer } from '../../../domain/peer.ts'
import { described, FieldFault, groupId } from '../fields.ts'
import { groupOf } from '../groups.ts'
import { numberOf } from './callers.ts'
import type { HttpContext, HttpRequest } from './route.ts'

/** Whose conversation with the account a path names: `{peer}`, an account, or `{group}`. */
export function peerOf(request: HttpRequest, account: number, context: HttpContext): Peer {
  const group = request.parameter('group')
  if (group === '') return numberOf('peer', request.parameter('peer'), context.directory)
  return memberOf('group', group, account, context)
}

/** The same of a query, which may name none. */
export function peerInQuery(
  request: HttpRequest,
  account: number,
  context: HttpContext,
): Peer | null {
  const id = request.query('with')
  const group = request.query('group')
  if (id !== undefined && group !== undefined) {
    throw new FieldFault('group', 'none beside `with`', described(group))
  }
  if (id !== undefined) return numberOf('with', id, context.directory)
  return group === undefined ? null : memberOf('group', group, account, context)
}

function memberOf(field: string, id: string, account: number, context: HttpContext): Peer {
  if (!groupId.isOf(id)) throw new FieldFault(field, groupId.expected, described(id))
  return groupOf(field, id, account, context)
}
