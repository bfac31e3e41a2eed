/**
 * The way of a batch, from a request to every recipient's screen.
 *
 *   accept ─▶ journal (synced) ─▶ index ─▶ deliver
 *                                   └────▶ "OK"
 *
 * The caller hears "OK" only after the sync and the index: what was
 * acknowledged is durable, and the next call reads it back. A stage may meet
 * its last record again and gives the same result. The stages do not call one
 * another; you always return to this file.
 */
import type { Batch } from '../domain/batch.ts'
import type { Place, Position } from '../domain/place.ts'
import type { Revoked, Stored } from '../domain/record.ts'
import type { Engines } from '../engines/engines.ts'
import { type Call, openAccept } from './accept.ts'
import { openAcknowledge } from './acknowledge.ts'
import type { Audience } from './audience.ts'
import { openDeliver } from './deliver.ts'
import { type Imported, type NewAccount, openImport } from './import.ts'
import { openRead } from './read.ts'

export interface Pipeline {
  /** Makes a batch of a call. Resolves when it is durable and readable. */
  accept(call: Call): Promise<Accepted>
  /** Makes accounts known, or changes their profiles. Resolves when that is durable and readable. */
  importAccounts(accounts: readonly NewAccount[]): Promise<Imported>
  /** Marks a conversation read for `reader`, up to a position that is included; null: all of it. */
  markRead(reader: number, peer: number, upTo: Position | null): Promise<void>
  /** A terminal of the account has received everything up to a position. Journalled within a second. */
  acknowledge(account: number, upTo: Position): void
  /** Voids all credentials of the account signed up to a second, and ends its terminals. */
  revoke(account: number, second: number): Promise<void>
  /** Writes down what is still only in memory. */
  close(): Promise<void>
}

export interface Accepted {
  place: Place
  /** Unix time, milliseconds. */
  time: number
  batch: Batch
  /** Every copy had been accepted before: place, time and batch are those of the earlier call. */
  repeated: boolean
}

export interface PipelineOptions {
  engines: Engines
  audience: Audience
  /** Free bytes under which nothing is accepted any more. */
  diskReserveBytes: number
  /** How many accounts there may be; 0: any number. */
  accountsMax: number
  /** Hears of every batch that became durable, for metrics. */
  onDurable?: (batch: Batch) => void
}

export async function openPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { engines, audience, onDurable } = options
  const { journal, index, directory } = engines
  const deliver = openDeliver(engines, audience)

  journal.follow((group: readonly Stored[]) => {
    for (const stored of group) {
      directory.apply(stored)
      index.apply(stored)
    }
    deliver(group)
    if (onDurable) for (const { record } of group) if (record.type === 'batch') onDurable(record)
  })

  const accept = await openAccept(options)
  const importAccounts = openImport(options)
  const acknowledge = openAcknowledge(journal, index)

  return {
    accept,
    importAccounts,
    markRead: openRead(options),
    acknowledge: acknowledge.add,
    async revoke(account, second) {
      const record: Revoked = { type: 'revoked', account, second }
      await journal.append(record)
    },
    close: acknowledge.close,
  }
}
