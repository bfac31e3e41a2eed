import type { Database } from 'better-sqlite3'
import type { Place } from '../../../../domain/place.ts'
import { KEYED_FOR_MS } from '../../../directory.ts'
import { brokenRow } from '../database.ts'
import { sealOf } from '../seals.ts'

/** What is kept of the batches that bear a key, and of those that need several records. */
export type BatchChange = BatchKeyed | BatchPart

interface BatchKeyed {
  type: 'keyed'
  key: string
  place: Place
  time: number
}

interface BatchPart {
  type: 'part'
  head: Place
  place: Place
}

/** Old keys that a new one takes with it: more than one, so that they become fewer. */
const FORGOTTEN_AT_ONCE = 16

export function openBatches(database: Database) {
  const selectKey = database
    .prepare<[string], [place: Place, time: number, seal: number]>(
      'select place, time, seal from batch_key where key = ?',
    )
    .raw()
  const putKey = database.prepare<[string, Place, number, number]>(
    'insert or replace into batch_key (key, place, time, seal) values (?, ?, ?, ?)',
  )
  const selectOld = database
    .prepare<[number], number>('select place from batch_key where time < ? limit 1')
    .pluck()
  const forget = database.prepare<[number]>(
    `delete from batch_key where key in
       (select key from batch_key where time < ? order by time limit ${FORGOTTEN_AT_ONCE})`,
  )
  const selectParts = database
    .prepare<[Place], [place: Place, seal: number]>(
      'select place, seal from batch_part where head = ? order by place',
    )
    .raw()
  const putPart = database.prepare<[Place, Place, number]>(
    'insert into batch_part (head, place, seal) values (?, ?, ?)',
  )

  function find(key: string): Place | null {
    const row = selectKey.get(key)
    if (row === undefined) return null
    const [place, time, seal] = row
    if (seal !== sealOf(key, place, time)) throw brokenRow(`the key of the batch at ${place}`)
    return place
  }

  return {
    /** The time is that of the record, so that a replay forgets the same keys. */
    write(change: BatchChange): void {
      if (change.type === 'part') {
        const { head, place } = change
        putPart.run(head, place, sealOf(head, place))
        return
      }
      const { key, place, time } = change
      const oldest = time - KEYED_FOR_MS
      if (selectOld.get(oldest) !== undefined) forget.run(oldest)
      putKey.run(key, place, time, sealOf(key, place, time))
    },

    // A lone surrogate would be asked for as U+FFFD, and could match a key that has that character.
    keyed: (key: string): Place | null => (key.isWellFormed() ? find(key) : null),

    parts: (head: Place): Place[] =>
      selectParts.all(head).map(([place, seal]) => {
        if (seal !== sealOf(head, place)) throw brokenRow(`the part at ${place}`)
        return place
      }),
  }
}
