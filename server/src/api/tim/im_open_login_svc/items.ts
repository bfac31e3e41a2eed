import { type Fields, unexpected } from '../fields.ts'

const ITEMS_MAX = 100

/** An array of 1 to 100 items. */
export function parseItems(fields: Fields, name: string): readonly unknown[] {
  const items = fields[name]
  if (Array.isArray(items) && items.length > 0 && items.length <= ITEMS_MAX) return items
  throw unexpected(70402, name, `an array of 1 to ${ITEMS_MAX} items`, items)
}
