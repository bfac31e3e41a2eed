/**
 * Where things stand.
 *
 * A *place* is where a record stands in the journal. It orders everything,
 * rises from record to record, and means nothing else outside the engines.
 * It is a multiple of 8 below 2^44, so that a *position*, which is a place and
 * an ordinal within its record, still fits a JavaScript number exactly.
 * The journal of one server may therefore grow to 17.6 TB.
 */
export type Place = number

/** A copy's standing: place × 512 + ordinal. Positions sort as messages do. */
export type Position = number

/** No record touches more slots than this; ordinals go from 0 to 4,095. */
export const ORDINALS_MAX = 4096

export const PLACE_STEP = 8
export const PLACE_MAX: Place = 2 ** 44 - PLACE_STEP

/** A position after every other. */
export const END: Position = Number.MAX_SAFE_INTEGER

/** The position of an entry of the record at `place`. */
export function positionOf(place: Place, ordinal: number): Position {
  return place * 512 + ordinal
}

/** The place of the record in which a position lies. */
export function placeOf(position: Position): Place {
  return Math.floor(position / ORDINALS_MAX) * PLACE_STEP
}

/** The ordinal within the record in which a position lies. */
export function ordinalOf(position: Position): number {
  return position % ORDINALS_MAX
}

/** The last position that the record at `place` can hold. */
export function lastPositionOf(place: Place): Position {
  return positionOf(place, ORDINALS_MAX - 1)
}
