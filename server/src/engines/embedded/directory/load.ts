import { setImmediate } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { DirectoryDamage } from './database.ts'
import { IdTable } from './id-table.ts'
import { sealOfId } from './seals.ts'

const ROWS_A_STEP = 4096
const SPACE = 0x20
const MINUS = 0x2d

/**
 * Reads every id into a table. SQLite joins some thousand rows to one piece of bytes, "number
 * length seal id" after "number length seal id": to fetch row by row takes three times
 * as long, most of it in making strings that nobody wants. Measured in
 * docs/formats/directory.md.
 */
export async function loadIds(database: Database): Promise<IdTable> {
  const count = database.prepare('select count(*) from account').pluck().get() as number
  const ids = new IdTable(count)
  const step = database
    .prepare<[number], [number | null, Buffer]>(
      `select max(number), cast(group_concat(
                number || ' ' || octet_length(id) || ' ' || id_seal || ' ' || id, '') as blob)
         from (select number, id, id_seal from account
                where number > ? order by number limit ${ROWS_A_STEP})`,
    )
    .raw()

  for (let last = 0; ; ) {
    const [next, rows] = step.get(last)!
    if (next === null) return ids
    take(rows, ids)
    last = next
    await setImmediate()
  }
}

function take(rows: Buffer, ids: IdTable): void {
  let at = 0
  while (at < rows.length) {
    const number = integer()
    const length = integer()
    const seal = integer()
    if (sealOfId(number, rows, at, at + length) !== seal) {
      throw new DirectoryDamage(`the id of account ${number} does not match its seal`)
    }
    ids.add(number, rows, at, at + length)
    at += length
  }

  /** The number before the next space. */
  function integer(): number {
    const isNegative = rows[at] === MINUS
    if (isNegative) at += 1
    let value = 0
    for (; rows[at] !== SPACE && at < rows.length; at += 1) value = value * 10 + rows[at]! - 0x30
    at += 1
    return isNegative ? -value : value
  }
}
