/** Who comes into rooms and who goes, and what is said about it in the room. */
import { NOBODY } from '../../../domain/account.ts'
import { type ConversationKey, isGroup, type Peer } from '../../../domain/peer.ts'
import { Refusal } from '../answers.ts'
import { accountOf, adminClient } from '../clients.ts'
import { type Fields, flag } from '../fields.ts'
import { attributesOf } from '../objects/client.ts'
import type { Door } from '../route.ts'
import { isSuperuser, type Viewer } from './room.ts'
import { sayGone, sayJoined } from './system-message.ts'

/** Most members of a room. Each is shown whenever the room is. */
const MEMBERS_MAX = 10_000

/** Who changes the members of a room, and whether the room is told. */
export interface Change {
  caller: Viewer
  isTold: boolean
}

export function changeIn(body: Fields, caller: Viewer): Change {
  return { caller, isTold: flag(body, 'systemMessage', false) }
}

/** Makes accounts members. Those who are members already stay. */
export async function addMembers(
  conversation: ConversationKey,
  accounts: readonly number[],
  { caller, isTold }: Change,
  door: Door,
): Promise<void> {
  const group = groupOf(conversation)
  const newcomers = accounts.filter((account) => !door.index.isMember(account, group))
  if (newcomers.length === 0) return
  requireOpen(conversation, caller, door)
  requireSpace(door.index.members(group).length + newcomers.length)
  const joined = await door.pipeline.conversations.join(group, newcomers)
  if (isTold) await sayJoined(group, await actor(caller, door), joined, door)
}

/** Ends memberships. It is said before, so that those who go hear it too. */
export async function removeMembers(
  conversation: ConversationKey,
  accounts: readonly number[],
  { caller, isTold }: Change,
  door: Door,
): Promise<void> {
  const group = groupOf(conversation)
  const members = accounts.filter((account) => door.index.isMember(account, group))
  const owner = door.directory.described(conversation)?.owner ?? NOBODY
  if (caller.kind === 'client' && owner !== caller.account && members.includes(owner)) {
    throw new Refusal('INSUFFICIENT_PERMISSIONS', 'the owner of the room cannot be removed')
  }
  if (isTold) await sayGone(group, await actor(caller, door), members, door)
  await door.pipeline.conversations.leave(group, members)
}

/** The account that acts: a client, or the platform's own. */
export async function actor(caller: Viewer, door: Door): Promise<number> {
  return caller.kind === 'client' ? caller.account : (await adminClient(door)).account
}

/** The accounts of ids, each once. */
export function accountsOf(field: string, ids: readonly string[], door: Door): number[] {
  return [...new Set(ids.map((id) => accountOf(field, id, door)))]
}

/** Invitations that the invitee has to accept come later. */
export function refuseInvitations(body: Fields): void {
  if (!flag(body, 'invitationRequired', false)) return
  throw new Refusal(
    'INVALID_REQUEST',
    'invitationRequired: expected false, because invitees become members at once, but true came',
  )
}

export function requireSpace(members: number): void {
  if (members <= MEMBERS_MAX) return
  throw new Refusal('INVALID_REQUEST', `a room has at most ${MEMBERS_MAX} members; ${members} came`)
}

/** The group of a room into which clients can come. A direct room is of its two for ever. */
function groupOf([first]: ConversationKey): Peer {
  if (isGroup(first)) return first
  throw new Refusal('INVALID_REQUEST', 'the members of a direct room never change')
}

function requireOpen(conversation: ConversationKey, caller: Viewer, door: Door): void {
  const described = door.directory.described(conversation)
  const isClosed = attributesOf(described?.attributes ?? '').opening === 0
  if (!isClosed || isSuperuser(caller, described)) return
  throw new Refusal(
    'INSUFFICIENT_PERMISSIONS',
    'the room is closed to those who join and are invited',
  )
}
