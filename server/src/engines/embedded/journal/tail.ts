import type { Place } from '../../../domain/place.ts'
import { readAt } from './files.ts'
import { decodeGroupHeader, GROUP_HEADER_BYTES } from './layout.ts'
import { findGroup, type WalkFault } from './walk.ts'

export interface Tail {
  /** The last segment's file. */
  file: number
  base: Place
  /** Where the walk of the last segment stopped. */
  from: Place
  /** Where the file ends. */
  to: Place
}

/**
 * The last segment has bytes that are not a good group. What a crash can leave behind is the
 * beginning of one group, or pieces of it, because a group is written only when the one before it
 * is durable. That is a torn tail: nobody was told of it, and it may be cut.
 *
 * Everything else was durable once. Null: a torn tail; else why it is not.
 */
export async function whyDamaged(tail: Tail, fault: WalkFault): Promise<string | null> {
  if (fault.kind === 'misplaced') return fault.detail
  const length = await intactLength(tail)
  if (length !== null && tail.from + length < tail.to) {
    return `${fault.detail}, and more was written after it`
  }
  const good = await findGroup(tail.file, { ...tail, from: tail.from + 8 })
  return good && `${fault.detail}, and a good one stands after it at place ${good.place}`
}

/** The length that the broken group gives itself; null: its header is broken too. */
export async function intactLength({ file, base, from }: Omit<Tail, 'to'>): Promise<number | null> {
  const bytes = Buffer.alloc(GROUP_HEADER_BYTES)
  const length = await readAt(file, bytes, bytes.length, from - base)
  const header = decodeGroupHeader(bytes.subarray(0, length), 0, from)
  return typeof header === 'string' ? null : header.length
}
