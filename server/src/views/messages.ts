import { NOBODY } from '../domain/account.ts'
import { type Message, messageOf } from '../domain/message.ts'
import { ordinalOf, type Position, placeOf } from '../domain/place.ts'
import { isBatch } from '../domain/record.ts'
import type { Journal } from '../engines/journal.ts'

/**
 * Opens the copies at these positions, in this order. Null: what stands there
 * does not match its checksum, or there is no copy.
 */
export async function openMessages(
  journal: Journal,
  positions: readonly Position[],
): Promise<(Message | null)[]> {
  const records = await journal.read(positions.map(placeOf))
  return positions.map((position, i) => {
    const stored = records[i]
    if (stored == null || !isBatch(stored)) return null
    const ordinal = ordinalOf(position)
    const recipient = stored.record.recipients[ordinal] ?? NOBODY
    return recipient === NOBODY ? null : messageOf(stored, ordinal)
  })
}
