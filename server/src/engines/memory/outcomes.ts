import { type Place, type Position, placeOf } from '../../domain/place.ts'
import type { Outcomes } from '../../domain/record.ts'

/** The outcomes of a directory of plain objects: how far each way is, and where they stand. */
export function openMemoryOutcomes() {
  const upTo = new Map<Outcomes['way'], Position>()
  const places = new Map<Place, Set<Place>>()

  return {
    add(record: Outcomes, place: Place): void {
      upTo.set(record.way, Math.max(upTo.get(record.way) ?? 0, record.upTo))
      for (const { position } of record.results) {
        const batch = placeOf(position)
        places.set(batch, (places.get(batch) ?? new Set()).add(place))
      }
    },
    upTo: (way: Outcomes['way']): Position => upTo.get(way) ?? 0,
    of: (batch: Place): Place[] => [...(places.get(batch) ?? [])],
  }
}
