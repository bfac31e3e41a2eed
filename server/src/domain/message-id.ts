/**
 * Message ids are computed, never allocated: 24 lower-case hex characters,
 *
 *   generation (16 bits) · place (48 bits) · ordinal (32 bits)
 *
 * so they sort by creation as plain strings, open their record with one seek,
 * and a repeated step makes the same ids. The generation rises when a folder
 * is restored from a backup: what was given out after the backup is then
 * recognised, and never given twice.
 *
 * A cursor has the same form. It says "everything up to here has been seen".
 */
import {
  ORDINALS_MAX,
  PLACE_MAX,
  PLACE_STEP,
  type Place,
  type Position,
  placeOf,
  positionOf,
} from './place.ts'

/** The part of an id that all copies of one record share: its first 16 characters. */
export function idPrefix(generation: number, place: Place): string {
  return generation.toString(16).padStart(4, '0') + place.toString(16).padStart(12, '0')
}

/** The rest of an id: 8 characters. */
export function idSuffix(ordinal: number): string {
  return ordinal.toString(16).padStart(8, '0')
}

export function messageId(generation: number, position: Position): string {
  return idPrefix(generation, placeOf(position)) + idSuffix(position % ORDINALS_MAX)
}

/** Reads an id or a cursor. Null: not of this form. */
export function parseMessageId(id: string): { generation: number; position: Position } | null {
  if (!/^[0-9a-f]{24}$/.test(id)) return null
  const generation = Number.parseInt(id.slice(0, 4), 16)
  const place = Number.parseInt(id.slice(4, 16), 16)
  const ordinal = Number.parseInt(id.slice(16), 16)
  if (place > PLACE_MAX || place % PLACE_STEP !== 0 || ordinal >= ORDINALS_MAX) return null
  return { generation, position: positionOf(place, ordinal) }
}
