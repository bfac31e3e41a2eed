import { NOBODY, type Profile } from '../../domain/account.ts'
import { type ConversationKey, conversationOf } from '../../domain/peer.ts'
import { PLACE_STEP, type Place, type Position, positionOf } from '../../domain/place.ts'
import type {
  AccountChange,
  Block,
  ConversationChange,
  JournalRecord,
  Overlay,
  Stored,
  Tokens,
} from '../../domain/record.ts'
import {
  Barrier,
  type Described,
  type Directory,
  KEYED_FOR_MS,
  type KnownToken,
  type Overlaid,
} from '../directory.ts'
import { openMemoryDevices } from './devices.ts'
import { openMemoryOutcomes } from './outcomes.ts'

type Account = Profile & { number: number; revokedAt: number }

/** A directory of plain objects. */
export function openMemoryDirectory(): Directory {
  const byNumber = new Map<number, Account>()
  /** By the id's UTF-8 bytes, written as hex: bytes that are not UTF-8 match nobody. */
  const byIdBytes = new Map<string, Account>()
  const conversations = new Map<string, Described>()
  const blocks = new Map<string, Block & { since: number }>()
  const tokens = new Map<string, KnownToken>()
  const overlays = new Map<Position, Overlaid>()
  const keyed = new Map<string, { place: Place; time: number }>()
  const parts: { head: Place; place: Place }[] = []
  const devices = openMemoryDevices()
  const outcomes = openMemoryOutcomes()
  let last: Place = 0
  let nextNumber = 1
  let nextGroup = 1
  let descriptions = 0

  /** Numbers and ids are for ever: for an account that exists only the profile changes. */
  function change({ number, id, ...changes }: AccountChange, time: number): void {
    const known = byNumber.get(number) ?? byIdBytes.get(hex(id))
    const account = known ?? { number, id, nick: '', avatarUrl: '', attributes: '', revokedAt: 0 }
    const changed: Account = {
      ...account,
      nick: changes.nick ?? account.nick,
      avatarUrl: changes.avatarUrl ?? account.avatarUrl,
      attributes: changes.attributes ?? account.attributes,
      changedAt: time,
    }
    byNumber.set(changed.number, changed)
    byIdBytes.set(hex(changed.id), changed)
  }

  /** The id that a conversation was first given stays, and so does its conversation. */
  function describe({ conversation, description }: ConversationChange, time: number): void {
    if (description === null) return
    const known = conversations.get(String(conversation))
    if (known === undefined && find(description.id) !== null) return
    descriptions += 1
    const { id, createdAt } = known ?? { id: description.id, createdAt: time }
    conversations.set(String(conversation), {
      ...description,
      conversation,
      id,
      createdAt,
      changedAt: time,
    })
  }

  function find(id: string): ConversationKey | null {
    return [...conversations.values()].find((each) => each.id === id)?.conversation ?? null
  }

  function changeTokens({ account, given, taken }: Tokens, time: number): void {
    for (const { token, expiresAt } of given) {
      const createdAt = tokens.get(token)?.createdAt ?? time
      tokens.set(token, { token, account, expiresAt, createdAt, changedAt: time })
    }
    for (const token of taken) tokens.delete(token)
  }

  function block(record: Block, since: number): void {
    const key = `${record.blocker} ${record.blocked}`
    if (!record.isOn) blocks.delete(key)
    else if (!blocks.has(key)) blocks.set(key, { ...record, since })
  }

  function isBlocked(blocker: number, blocked: number): boolean {
    return blocks.has(`${blocker} ${blocked}`)
  }

  function overlay({ change, by, place, ordinals, content }: Overlay, time: number): void {
    for (const ordinal of ordinals) {
      const position = positionOf(place, ordinal)
      if (overlays.get(position)?.change === 'recall') continue
      overlays.set(position, { change, by, time, content })
    }
  }

  function remember(key: string, place: Place, time: number): void {
    for (const [old, { time: then }] of keyed) if (then < time - KEYED_FOR_MS) keyed.delete(old)
    keyed.set(key, { place, time })
  }

  return {
    get place() {
      return last === 0 ? 0 : last + PLACE_STEP
    },
    get count() {
      return byNumber.size
    },
    get nextNumber() {
      return nextNumber
    },
    get nextGroup() {
      return nextGroup
    },
    apply({ place, time, record }: Stored) {
      if (place <= last) return
      last = place
      nextNumber = Math.max(nextNumber, ...numbersIn(record).map((number) => number + 1))
      nextGroup = Math.max(nextGroup, ...groupsIn(record).map((group) => group + 1))
      if (record.type === 'accounts') for (const each of record.accounts) change(each, time)
      if (record.type === 'conversation') describe(record, time)
      if (record.type === 'tokens') changeTokens(record, time)
      if (record.type === 'block') block(record, time)
      if (record.type === 'overlay') overlay(record, time)
      if (record.type === 'device') devices.change(record, time)
      if (record.type === 'outcomes') outcomes.add(record, place)
      if (record.type === 'batch') {
        if (record.key !== null) remember(record.key, place, time)
        if (record.series?.head != null) parts.push({ head: record.series.head, place })
      }
      if (record.type === 'revoked') {
        const account = byNumber.get(record.account)
        if (account) account.revokedAt = Math.max(account.revokedAt, record.second)
      }
    },
    number: (id) => (id.isWellFormed() && byIdBytes.get(hex(id))?.number) || NOBODY,
    numbersAt(bytes, ranges, count, into) {
      const idAt = (i: number) => bytes.subarray(ranges[2 * i], ranges[2 * i + 1])
      for (let i = 0; i < count; i += 1) into[i] = byIdBytes.get(hex(idAt(i)))?.number ?? NOBODY
    },
    id: (number) => byNumber.get(number)?.id ?? '',
    profiles: (numbers) =>
      numbers
        .flatMap((number) => byNumber.get(number) ?? [])
        .map(({ number, revokedAt, ...profile }) => profile),
    revokedAt: (number) => byNumber.get(number)?.revokedAt ?? 0,
    get descriptions() {
      return descriptions
    },
    described: (conversation) => conversations.get(String(conversation)) ?? null,
    conversation: find,
    describedPairs: (account) =>
      [...conversations.values()]
        .map(({ conversation }) => conversation)
        .filter(([first, second]) => second > 0 && (first === account || second === account)),
    blockedBy: (account) =>
      [...blocks.values()]
        .filter(({ blocker }) => blocker === account)
        .map(({ blocked, since }) => ({ account: blocked, since })),
    isBlocked,
    barriers(account, others, into) {
      others.forEach((other, i) => {
        const isFrozen = conversations.get(String(conversationOf(account, other)))?.isFrozen
        const isShut = isBlocked(account, other) || isBlocked(other, account)
        into[i] = isFrozen ? Barrier.frozen : isShut ? Barrier.blocked : Barrier.none
      })
    },
    token: (token) => tokens.get(token) ?? null,
    tokensOf: (account) => [...tokens.values()].filter((token) => token.account === account),
    overlays: (positions) => positions.map((position) => overlays.get(position) ?? null),
    keyed: (key) => keyed.get(key)?.place ?? null,
    devices: devices.of,
    device: devices.find,
    get deviceCount() {
      return devices.count
    },
    hasDevice: devices.has,
    pushedUpTo: outcomes.upTo,
    outcomesOf: outcomes.of,
    parts: (head) => parts.filter((part) => part.head === head).map(({ place }) => place),
    flush() {},
    async close() {},
  }
}

const hex = (id: string | Uint8Array) => Buffer.from(id as string).toString('hex')

/** Whoever is named has been given a number, though the record that gave it may be lost. */
function numbersIn(record: JournalRecord): number[] {
  switch (record.type) {
    case 'accounts':
      return record.accounts.map(({ number }) => number)
    case 'batch':
      return [record.sender, ...record.recipients]
    case 'delivered':
      return [...record.accounts]
    case 'read':
      return [record.reader, record.peer]
    case 'conversation':
      return [
        ...record.conversation,
        record.description?.owner ?? NOBODY,
        ...record.joined,
        ...record.left,
      ]
    case 'overlay':
      return [record.by, record.sender, ...record.recipients]
    case 'block':
      return [record.blocker, record.blocked]
    case 'outcomes':
      return record.results.map(({ account }) => account)
    default:
      return [record.account]
  }
}

/** The same for groups, whose numbers are negative wherever they stand as a peer. */
function groupsIn(record: JournalRecord): number[] {
  return numbersIn(record)
    .filter((number) => number < 0)
    .map((peer) => -peer)
}
