/** The pipeline and the views over the memory engines, with an audience that writes down what it hears. */
import { directRoomId } from '../../src/api/imkit/direct-room-id.ts'
import type { Content } from '../../src/domain/batch.ts'
import type { Peer } from '../../src/domain/peer.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import type { Call } from '../../src/pipeline/accept.ts'
import type { Audience, Happening } from '../../src/pipeline/audience.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from '../../src/pipeline/pipeline.ts'
import { type ConversationIds, openConversationIds } from '../../src/views/conversation-ids.ts'
import { openViews, type Views } from '../../src/views/views.ts'

/** What the audience was given, in order. */
export type Heard =
  | { copy: number; ordinal: number }
  | { echo: number }
  | { told: number[]; happening: Happening }
  | { closed: number; token: string | undefined }

export interface Stage {
  engines: Engines
  pipeline: Pipeline
  views: Views
  ids: ConversationIds
  /** Accounts that have a terminal open. */
  open: Set<number>
  heard: Heard[]
  /** Accounts by these ids; their numbers. */
  accounts(...ids: string[]): Promise<number[]>
  /** A group of these members, as a peer. */
  group(id: string, ...members: number[]): Promise<Peer>
}

export async function openStage(
  options: Partial<PipelineOptions> & { now?: () => number } = {},
): Promise<Stage> {
  const { now = Date.now } = options
  const engines = options.engines ?? (await openMemoryEngines({ now }))
  const ids = openConversationIds(engines, directRoomId)
  const open = new Set<number>()
  const heard: Heard[] = []
  const pipeline = await openPipeline({
    audience: audienceOf(open, heard),
    diskReserveBytes: 0,
    accountsMax: 0,
    batchEntriesMax: 20_000,
    findConversation: ids.find,
    ...options,
    engines,
  })
  return {
    engines,
    pipeline,
    views: openViews(engines, now),
    ids,
    open,
    heard,
    async accounts(...names) {
      const { numbers } = await pipeline.importAccounts(names.map((id) => ({ id })))
      return [...numbers]
    },
    async group(id, ...members) {
      const { described } = await pipeline.conversations.create({ ...newGroup, id, members })
      return described.conversation[0]
    },
  }
}

export const newGroup = { pair: null, owner: 0, isFrozen: false, attributes: '' }

function audienceOf(open: ReadonlySet<number>, heard: Heard[]): Audience {
  return {
    isOpen: (account) => open.has(account),
    begin: ({ record }) => ({
      copy: (copy, ordinal) => void heard.push({ copy, ordinal }),
      echo: () => void heard.push({ echo: record.sender }),
    }),
    tell(accounts, happening) {
      const told = [...accounts].filter((account) => open.has(account))
      if (told.length > 0) heard.push({ told, happening })
    },
    close: (closed, _reason, token) => void heard.push({ closed, token }),
    renew: () => {},
    flush: () => {},
  }
}

export function said(text: string): Content {
  return { format: 'native', json: JSON.stringify({ text }), text }
}

/** A call with nothing special about it. */
export function call(sender: number, recipients: readonly Peer[], more: Partial<Call> = {}): Call {
  return {
    sender,
    recipients: Int32Array.from(recipients),
    failures: [],
    content: said('hello'),
    traits: 0,
    lifetimeSeconds: null,
    seq: null,
    random: 0,
    contentCrc: 0,
    push: null,
    ...more,
  }
}
