import type { Database } from 'better-sqlite3'
import type { Place, Position } from '../../../../domain/place.ts'
import type { Outcomes } from '../../../../domain/record.ts'
import { brokenRow } from '../database.ts'
import { sealOf } from '../seals.ts'
import { openInsert } from './insert.ts'

export interface OutcomesChange extends Pick<Outcomes, 'type' | 'way' | 'upTo'> {
  /** The records of which they speak, each once. */
  batches: readonly Place[]
  /** Where the outcomes themselves stand. */
  place: Place
}

/** How far each way is, and where the outcomes of a batch stand: what they say is in the journal. */
export function openOutcomes(database: Database) {
  const selectWay = database
    .prepare<[string], [upTo: Position, seal: number]>(
      'select up_to, seal from pushed where way = ?',
    )
    .raw()
  const putWay = database.prepare(
    'insert or replace into pushed (way, up_to, seal) values (?, ?, ?)',
  )
  const selectPlaces = database
    .prepare<[Place], [place: Place, seal: number]>(
      'select place, seal from batch_outcome where batch = ? order by place',
    )
    .raw()
  const into = 'insert into batch_outcome (batch, place, seal)'
  const places = openInsert(database, into, 3, '(?, ?, ?)')

  function upTo(way: Outcomes['way']): Position {
    const row = selectWay.get(way)
    if (row === undefined) return 0
    const [position, seal] = row
    if (seal !== sealOf(way, position)) throw brokenRow(`the notifications of the way ${way}`)
    return position
  }

  return {
    upTo,

    write({ way, upTo: to, batches, place }: OutcomesChange): void {
      if (to > upTo(way)) putWay.run(way, to, sealOf(way, to))
      for (const batch of batches) places.add(batch, place, sealOf(batch, place))
      places.finish()
    },

    of: (batch: Place): Place[] =>
      selectPlaces.all(batch).map(([place, seal]) => {
        if (seal !== sealOf(batch, place)) throw brokenRow(`the outcomes at ${place}`)
        return place
      }),
  }
}
