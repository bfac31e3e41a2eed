/**
 * Conversations: groups are made, described and joined here, and pairs are
 * given an id. Group numbers are given here and written into the record, as
 * account numbers are.
 *
 * What looks before it writes waits for its turn: of an id, of a pair, of a
 * group. So two calls at once make one conversation, and nobody joins twice.
 */
import assert from 'node:assert/strict'
import { Fault } from '../domain/errors.ts'
import { type ConversationKey, GROUP_NUMBER_MAX, groupPeer, type Peer } from '../domain/peer.ts'
import { ORDINALS_MAX } from '../domain/place.ts'
import type { ConversationChange, Description } from '../domain/record.ts'
import type { Described } from '../engines/directory.ts'
import { all } from './all.ts'
import { requireDisk } from './disk.ts'
import type { PipelineOptions } from './pipeline.ts'
import type { Turns } from './turns.ts'

export interface Conversations {
  /**
   * Makes a group, or describes a pair for the first time. When the id, or the pair, has a
   * description already, nothing changes and that one is given; so two calls at once make one.
   */
  create(conversation: NewConversation): Promise<{ described: Described; isNew: boolean }>

  /** Changes what is said about a conversation that has a description. What is left out stays. */
  describe(
    conversation: ConversationKey,
    changes: { owner?: number; isFrozen?: boolean; attributes?: string },
  ): Promise<Described>

  /** Makes accounts members of a group. Those who were none before, in the order of the call. */
  join(group: Peer, accounts: readonly number[]): Promise<number[]>

  /** Ends memberships. Those who were members. */
  leave(group: Peer, accounts: readonly number[]): Promise<number[]>
}

export interface NewConversation {
  id: string
  /** The pair, lower number first; null: a new group. */
  pair: ConversationKey | null
  owner: number
  isFrozen: boolean
  attributes: string
  /** Of a group: its first members. */
  members: readonly number[]
}

type Change = Pick<ConversationChange, 'description' | 'joined' | 'left'>

const NONE = new Uint32Array(0)

export function openConversations(options: PipelineOptions, turns: Turns): Conversations {
  const { engines, diskReserveBytes } = options
  const { journal, directory, index } = engines
  let nextGroup = directory.nextGroup

  return {
    create(conversation) {
      const { id, pair } = conversation
      return turns.take(`id ${id}`, () =>
        pair === null ? make(conversation) : turns.take(turnOf(pair), () => make(conversation)),
      )
    },

    describe(conversation, changes) {
      return turns.take(turnOf(conversation), async () => {
        const known = directory.described(conversation)
        if (known === null) throw new Fault('unknownConversation')
        const { owner, isFrozen, attributes } = known
        const before = { id: known.id, owner, isFrozen, attributes }
        const description = { ...before, ...changes }
        if (isSame(before, description)) return known
        await append(conversation, { description, joined: NONE, left: NONE })
        return directory.described(conversation)!
      })
    },

    join(group, accounts) {
      return turns.take(turnOf([group, 0]), async () => {
        const joined = unique(accounts).filter((account) => !index.isMember(account, group))
        await appendEach(group, joined, (slice) => ({ joined: slice, left: NONE }))
        return joined
      })
    },

    leave(group, accounts) {
      return turns.take(turnOf([group, 0]), async () => {
        const left = unique(accounts).filter((account) => index.isMember(account, group))
        await appendEach(group, left, (slice) => ({ joined: NONE, left: slice }))
        return left
      })
    },
  }

  async function make(conversation: NewConversation) {
    const { id, pair, owner, isFrozen, attributes } = conversation
    const taken = directory.conversation(id) ?? pair
    const known = taken === null ? null : directory.described(taken)
    if (known !== null) return { described: known, isNew: false }

    const key = pair ?? ([newGroup(), 0] as const)
    const members = pair === null ? unique(conversation.members) : []
    const description = { id, owner, isFrozen, attributes }
    const joined = Uint32Array.from(members.slice(0, ORDINALS_MAX))
    await all([
      append(key, { description, joined, left: NONE }),
      appendEach(key[0], members.slice(ORDINALS_MAX), (slice) => ({ joined: slice, left: NONE })),
    ])
    return { described: directory.described(key)!, isNew: true }
  }

  function newGroup(): Peer {
    assert(nextGroup <= GROUP_NUMBER_MAX, 'every group number is given')
    nextGroup += 1
    return groupPeer(nextGroup - 1)
  }

  /** As many records as these members need; none for none. */
  async function appendEach(
    group: Peer,
    members: readonly number[],
    changeOf: (slice: Uint32Array) => Pick<Change, 'joined' | 'left'>,
  ): Promise<void> {
    const appended: Promise<void>[] = []
    for (let from = 0; from < members.length; from += ORDINALS_MAX) {
      const slice = Uint32Array.from(members.slice(from, from + ORDINALS_MAX))
      appended.push(append([group, 0], { description: null, ...changeOf(slice) }))
    }
    await all(appended)
  }

  async function append(conversation: ConversationKey, change: Change): Promise<void> {
    requireDisk(engines, diskReserveBytes)
    const record: ConversationChange = { type: 'conversation', conversation, ...change }
    await journal.append(record)
  }
}

function turnOf(conversation: ConversationKey): string {
  return `conversation ${conversation}`
}

function unique(accounts: readonly number[]): number[] {
  return [...new Set(accounts)]
}

function isSame(one: Description, other: Description): boolean {
  return (
    one.owner === other.owner &&
    one.isFrozen === other.isFrozen &&
    one.attributes === other.attributes
  )
}
