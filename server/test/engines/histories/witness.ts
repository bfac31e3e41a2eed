/**
 * A set of engines, and the records of the history as its journal has them.
 */
import {
  END,
  ordinalOf,
  PLACE_MAX,
  type Place,
  type Position,
  placeOf,
  positionOf,
} from '../../../src/domain/place.ts'
import { isBatch, type JournalRecord, type Stored } from '../../../src/domain/record.ts'
import { connect } from '../../../src/engines/conformance/engines.ts'
import {
  accounts,
  batch,
  block,
  conversation,
  delivered,
  gone,
  outcomes,
  overlay,
  read,
  registered,
  revoked,
  tokens,
} from '../../../src/engines/conformance/subject.ts'
import type { Engines } from '../../../src/engines/engines.ts'
import type { Event, Point } from './events.ts'

export class Witness {
  readonly engines: Engines
  readonly records: Stored[]
  readonly #numbers: Map<Place, number>

  constructor(engines: Engines, before?: Witness) {
    this.engines = engines
    this.records = before?.records ?? []
    this.#numbers = before ? before.#numbers : new Map()
    connect(engines)
  }

  appendAll(records: readonly JournalRecord[]): Promise<Stored[]> {
    return Promise.all(records.map((record) => this.engines.journal.append(record)))
  }

  sees(records: readonly Stored[]): void {
    for (const stored of records) {
      this.#numbers.set(stored.place, this.records.length)
      this.records.push(stored)
    }
  }

  /** What happened, with the positions of this journal. */
  recordsOf(events: readonly Event[]): JournalRecord[] {
    return events.map((event) => this.#recordOf(event))
  }

  #recordOf(event: Event): JournalRecord {
    switch (event.type) {
      case 'batch': {
        const head = event.headBack === null ? null : this.#batch(event.headBack)
        const series = head && { head: head.place, first: 10, total: 20 }
        return batch(event.sender, event.to, event.traits, { key: event.key, series })
      }
      case 'accounts':
        return accounts(...event.changes)
      case 'revoked':
        return revoked(event.account, event.second)
      case 'read':
        return read(event.reader, event.peer, this.#upTo(event))
      case 'delivered':
        return delivered(...event.marks.map(([one, upTo]) => [one, this.at(upTo)] as const))
      case 'group': {
        const { group, id, joined, left } = event
        return conversation([group, 0], id === null ? null : { id }, joined, left)
      }
      case 'pair':
        return conversation(event.pair, { id: event.id })
      case 'overlay': {
        const stored = this.#batch(event.batchBack) ?? { place: PLACE_MAX, record: batch(1, [2]) }
        const { recipients } = stored.record
        const ordinals = event.ordinals.filter((ordinal) => ordinal < recipients.length)
        const says = event.says === null ? null : { ...stored.record.content, json: event.says }
        return overlay(stored, ordinals, says, event.by)
      }
      case 'tokens':
        return tokens(event.account, event.given, event.taken)
      case 'block':
        return block(event.blocker, event.blocked, event.isOn)
      case 'device': {
        const { account, isGone, way, id, token } = event
        return (isGone ? gone : registered)(account, { way, id, token })
      }
      case 'outcomes': {
        const batches = event.batchesBack.flatMap((back) => this.#batch(back) ?? [])
        const results = batches.map(({ place }, n) => ({ position: positionOf(place, n) }))
        return outcomes(event.way, this.at(event.upTo), ...results)
      }
    }
  }

  /** The nth newest batch; null: there are not so many. */
  #batch(back: number) {
    return this.records.filter(isBatch).at(-1 - back) ?? null
  }

  #upTo({ reader, peer, upTo }: Event & { type: 'read' }): Position | null {
    if (upTo === null || typeof upTo === 'string' || !('copy' in upTo)) return upTo && this.at(upTo)
    let left = upTo.copy
    for (const { place, record } of this.records.toReversed()) {
      if (record.type !== 'batch' || record.sender !== peer) continue
      for (let ordinal = record.recipients.length - 1; ordinal >= 0; ordinal -= 1) {
        if (record.recipients[ordinal] === reader && left-- === 0) return positionOf(place, ordinal)
      }
    }
    return 0
  }

  /** A record without the positions of this journal. */
  plain({ record, time }: Stored): unknown {
    const name = (position: Position) => this.name(position)
    if (record.type === 'read') return { ...record, time, upTo: record.upTo && name(record.upTo) }
    if (record.type === 'delivered') return { ...record, time, upTo: Array.from(record.upTo, name) }
    if (record.type === 'overlay')
      return { ...record, time, place: name(positionOf(record.place, 0)) }
    if (record.type === 'outcomes') {
      const results = record.results.map((result) => ({
        ...result,
        position: name(result.position),
      }))
      return { ...record, time, upTo: name(record.upTo), results }
    }
    if (record.type === 'batch' && record.series?.head) {
      return { ...record, time, series: name(positionOf(record.series.head, 0)) }
    }
    return { ...record, time }
  }

  at(point: Point): Position {
    if (point === 'start') return 0
    if (point === 'end') return END
    const stored = this.records[this.records.length - 1 - point.back]
    return stored === undefined ? 0 : positionOf(stored.place, point.ordinal)
  }

  name(position: Position): string {
    const number = this.#numbers.get(placeOf(position))
    return number === undefined ? `${position}` : `${number}.${ordinalOf(position)}`
  }
}
