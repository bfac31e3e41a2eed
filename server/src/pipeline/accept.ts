/**
 * Accept: from a call that a door has parsed to a batch in the journal.
 *
 * Every entry's fate is decided here; later stages never fail one. The door
 * has resolved the accounts; what is left is to recognise retries.
 */
import { type Batch, type Content, Trait } from '../domain/batch.ts'
import { Fault } from '../domain/errors.ts'
import { ORDINALS_MAX } from '../domain/place.ts'
import { requireDisk } from './disk.ts'
import { openDuplicates } from './duplicates.ts'
import type { Accepted, PipelineOptions } from './pipeline.ts'

/** A call in our words. The door answers for its fields; see Batch for their meaning. */
export type Call = Omit<Batch, 'type'>

export async function openAccept({ engines, diskReserveBytes }: PipelineOptions) {
  const { journal } = engines
  const duplicates = await openDuplicates(journal)

  return async function accept(call: Call): Promise<Accepted> {
    requireDisk(engines, diskReserveBytes)
    if (call.recipients.length > ORDINALS_MAX) {
      throw new Fault(
        'tooLarge',
        `a batch has at most ${ORDINALS_MAX} entries; ${call.recipients.length} came`,
      )
    }
    const batch: Batch = { type: 'batch', ...call, content: wellFormed(call.content) }
    if ((call.traits & Trait.recognised) !== 0) return duplicates.append(batch)
    return { ...(await append(batch)), repeated: false }
  }

  async function append(batch: Batch) {
    const { place, time } = await journal.append(batch)
    return { place, time, batch }
  }
}

/** Half a surrogate pair becomes U+FFFD now, as it would on its way to the disk: live is as later. */
function wellFormed(content: Content): Content {
  return content.text.isWellFormed() ? content : { ...content, text: content.text.toWellFormed() }
}
