/**
 * Accept: from a call that a door has parsed to a batch in the journal.
 *
 *   records    a call is one record, or a head and parts; series.ts
 *   retries    are recognised by the caller's key, or by what a call says
 *   append     the head, and when it is durable the parts
 *
 * Every entry's fate is decided before the journal has it; later stages never
 * fail one. The door has settled the entries; here fail those that are too large.
 */
import { type Batch, Trait } from '../domain/batch.ts'
import { Fault } from '../domain/errors.ts'
import { ORDINALS_MAX } from '../domain/place.ts'
import { isBatch, type Stored } from '../domain/record.ts'
import type { Columns } from '../template/columns.ts'
import type { Variables } from '../template/columns-of.ts'
import { all } from './all.ts'
import { requireDisk } from './disk.ts'
import { openDuplicates } from './duplicates.ts'
import { openKeys } from './keys.ts'
import type { Accepted, PipelineOptions } from './pipeline.ts'
import { recordsOf } from './series.ts'
import { failTooLarge } from './too-large.ts'

/**
 * A call in our words. The door answers for its fields; see Batch for their meaning. Ordinals are
 * the numbers of entries here, however many there are.
 */
export interface Call extends Omit<Batch, 'type' | 'variables' | 'key' | 'series'> {
  /** Left out: every copy says what `content` does. */
  variables?: CallVariables
  /** The caller's name for this call, scoped by the door; left out: it gave none. */
  key?: string | null
  /** An entry whose rendered content has more bytes than this fails; left out: it may have any size. */
  contentBytesMax?: number
}

export interface CallVariables {
  /** The fields at the top of `content.json` that are templates; null: all are. */
  fields: readonly string[] | null
  /** By entry; one that has none has an empty object. Or as columns, of a call that fits one record. */
  entries: readonly Variables[] | Columns
}

export async function openAccept(options: PipelineOptions) {
  const { engines, diskReserveBytes, batchEntriesMax, now = Date.now } = options
  const { journal, directory } = engines
  // What fits one record is no matter of the setting: doors have limits of their own.
  const entriesMax = Math.max(batchEntriesMax, ORDINALS_MAX)
  const duplicates = await openDuplicates(journal, now)
  const keys = openKeys(engines, now)

  return async function accept(call: Call): Promise<Accepted> {
    requireDisk(engines, diskReserveBytes)
    const { length } = call.recipients
    if (length > entriesMax) {
      throw new Fault('tooLarge', `a batch has at most ${entriesMax} entries; ${length} came`)
    }
    const { key = null } = call
    if (key !== null) {
      const { sender, contentCrc } = call
      return keys.once(
        { key, sender, contentCrc },
        {
          make: () => append(records(call)),
          complete: (head) => complete(head, call),
        },
      )
    }
    const made = records(call)
    // Only whole calls are recognised by what they say: the door that asks for it has small ones.
    if ((call.traits & Trait.recognised) !== 0) return duplicates.append(made[0]!)
    return append(made)
  }

  function records(call: Call): Batch[] {
    const made = recordsOf(call)
    const { contentBytesMax } = call
    return contentBytesMax === undefined
      ? made
      : made.map((record) => failTooLarge(record, contentBytesMax, directory))
  }

  async function append([first, ...parts]: Batch[]): Promise<Accepted> {
    const { place, time, record } = await journal.append(first!)
    await appendParts(place, parts)
    return { place, time, batch: record, repeated: false }
  }

  async function appendParts(head: number, parts: readonly Batch[]): Promise<void> {
    await all(parts.map((part) => journal.append({ ...part, series: { ...part.series!, head } })))
  }

  /** Appends the parts that a crash, or a full disk, has kept from following their head. */
  async function complete({ place, record }: Stored<Batch>, call: Call): Promise<void> {
    const { series } = record
    if (series === null) return
    const parts = directory.parts(place)
    if (parts.length === Math.ceil(series.total / record.recipients.length) - 1) return
    const there = new Set<number>()
    for (const part of await journal.read(parts)) {
      if (part !== null && isBatch(part)) there.add(part.record.series!.first)
    }
    const missing = records(call)
      .slice(1)
      .filter((part) => !there.has(part.series!.first))
    await appendParts(place, missing)
  }
}
