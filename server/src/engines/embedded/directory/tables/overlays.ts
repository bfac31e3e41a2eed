import type { Database } from 'better-sqlite3'
import type { Content } from '../../../../domain/batch.ts'
import { ORDINALS_MAX, type Place, placeOf, positionOf } from '../../../../domain/place.ts'
import type { Overlay } from '../../../../domain/record.ts'
import type { Overlaid } from '../../../directory.ts'
import { brokenRow, DirectoryDamage } from '../database.ts'
import { sealOf } from '../seals.ts'
import { openInsert } from './insert.ts'
import { hashOfPlace, Sieve } from './sieve.ts'

export interface OverlayChange extends Overlay {
  /** Where the overlay itself stands. */
  at: Place
  time: number
}

type CopyRow = [position: number, overlay: Place, seal: number]

type OverlayRow = [
  change: Overlay['change'],
  by: number,
  time: number,
  format: Content['format'] | null,
  json: string | null,
  text: string | null,
  seal: number,
]

/**
 * A row for every overlay, and one for every copy that says which overlay was its last: a recall of
 * 4,096 copies says once who took them back. Asked for every message of every page: see sieve.ts.
 *
 * The two are read one after the other: SQLite plans a join anew for every value that it is asked
 * for, which takes ten times as long as the rows.
 */
export function openOverlays(database: Database) {
  const select = (where: string) =>
    database
      .prepare<number[], CopyRow>(`select position, overlay, seal from overlaid where ${where}`)
      .raw()
  const byPosition = select('position = ?')
  const between = select('position between ? and ?')
  const byPlace = database
    .prepare<[Place], OverlayRow>(
      `select change, changed_by, time, content_format, content_json, content_text, seal
         from overlay where place = ?`,
    )
    .raw()
  const insert = database.prepare(
    `insert into overlay (place, change, changed_by, time, content_format, content_json,
                          content_text, seal) values (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const into = 'insert or replace into overlaid (position, overlay, seal)'
  const copies = openInsert(database, into, 3, '(?, ?, ?)')
  const records = database
    .prepare<[], number>(`select distinct position / ${ORDINALS_MAX} from overlaid`)
    .pluck()
    .all()
  const places = new Sieve(records.length)
  for (const record of records) places.add(hashOfPlace(placeOf(record * ORDINALS_MAX)))

  /** The last one that was read: the copies of a page often share it, and it never changes. */
  let latest: { place: Place; overlaid: Overlaid } | null = null

  function read([position, place, seal]: CopyRow): Overlaid {
    if (seal !== sealOf(position, place)) throw brokenRow(`the overlay of ${position}`)
    if (latest?.place !== place) latest = { place, overlaid: overlaidBy(place) }
    return latest.overlaid
  }

  function overlaidBy(place: Place): Overlaid {
    const row = byPlace.get(place)
    if (row === undefined)
      throw new DirectoryDamage(`the row of the overlay at ${place} is missing`)
    const [change, by, time, format, json, text, seal] = row
    if (seal !== sealOf(place, change, by, time, format, json, text)) {
      throw brokenRow(`the overlay at ${place}`)
    }
    const content = format === null ? null : { format, json: json!, text: text! }
    return { change, by, time, content }
  }

  /** Those of the copies that may still change. */
  function changeable({ place, ordinals }: OverlayChange): Uint32Array {
    if (!places.mayHave(hashOfPlace(place))) return ordinals
    const [from, to] = [positionOf(place, ordinals[0]!), positionOf(place, ordinals.at(-1)!)]
    const recalled = new Set<number>()
    for (const row of between.all(from, to)) {
      if (read(row).change === 'recall') recalled.add(row[0])
    }
    return ordinals.filter((ordinal) => !recalled.has(positionOf(place, ordinal)))
  }

  return {
    /** A recall is final: what comes after it changes nothing. */
    write(record: OverlayChange): void {
      const { at, place, change, by, time, content, ordinals } = record
      if (ordinals.length === 0) return
      const changing = changeable(record)
      if (changing.length === 0) return
      const { format, json, text } = content ?? { format: null, json: null, text: null }
      const seal = sealOf(at, change, by, time, format, json, text)
      insert.run(at, change, by, time, format, json, text, seal)
      for (const ordinal of changing) {
        const position = positionOf(place, ordinal)
        copies.add(position, at, sealOf(position, at))
      }
      copies.finish()
      places.add(hashOfPlace(place))
    },

    find(position: number): Overlaid | null {
      if (!places.mayHave(hashOfPlace(placeOf(position)))) return null
      const row = byPosition.get(position)
      return row === undefined ? null : read(row)
    },
  }
}
