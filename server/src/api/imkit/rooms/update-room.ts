/**
 * PUT /rooms/:id: changes what is said about a room. Where it has an owner,
 * only a superuser may; who owns and manages a room, and whether it is frozen, is always for those.
 * An owner hands its room on itself.
 */
import { NOBODY } from '../../../domain/account.ts'
import type { Described } from '../../../engines/directory.ts'
import { Turns } from '../../../pipeline/turns.ts'
import { Refusal } from '../answers.ts'
import type { Fields } from '../fields.ts'
import { attributesOf } from '../objects/client.ts'
import { type RoomObject, roomObject } from '../objects/room.ts'
import type { Door, Route } from '../route.ts'
import { describePair, ownerIn } from './create.ts'
import { accountsOf } from './members.ts'
import { attributesJson, propertiesIn, statusIn } from './properties.ts'
import { isSuperuser, namedRoom, type Viewer } from './room.ts'

export const updateRoom: Route = {
  method: 'PUT',
  path: '/rooms/:id',
  access: 'both',
  handle: ({ caller, params, body }, door) => update(caller, params.id!, body, door),
}

/** PUT /rooms/:id/bot: the same, of what concerns its bot alone. */
export const updateBot: Route = {
  method: 'PUT',
  path: '/rooms/:id/bot',
  access: 'both',
  handle({ caller, params, body: { botState, botMode } }, door) {
    return update(caller, params.id!, { botState, botMode }, door)
  },
}

async function update(caller: Viewer, id: string, body: Fields, door: Door): Promise<RoomObject> {
  const conversation = await namedRoom(id, caller, door)
  const changes = propertiesIn(body)
  if (changes.managers !== undefined) accountsOf('managers', changes.managers as string[], door)
  const owner = ownerIn(body, door)
  const status = statusIn(body)
  await turns.take(String(conversation), async () => {
    const known = door.directory.described(conversation)
    requireRight(caller, known, body)
    requireOwner(caller, known?.owner ?? NOBODY, owner)
    const described = known ?? (await describePair(conversation, door))
    await door.pipeline.conversations.describe(conversation, {
      ...status,
      ...(owner === NOBODY ? {} : { owner }),
      attributes: attributesJson({ ...attributesOf(described.attributes), ...changes }),
    })
  })
  return roomObject(conversation, caller, door)
}

/** A change keeps what the one before it has said. */
const turns = new Turns()

const SUPERUSER_FIELDS = ['owner', 'managers', 'status'] as const

function requireRight(caller: Viewer, described: Described | null, body: Fields): void {
  if (isSuperuser(caller, described)) return
  const field = SUPERUSER_FIELDS.find((name) => (body[name] ?? undefined) !== undefined)
  if ((described?.owner ?? NOBODY) === NOBODY && field === undefined) return
  const what = field ?? 'a room that has an owner'
  throw new Refusal(
    'INSUFFICIENT_PERMISSIONS',
    `${what}: only the owner, a manager or the platform may change it`,
  )
}

/** A manager manages the room, but gives it to nobody. `next` NOBODY: the owner stays. */
function requireOwner(caller: Viewer, owner: number, next: number): void {
  const isHandedOn = next !== NOBODY && owner !== NOBODY && next !== owner
  if (!isHandedOn || caller.kind === 'platform' || caller.account === owner) return
  throw new Refusal(
    'INSUFFICIENT_PERMISSIONS',
    'owner: only the owner or the platform may hand the room on',
  )
}
