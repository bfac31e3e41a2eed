import { Trait } from '../../../domain/batch.ts'
import type { Message } from '../../../domain/message.ts'
import { idPrefix, idSuffix, parseMessageId } from '../../../domain/message-id.ts'
import { type Place, placeOf } from '../../../domain/place.ts'

/** The id of a batch: like that of a message which it cannot have. */
export function batchId(generation: number, head: Place): string {
  return `${idPrefix(generation, head)}${SUFFIX}`
}

/** The id of the batch of a message; null: it came alone. */
export function batchIdOf({ batch, position }: Message, generation: number): string | null {
  const cameAsBatch = (batch.traits & Trait.batched) !== 0 || batch.content.format === 'tim'
  return cameAsBatch ? batchId(generation, batch.series?.head ?? placeOf(position)) : null
}

/** The place of the batch that has this id; null: none of this server can. */
export function headOf(id: string, generation: number): Place | null {
  if (!id.endsWith(SUFFIX)) return null
  const parsed = parseMessageId(`${id.slice(0, -SUFFIX.length)}${idSuffix(0)}`)
  return parsed?.generation === generation ? placeOf(parsed.position) : null
}

const SUFFIX = 'ffffffff'
