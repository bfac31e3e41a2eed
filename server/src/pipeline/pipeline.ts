/**
 * The way of a batch, from a request to every recipient's screen.
 *
 *   accept ─▶ journal (synced) ─▶ index ─┬▶ deliver
 *                                        ├▶ push
 *                                        └▶ "OK"
 *
 * The caller hears "OK" only after the sync and the index: what was
 * acknowledged is durable, and the next call reads it back. A stage may meet
 * its last record again and gives the same result. The stages do not call one
 * another; you always return to this file.
 */
import type { Batch, Content } from '../domain/batch.ts'
import type { Device, KnownDevice, PushWay } from '../domain/device.ts'
import type { ConversationKey, Peer } from '../domain/peer.ts'
import type { Place, Position } from '../domain/place.ts'
import type { Revoked, Stored } from '../domain/record.ts'
import type { KnownToken } from '../engines/directory.ts'
import type { Engines } from '../engines/engines.ts'
import { type Call, openAccept } from './accept.ts'
import { openAcknowledge } from './acknowledge.ts'
import type { Audience } from './audience.ts'
import { openBlock } from './block.ts'
import { openChange } from './change.ts'
import { type Conversations, openConversations } from './conversations.ts'
import { openDeliver } from './deliver.ts'
import { type DeviceMatch, openDevices } from './devices.ts'
import type { Entries } from './entries.ts'
import { type Imported, type NewAccount, openImport } from './import.ts'
import type { LaneStatus } from './push/lane-stage.ts'
import { openPush, type Push, type PushOptions } from './push/push.ts'
import { openRead } from './read.ts'
import { openSettle, type Settled, type SettleRules } from './settle.ts'
import { openTokens } from './tokens.ts'
import { Turns } from './turns.ts'

export interface Pipeline {
  /** Makes a batch of a call. Resolves when it is durable and readable. */
  accept(call: Call): Promise<Accepted>
  /**
   * Decides what becomes of the entries of a call: who or which conversation receives a copy, and
   * what failed and why. See settle.ts.
   */
  settle(sender: number, entries: Entries, rules: SettleRules): Promise<Settled>
  /** Makes accounts known, or changes their profiles. Resolves when that is durable and readable. */
  importAccounts(accounts: readonly NewAccount[]): Promise<Imported>
  /** Marks a conversation read for `reader`, up to a position that is included; null: all of it. */
  markRead(reader: number, peer: Peer, upTo: Position | null): Promise<void>
  /**
   * Takes copies of one record back, or lets them say something else. Resolves when that is durable
   * and readable. Ordinals without a copy and copies that were recalled before are left out.
   */
  change(change: MessageChange): Promise<Changed>
  /** Groups and named pairs: see conversations.ts. */
  conversations: Conversations
  /** Makes a token known, or gives it a new end. Fault `tokenTaken`: it is another account's. */
  giveToken(account: number, token: string, expiresAt: number | null): Promise<KnownToken>
  /** Takes tokens back and ends the terminals that came with them. Those it took. */
  takeTokens(account: number, tokens: readonly string[]): Promise<KnownToken[]>
  /** Lets an account refuse what another says to it directly, or take it again. False: it was so. */
  block(blocker: number, blocked: number, isOn: boolean): Promise<boolean>
  /**
   * Makes a device known as one of the account's, and nobody else's from then on. Resolves when that
   * is durable and readable.
   */
  registerDevice(account: number, device: Device): Promise<KnownDevice>
  /** Forgets a device; null: there is none of this way and id that matches. */
  removeDevice(way: PushWay, id: string, match?: DeviceMatch): Promise<KnownDevice | null>
  /** A terminal of the account has received everything up to a position. Journalled within a second. */
  acknowledge(account: number, upTo: Position): void
  /** Voids all credentials of the account signed up to a second, and ends its terminals. */
  revoke(account: number, second: number): Promise<void>
  /** How the lanes of notifications are doing; none: nothing is pushed. */
  lanes(): LaneStatus[]
  /** Writes down what is still only in memory. */
  close(): Promise<void>
}

export interface Accepted {
  place: Place
  /** Unix time, milliseconds. */
  time: number
  /** Its record or, of a batch that needs several, the head. */
  batch: Batch
  /** Every copy had been accepted before: place, time and batch are those of the earlier call. */
  repeated: boolean
}

export interface MessageChange {
  /** The record, and which of its copies. */
  place: Place
  ordinals: readonly number[]
  /** Account number; NOBODY: the platform. */
  by: number
  /** What they say from now on; null: they are recalled. */
  content: Content | null
}

export interface Changed {
  /** When: Unix time, milliseconds. */
  time: number
  /** Those that this call changed. */
  ordinals: number[]
}

export interface PipelineOptions {
  engines: Engines
  audience: Audience
  /** Free bytes under which nothing is accepted any more. */
  diskReserveBytes: number
  /** How many accounts there may be; 0: any number. */
  accountsMax: number
  /** How many entries a call may have. */
  batchEntriesMax: number
  /** The conversation of an id that a caller wrote. */
  findConversation: (id: string) => Promise<ConversationKey | null>
  /** How those are told who have no terminal open; left out: they are not. */
  push?: PushOptions
  /** Hears of every batch that became durable, for metrics. */
  onDurable?: (batch: Batch) => void
  /** Unix time, milliseconds. */
  now?: () => number
}

export async function openPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { engines, audience, onDurable } = options
  const { journal, index, directory } = engines
  const deliver = openDeliver(engines, audience)
  let push: Push | null = null

  journal.follow((group: readonly Stored[]) => {
    for (const stored of group) {
      directory.apply(stored)
      index.apply(stored)
    }
    deliver.group(group)
    push?.group(group)
    if (onDurable) for (const { record } of group) if (record.type === 'batch') onDurable(record)
  })

  const turns = new Turns()
  const acknowledge = openAcknowledge(journal, index)
  const devices = openDevices(options, turns)
  if (options.push !== undefined) push = await openPush({ ...options, ...devices }, options.push)

  return {
    accept: await openAccept(options),
    settle: openSettle(options),
    importAccounts: openImport(options),
    markRead: openRead(options),
    change: openChange(options, turns),
    conversations: openConversations(options, turns),
    ...openTokens(options, turns),
    block: openBlock(options, turns),
    ...devices,
    acknowledge: acknowledge.add,
    async revoke(account, second) {
      const record: Revoked = { type: 'revoked', account, second }
      await journal.append(record)
    },
    lanes: () => push?.status() ?? [],
    async close() {
      await push?.close()
      await acknowledge.close()
      await deliver.close()
    },
  }
}
