import type { Position } from '../../../domain/place.ts'
import type { Views } from '../../../views/views.ts'
import { positionOf } from '../cursors.ts'
import { described, FieldFault, messageIdKind } from '../fields.ts'

const PAGE_DEFAULT = 50
const PAGE_MAX = 200

/** `limit` of a list. */
export function limitOf(text: string | undefined): number {
  if (text === undefined) return PAGE_DEFAULT
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= PAGE_MAX) return limit
  throw new FieldFault('limit', `a whole number from 1 to ${PAGE_MAX}`, described(text))
}

/** `before` or `after` of a list, or what holds where it is left out. */
export function boundOf(
  field: 'before' | 'after',
  text: string | undefined,
  views: Views,
  otherwise: Position,
): Position {
  if (text === undefined) return otherwise
  if (!messageIdKind.isOf(text)) {
    throw new FieldFault(field, messageIdKind.expected, described(text))
  }
  return positionOf(text, views)
}
