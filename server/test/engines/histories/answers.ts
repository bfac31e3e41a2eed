/**
 * Every question of the contracts.
 */

import type { ConversationKey } from '../../../src/domain/peer.ts'
import { END, type Place, type Position, positionOf } from '../../../src/domain/place.ts'
import { isBatch, type Stored } from '../../../src/domain/record.ts'
import type { Engines } from '../../../src/engines/engines.ts'
import type { ListPage } from '../../../src/engines/index.ts'
import { DEVICES, GROUPS, IDS, KEYS, NUMBERS, PEOPLE, type Point, TOKENS, WAYS } from './events.ts'
import type { Witness } from './witness.ts'

export async function answers(witness: Witness, points: [Point, Point], limit: number) {
  const { engines } = witness
  const { journal, directory } = engines
  const places = witness.records.map(({ place }) => place)
  const records = await journal.read(places)
  return {
    records: records.map((stored) => stored && witness.plain(stored)),
    isReplayed: (await replayed(engines, 0)).map(({ place }) => witness.name(positionOf(place, 0))),
    isReplayedFromTheMiddle: await replayedFromTheMiddle(witness),
    isWithinSpans: isWithinSpans(witness),
    isCaughtUp: places.length === 0 || engines.index.place > places.at(-1)!,
    accounts: directory.count,
    nextNumber: directory.nextNumber,
    profiles: directory.profiles(Array.from({ length: NUMBERS + 2 }, (_, number) => number)),
    people: Array.from({ length: NUMBERS + 2 }, (_, number) => [
      directory.id(number),
      directory.number(directory.id(number)),
      directory.revokedAt(number),
    ]),
    ...answersAboutConversations(witness),
    ...answersAboutDevices(witness),
    ...(await answersOfIndex(witness, points, limit)),
  }
}

function answersAboutConversations(witness: Witness) {
  const { directory } = witness.engines
  const groups = numbered(GROUPS).map((group): ConversationKey => [-group, 0])
  const pairs: ConversationKey[] = [
    [1, 2],
    [2, 2],
    [1, 5],
    [3, 4],
  ]
  const name = (place: Place | null) => place && witness.name(positionOf(place, 0))
  const batches = witness.records.filter(isBatch)
  const positions = batches.flatMap(({ place, record }) =>
    Array.from(record.recipients, (_, ordinal) => positionOf(place, ordinal)),
  )
  return {
    nextGroup: directory.nextGroup,
    described: [...groups, ...pairs].map((key) => directory.described(key)),
    byId: IDS.map((id) => directory.conversation(id)),
    ofPeople: numbered(PEOPLE).map((account) => [
      directory.describedPairs(account),
      directory.blockedBy(account),
      numbered(PEOPLE).map((other) => directory.isBlocked(account, other)),
      directory.tokensOf(account),
    ]),
    tokens: TOKENS.map((token) => directory.token(token)),
    overlays: directory.overlays(positions),
    keyed: KEYS.map((key) => name(directory.keyed(key))),
    parts: batches.map(({ place }) => directory.parts(place).map(name)),
  }
}

function answersAboutDevices(witness: Witness) {
  const { directory } = witness.engines
  const name = (position: Position) => witness.name(position)
  const batches = witness.records.filter(isBatch)
  return {
    deviceCount: directory.deviceCount,
    devices: numbered(PEOPLE).map((account) => [
      directory.hasDevice(account),
      directory.devices(account),
    ]),
    byWay: WAYS.map((way) => DEVICES.map((id) => directory.device(way, id))),
    upTo: WAYS.map((way) => name(directory.pushedUpTo(way))),
    outcomes: batches.map(({ place }) =>
      directory.outcomesOf(place).map((at) => name(positionOf(at, 0))),
    ),
  }
}

async function answersOfIndex(witness: Witness, points: [Point, Point], limit: number) {
  const { index } = witness.engines
  const [after, before] = points.map((point) => witness.at(point)) as [Position, Position]
  const people = numbered(PEOPLE)
  const groups = numbered(GROUPS).map((group) => -group)
  const list = async (account: number, page: ListPage) =>
    (await index.conversations(account, page)).map(({ newest, ...listed }) => ({
      ...listed,
      newest: witness.name(newest),
    }))
  const timeline = async (
    account: number,
    peer: number,
    order: 'newest' | 'oldest',
    all = false,
  ) => {
    const page = all ? { after: 0, before: END, limit: 10_000 } : { after, before, limit }
    const entries = await index.timeline(account, peer, { ...page, order })
    return entries.map(({ position, ...entry }) => ({ ...entry, position: witness.name(position) }))
  }
  const { conversations, copies } = index.size()
  const differences: unknown[] = []
  for await (const difference of index.recount()) differences.push(difference)

  return {
    conversations,
    copies,
    differences,
    pairs: [index.pairs(0, 1000), index.pairs(limit % 5, limit)],
    members: groups.map((group) => index.members(group)),
    sides: await Promise.all(
      people.map(async (account) => ({
        account,
        totals: index.totals(account),
        direct: index.directTotals(account),
        groups: index.groups(account),
        delivered: witness.name(index.delivered(account)),
        list: await list(account, { before: END, limit: 1000 }),
        page: await list(account, { before, limit }),
        ofPairs: await list(account, { before, limit, kind: 'direct' }),
        ofGroups: await list(account, { before, limit, kind: 'group' }),
        missed: (await index.missed(account, after, limit)).map(({ position, peer }) => [
          witness.name(position),
          peer,
        ]),
        peers: await Promise.all(
          [...people, ...groups].map(async (peer) => ({
            peer,
            unread: index.unread(account, peer),
            copies: index.copies(account, peer),
            isMember: index.isMember(account, peer),
            mark: witness.name(index.mark(account, peer)),
            listed: witness.name(index.listed(account, peer)),
            all: await timeline(account, peer, 'newest', true),
            newest: await timeline(account, peer, 'newest'),
            oldest: await timeline(account, peer, 'oldest'),
          })),
        ),
      })),
    ),
  }
}

export async function replayed({ journal }: Engines, from: Place): Promise<Stored[]> {
  const records: Stored[] = []
  for await (const group of journal.replay(from)) records.push(...group)
  return records
}

async function replayedFromTheMiddle({ engines, records }: Witness): Promise<number> {
  const middle = records[records.length >>> 1]
  return middle === undefined ? 0 : (await replayed(engines, middle.place)).length
}

/** Every record is where `span` says that records of its time are. */
function isWithinSpans({ engines, records }: Witness): boolean {
  return records.every(({ place, time }) => {
    const { from, to } = engines.journal.span(time, time)
    return place >= from && place < to
  })
}

/** The numbers from 1 on. */
function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n + 1)
}
