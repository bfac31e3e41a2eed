import type { Database } from 'better-sqlite3'

/** Rows that go into one statement: 16 at a time are written about twice as fast as one. */
const ROWS_A_STATEMENT = 16

type Value = number | string

/**
 * Inserts rows of so many values, 16 with one statement while there are as many. `into` is the
 * statement up to its values, `row` the values of one row.
 */
export function openInsert(database: Database, into: string, width: number, row: string) {
  const insert = (rows: number) =>
    database.prepare<[Value[]]>(`${into} values ${Array(rows).fill(row).join(', ')}`)
  const one = insert(1)
  const many = insert(ROWS_A_STATEMENT)
  const values: Value[] = []

  return {
    add(...rowValues: Value[]): void {
      for (const value of rowValues) values.push(value)
      if (values.length < width * ROWS_A_STATEMENT) return
      many.run(values.splice(0))
    },

    /** Inserts what has been added and not inserted yet. */
    finish(): void {
      while (values.length > 0) one.run(values.splice(0, width))
    },
  }
}
