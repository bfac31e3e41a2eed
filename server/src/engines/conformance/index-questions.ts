/**
 * What is asked of an index in many tests.
 */
import { END } from '../../domain/place.ts'
import type { Difference, Index } from '../index.ts'

export const ALICE = 7
export const BOB = 3
export const CAROL = 11

export type Order = 'newest' | 'oldest'

export function newest(index: Index, account: number, peer: number, limit = 1000) {
  return index.timeline(account, peer, { after: 0, before: END, limit, order: 'newest' })
}

export function listOf(index: Index, account: number) {
  return index.conversations(account, { before: END, limit: 1000 })
}

export async function differences(index: Index): Promise<Difference[]> {
  const found: Difference[] = []
  for await (const difference of index.recount()) found.push(difference)
  return found
}
