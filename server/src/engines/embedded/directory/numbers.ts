import { NOBODY } from '../../../domain/account.ts'
import type { Peer } from '../../../domain/peer.ts'
import type { JournalRecord } from '../../../domain/record.ts'
import type { IdTable } from './id-table.ts'

/**
 * Numbers are never given twice. Of an account or group whose own record was lost to damage,
 * others still speak: its number has been given too.
 */
export class Numbers {
  readonly #ids: IdTable
  #nextGroup: number

  constructor(ids: IdTable, next: { next: number; nextGroup: number }) {
    this.#ids = ids
    this.#nextGroup = next.nextGroup
    ids.reserve(next.next - 1)
  }

  get next(): number {
    return this.#ids.nextNumber
  }

  get nextGroup(): number {
    return this.#nextGroup
  }

  reserve(record: JournalRecord): void {
    switch (record.type) {
      case 'accounts':
        for (const { number } of record.accounts) this.#reserve(number)
        break
      case 'batch':
        this.#reserve(record.sender)
        this.#reserveAll(record.recipients)
        break
      case 'delivered':
        this.#reserveAll(record.accounts)
        break
      case 'read':
        this.#reserveTwo(record.reader, record.peer)
        break
      case 'conversation':
        this.#reserveTwo(...record.conversation)
        this.#reserve(record.description?.owner ?? NOBODY)
        this.#reserveAll(record.joined)
        this.#reserveAll(record.left)
        break
      case 'overlay':
        this.#reserveTwo(record.by, record.sender)
        this.#reserveAll(record.recipients)
        break
      case 'block':
        this.#reserveTwo(record.blocker, record.blocked)
        break
      case 'revoked':
      case 'tokens':
      case 'device':
        this.#reserve(record.account)
        break
      case 'outcomes':
        for (const { account } of record.results) this.#reserve(account)
        break
    }
  }

  #reserveTwo(first: Peer, second: Peer): void {
    this.#reserve(first)
    this.#reserve(second)
  }

  #reserveAll(peers: Uint32Array | Int32Array): void {
    let highest = 0
    let lowest = 0
    for (let i = 0; i < peers.length; i += 1) {
      const peer = peers[i]!
      if (peer > highest) highest = peer
      else if (peer < lowest) lowest = peer
    }
    this.#reserve(highest)
    this.#reserve(lowest)
  }

  #reserve(peer: Peer): void {
    if (peer >= 0) this.#ids.reserve(peer)
    else if (-peer >= this.#nextGroup) this.#nextGroup = 1 - peer
  }
}
