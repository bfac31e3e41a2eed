/** The rooms of a list that a filter of the caller's leaves. */
import { setImmediate as breath } from 'node:timers/promises'
import { NOBODY } from '../../../domain/account.ts'
import { Refusal } from '../answers.ts'
import { date } from '../objects/dates.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { propertiesOf } from '../objects/room.ts'
import { compileFilter, type Document } from './filter.ts'
import { allRooms, type ListedRoom, roomsOf } from './list.ts'
import { membersOf, type Viewer } from './room.ts'

/** Of a client only its own are looked at. Frozen ones are left out, unless the filter names a status. */
export async function roomsThatMatch(
  caller: Viewer,
  filter: Document,
  door: ObjectDoor,
): Promise<ListedRoom[]> {
  const { rooms, rest } = await candidates(caller, filter, door)
  const valid = 'status' in filter ? rooms : rooms.filter(({ described }) => !described?.isFrozen)
  if (Object.keys(rest).length === 0) return valid
  const matches = compileFilter('q', rest)
  return filtered(valid, (room) => matches(documentOf(room, door)))
}

/** What matches. Others have the thread in between, and what takes too long is given up. */
async function filtered<Item>(
  items: readonly Item[],
  matches: (item: Item) => boolean,
): Promise<Item[]> {
  const matching: Item[] = []
  let taken = 0
  let since = performance.now()
  for (const item of items) {
    if (matches(item)) matching.push(item)
    const now = performance.now()
    if (now - since < TURN_MS) continue
    taken += now - since
    if (taken > TURNS_MS) throw new Refusal('RESULT_TOO_LARGE', 'q: the filter takes too long')
    await breath()
    since = performance.now()
  }
  return matching
}

const TURN_MS = 10
const TURNS_MS = 1000

/** A member that the filter names need not be looked for in each room: its rooms are known. */
async function candidates(
  caller: Viewer,
  filter: Document,
  door: ObjectDoor,
): Promise<{ rooms: ListedRoom[]; rest: Document }> {
  const { members, ...rest } = filter
  if (caller.kind === 'client') {
    const rooms = await roomsOf(caller.account, door)
    return { rooms, rest: members === caller.id ? rest : filter }
  }
  if (typeof members !== 'string') return { rooms: allRooms(door), rest: filter }
  const account = door.directory.number(members)
  return { rooms: account === NOBODY ? [] : await roomsOf(account, door), rest }
}

/** What filters are asked about. Some of it is made only if one asks. */
function documentOf({ conversation, described }: ListedRoom, door: ObjectDoor): Document {
  return {
    get _id() {
      return door.conversationIds.of(conversation)
    },
    get id() {
      return door.conversationIds.of(conversation)
    },
    get members() {
      return Array.from(membersOf(conversation, door), (account) => door.directory.id(account))
    },
    ...propertiesOf(conversation, described, door),
    ...(described === null ? {} : date('createdTime', described.createdAt)),
    ...(described === null ? {} : date('updatedAt', described.changedAt)),
  }
}
