import type { Place } from '../../../domain/place.ts'
import type { Samples } from './samples.ts'
import type { Segments } from './segments.ts'
import { walkGroups } from './walk.ts'

/** A sample and some more. */
const READ_BYTES = 128 * 1024

export interface Damage {
  place: Place
  detail: string
}

/**
 * Is the journal damaged where `place` lies? Null: it is whole, and no record stands there: the
 * place was made up. Reads at most a sample and a group.
 */
export async function damageAround(
  place: Place,
  end: Place,
  segments: Segments,
  samples: Samples,
): Promise<Damage | null> {
  const base = segments.baseOf(place)
  const from = samples.groupBefore(place)
  if (base === null || from === null || from < base) return null

  const to = segments.baseAfter(place) ?? end
  const path = segments.path(base)
  const groups = walkGroups({ path, base, from, to, previous: null, readBytes: READ_BYTES })
  for (;;) {
    const step = await groups.next()
    if (step.done) {
      const { fault, place: at } = step.value
      return fault === null ? null : { place: at, detail: fault.detail }
    }
    if (step.value.place + step.value.length > place) {
      await groups.return({ place, seal: null, fault: null })
      return null
    }
  }
}
