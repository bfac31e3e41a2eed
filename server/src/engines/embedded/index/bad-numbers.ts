import { ACCOUNT_NUMBER_MAX, NOBODY } from '../../../domain/account.ts'
import { GROUP_NUMBER_MAX, groupPeer, type Peer } from '../../../domain/peer.ts'

export function refuseBadAccount(account: number): void {
  if (account > NOBODY && account <= ACCOUNT_NUMBER_MAX) return
  throw new RangeError(`a record names account ${account}, not one from 1 to ${ACCOUNT_NUMBER_MAX}`)
}

export function refuseBadGroup(group: Peer): void {
  if (group < 0 && group >= groupPeer(GROUP_NUMBER_MAX)) return
  throw new RangeError(`a record names group ${-group}, not one from 1 to ${GROUP_NUMBER_MAX}`)
}
