import type { Stored } from '../../../domain/record.ts'
import { applyBatch } from './apply-batch.ts'
import { applyMembership } from './apply-membership.ts'
import { applyDelivered, applyRead } from './apply-read.ts'
import { applyRecall } from './apply-recall.ts'
import type { State } from './state.ts'

/** Does what a record says. Done again, it changes nothing. Returns how many entries that was. */
export function applyRecord(state: State, { place, record }: Stored): number {
  switch (record.type) {
    case 'batch':
      applyBatch(state, place, record)
      return record.recipients.length
    case 'read':
      applyRead(state, place, record)
      return 1
    case 'delivered':
      applyDelivered(state, record)
      return record.accounts.length
    case 'conversation':
      applyMembership(state, place, record)
      return record.joined.length + record.left.length
    case 'overlay':
      if (record.change !== 'recall') return 0
      applyRecall(state, place, record)
      return record.ordinals.length
    case 'accounts':
    case 'revoked':
    case 'tokens':
    case 'block':
    case 'device':
    case 'outcomes':
      return 0
  }
}
