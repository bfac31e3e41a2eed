/** Messages as they stand: what the journal has, rendered, and what became of it later. */
import { NOBODY } from '../domain/account.ts'
import { type Message, messageOf } from '../domain/message.ts'
import { ordinalOf, type Position, placeOf } from '../domain/place.ts'
import { isBatch } from '../domain/record.ts'
import type { Overlaid } from '../engines/directory.ts'
import type { Engines } from '../engines/engines.ts'
import { contentAt } from '../template/contents.ts'

/**
 * Opens the copies at these positions, in this order. Null: what stands there
 * does not match its checksum, or there is no copy.
 */
export async function openMessages(
  { journal, directory }: Pick<Engines, 'journal' | 'directory'>,
  positions: readonly Position[],
): Promise<(Message | null)[]> {
  const records = await journal.read(positions.map(placeOf))
  const overlaid = directory.overlays(positions)
  return positions.map((position, i) => {
    const stored = records[i]
    if (stored == null || !isBatch(stored)) return null
    const ordinal = ordinalOf(position)
    const recipient = stored.record.recipients[ordinal] ?? NOBODY
    if (recipient === NOBODY) return null
    const says = saidLater(overlaid[i]) ?? {
      content: contentAt(stored.record, ordinal),
      changedAt: null,
    }
    return messageOf(stored, ordinal, says)
  })
}

function saidLater(overlaid: Overlaid | null | undefined) {
  return overlaid == null ? null : { content: overlaid.content, changedAt: overlaid.time }
}
