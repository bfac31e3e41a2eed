/**
 * What an index should answer, worked out from scratch whenever it is asked, from an array of
 * copies and an array of marks. Slow, and each line should be obviously right.
 */
import { Trait } from '../../../src/domain/batch.ts'
import { type Position, positionOf } from '../../../src/domain/place.ts'
import type { Stored } from '../../../src/domain/record.ts'
import type { Entry, Listed, Missed, TimelinePage } from '../../../src/engines/index.ts'

interface Copy {
  position: Position
  from: number
  to: number
  traits: number
}

export class Model {
  readonly #copies: Copy[] = []
  readonly #marks: { account: number; peer: number; upTo: Position }[] = []
  readonly #delivered: { account: number; upTo: Position }[] = []

  apply({ place, record }: Stored): void {
    if (record.type === 'batch' && !(record.traits & Trait.onlineOnly)) {
      for (const [ordinal, to] of record.recipients.entries()) {
        if (to === 0) continue
        const { sender: from, traits } = record
        const position = positionOf(place, ordinal)
        this.#copies.push({ position, from, to, traits })
        if (traits & Trait.readsForSender)
          this.#marks.push({ account: from, peer: to, upTo: position })
      }
    }
    if (record.type === 'read' && this.#between(record.reader, record.peer).length > 0) {
      const upTo = record.upTo ?? positionOf(place, 0)
      this.#marks.push({ account: record.reader, peer: record.peer, upTo })
    }
    if (record.type === 'delivered') {
      record.accounts.forEach((account, i) => {
        this.#delivered.push({ account, upTo: record.upTo[i]! })
      })
    }
  }

  get copies(): number {
    return this.#copies.length
  }

  get positions(): Position[] {
    return this.#copies.map(({ position }) => position)
  }

  unread(account: number, peer: number): number {
    return this.#unreadCopies(account).filter(({ from }) => from === peer).length
  }

  totals(account: number): { unread: number; badge: number } {
    const unread = this.#unreadCopies(account)
    const badge = unread.filter(({ traits }) => !(traits & Trait.unbadged))
    return { unread: unread.length, badge: badge.length }
  }

  mark(account: number, peer: number): Position {
    const marks = this.#marks.filter((mark) => mark.account === account && mark.peer === peer)
    return Math.max(0, ...marks.map(({ upTo }) => upTo))
  }

  delivered(account: number): Position {
    const marks = this.#delivered.filter((mark) => mark.account === account)
    return Math.max(0, ...marks.map(({ upTo }) => upTo))
  }

  timeline(account: number, peer: number, page: TimelinePage): Entry[] {
    const copies = this.#between(account, peer)
      .filter((copy) => copy.to === account || !(copy.traits & Trait.hiddenFromSender))
      .filter(({ position }) => position > page.after && position < page.before)
      .sort((a, b) => (page.order === 'newest' ? b.position - a.position : a.position - b.position))
    return copies.slice(0, page.limit).map(({ position, from, to, traits }) => ({
      position,
      outgoing: from === account,
      counted: from !== to && !(traits & Trait.uncounted),
    }))
  }

  missed(account: number, after: Position, limit: number): Missed[] {
    return this.#copies
      .filter(({ to, position }) => to === account && position > after)
      .sort((a, b) => a.position - b.position)
      .slice(0, limit)
      .map(({ position, from }) => ({ position, peer: from }))
  }

  conversations(account: number, { before, limit }: { before: Position; limit: number }): Listed[] {
    const peers = new Set(
      this.#copies.flatMap(({ from, to }) =>
        from === account ? [to] : to === account ? [from] : [],
      ),
    )
    return [...peers]
      .flatMap((peer) => {
        const moving = this.#between(account, peer).filter(({ from, to, traits }) =>
          from === account
            ? to === account || !(traits & Trait.hiddenFromSender)
            : !(traits & Trait.unlisted),
        )
        if (moving.length === 0) return []
        const newest = Math.max(...moving.map(({ position }) => position))
        return [{ peer, newest, unread: this.unread(account, peer) }]
      })
      .filter(({ newest }) => newest < before)
      .sort((a, b) => b.newest - a.newest)
      .slice(0, limit)
  }

  #between(account: number, peer: number): Copy[] {
    return this.#copies.filter(
      ({ from, to }) => (from === account && to === peer) || (from === peer && to === account),
    )
  }

  #unreadCopies(account: number): Copy[] {
    return this.#copies.filter(
      ({ from, to, traits, position }) =>
        to === account &&
        from !== account &&
        !(traits & Trait.uncounted) &&
        position > this.mark(account, from),
    )
  }
}
