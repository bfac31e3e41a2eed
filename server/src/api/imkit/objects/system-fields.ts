/**
 * What clients read of the messages that the server makes about members,
 * without looking whether it is there. Who is meant is stored by id and shown
 * as a client. Somebody may send a message of such a type: it has these fields then, too.
 */
import { type Fields, isObject } from '../fields.ts'
import type { ShortClient } from './client.ts'

/** The list in `extra` that a type has. */
const lists: Readonly<Record<string, 'invitees' | 'members' | null>> = {
  joinRoom: null,
  leaveRoom: null,
  addMember: null,
  addMembers: 'invitees',
  deleteMember: 'members',
  cancelInvitations: 'invitees',
}

/** The ids of those whom the message is about. */
export function namedIn(fields: Fields): string[] {
  const list = listOf(fields)
  if (list === undefined) return []
  return [fields.member, ...inList(fields, list)].filter((id) => typeof id === 'string')
}

/** The fields, with clients in the place of ids; {} for messages of all other types. */
export function systemFields(
  fields: Fields,
  sender: ShortClient,
  clientOf: (id: string) => ShortClient,
): Record<string, unknown> {
  const list = listOf(fields)
  if (list === undefined) return {}
  const populate = (one: unknown) => (typeof one === 'string' ? clientOf(one) : one)
  const named = inList(fields, list).map(populate).filter(isObject)
  const member = populate(fields.member ?? undefined) ?? named[0] ?? sender
  if (list === null) return { member }
  const extra = isObject(fields.extra) ? fields.extra : {}
  return { member, extra: { ...extra, [list]: named } }
}

/** undefined: the message is of another type. */
function listOf({ messageType }: Fields): 'invitees' | 'members' | null | undefined {
  return Object.hasOwn(lists, String(messageType)) ? lists[String(messageType)] : undefined
}

function inList({ extra }: Fields, list: 'invitees' | 'members' | null): unknown[] {
  const named = list !== null && isObject(extra) ? extra[list] : null
  return Array.isArray(named) ? named : []
}
