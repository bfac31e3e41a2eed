/** Change: copies of one record are taken back, or say something else from now on. */
import { type Batch, Trait } from '../domain/batch.ts'
import { positionOf } from '../domain/place.ts'
import { isBatch, type Overlay, type Stored } from '../domain/record.ts'
import { requireDisk } from './disk.ts'
import type { Changed, MessageChange, PipelineOptions } from './pipeline.ts'
import type { Turns } from './turns.ts'
import { wellFormed } from './well-formed.ts'

export function openChange(options: PipelineOptions, turns: Turns) {
  const { engines, diskReserveBytes, now = Date.now } = options
  const { journal, directory } = engines

  return function change(wanted: MessageChange): Promise<Changed> {
    return turns.take(`record ${wanted.place}`, async () => {
      const [stored] = await journal.read([wanted.place])
      const ordinals = stored == null || !isBatch(stored) ? [] : changeable(stored, wanted)
      if (ordinals.length === 0) return { time: now(), ordinals }
      requireDisk(engines, diskReserveBytes)
      const { time } = await journal.append(
        overlayOf((stored as Stored<Batch>).record, wanted, ordinals),
      )
      return { time, ordinals }
    })
  }

  /** A copy that was recalled stays so, and one that only open screens got is gone. */
  function changeable({ place, record }: Stored<Batch>, { ordinals }: MessageChange): number[] {
    if ((record.traits & Trait.onlineOnly) !== 0) return []
    const copies = [...new Set(ordinals)]
      .filter((ordinal) => (record.recipients[ordinal] ?? 0) !== 0)
      .sort((a, b) => a - b)
    const overlaid = directory.overlays(copies.map((ordinal) => positionOf(place, ordinal)))
    return copies.filter((_, i) => overlaid[i]?.change !== 'recall')
  }
}

function overlayOf(
  { sender, traits, recipients }: Batch,
  { place, by, content }: MessageChange,
  ordinals: readonly number[],
): Overlay {
  return {
    type: 'overlay',
    change: content === null ? 'recall' : 'edit',
    by,
    place,
    ordinals: Uint32Array.from(ordinals),
    sender,
    traits,
    recipients: Int32Array.from(ordinals, (ordinal) => recipients[ordinal]!),
    content: content === null ? null : wellFormed(content),
  }
}
