/**
 * Messages that the server makes about members: somebody joined, was added,
 * left or was removed. Whom they are about stands in them by id; the objects
 * of this door show them as clients.
 */
import { type Content, Trait } from '../../../domain/batch.ts'
import type { Peer } from '../../../domain/peer.ts'
import type { Directory } from '../../../engines/directory.ts'
import { callOfOne } from '../messages/call-of-one.ts'
import type { Door } from '../route.ts'

type Says = Pick<Door, 'pipeline' | 'directory'>

/** Says who joined: `by` came itself, and brought the others. */
export async function sayJoined(
  group: Peer,
  by: number,
  joined: readonly number[],
  door: Says,
): Promise<void> {
  const others = joined.filter((account) => account !== by)
  if (others.length < joined.length) await say('joinRoom', group, by, [by], door)
  if (others.length === 1) await say('addMember', group, by, others, door)
  if (others.length > 1) await say('addMembers', group, by, others, door)
}

/** Says who goes: `by` goes itself, and removes the others. */
export async function sayGone(
  group: Peer,
  by: number,
  gone: readonly number[],
  door: Says,
): Promise<void> {
  const others = gone.filter((account) => account !== by)
  if (others.length > 0) await say('deleteMember', group, by, others, door)
  if (others.length < gone.length) await say('leaveRoom', group, by, [by], door)
}

/** The list of a type that names several. */
const lists = {
  joinRoom: null,
  leaveRoom: null,
  addMember: null,
  addMembers: 'invitees',
  deleteMember: 'members',
} as const

/** More are not named in one message. */
const NAMED_MAX = 100

async function say(
  type: keyof typeof lists,
  group: Peer,
  sender: number,
  about: readonly number[],
  { pipeline, directory }: Says,
): Promise<void> {
  const content = contentAbout(type, about.slice(0, NAMED_MAX), directory)
  await pipeline.accept(callOfOne(sender, group, content, Trait.system | Trait.unpushed))
}

function contentAbout(
  messageType: keyof typeof lists,
  about: readonly number[],
  directory: Directory,
): Content {
  const profiles = directory.profiles(about)
  const ids = profiles.map(({ id }) => id)
  const message = profiles.map(({ id, nick }) => nick || id).join(', ')
  const list = lists[messageType]
  const extra = list === null ? {} : { extra: { [list]: ids } }
  const json = JSON.stringify({ messageType, message, member: ids[0], ...extra })
  return { format: 'imkit', json, text: message }
}
