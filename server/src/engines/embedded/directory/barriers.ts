import { Barrier } from '../../directory.ts'
import type { Tables } from './tables/tables.ts'

/** See Directory. Hardly any two accounts have a barrier, which sieves of the tables tell. */
export function findBarriers(
  { blocks, conversations }: Tables,
  account: number,
  others: Int32Array,
  into: Uint8Array,
): void {
  for (let i = 0; i < others.length; i += 1) {
    const other = others[i]!
    if (conversations.isFrozen(Math.min(account, other), Math.max(account, other))) {
      into[i] = Barrier.frozen
    } else if (blocks.has(other, account) || blocks.has(account, other)) {
      into[i] = Barrier.blocked
    } else {
      into[i] = Barrier.none
    }
  }
}
