import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Place } from '../../../domain/place.ts'
import { isDamage, readMeta } from './database.ts'
import { sealOfId } from './seals.ts'

/** What a directory's file says, without making a directory of it. */
export interface Peek {
  /** Every record before this place is in the file; 0: the file is missing or damaged. */
  place: Place
  /** The id of an account; empty: the file does not say. */
  id(number: number): string
  close(): void
}

const nothing: Peek = { place: 0, id: () => '', close() {} }

/** Looks into a file that no server has open, and leaves it as it is. */
export function peekIntoDirectory(file: string): Peek {
  if (!existsSync(file)) return nothing
  const database = new Database(file)
  try {
    const { place } = readMeta(database)
    const select = database
      .prepare<[number], [string, number]>('select id, id_seal from account where number = ?')
      .raw()
    return {
      place,
      id: (number) => idIn(select.get(number), number),
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    if (isDamage(error)) return nothing
    throw error
  }
}

function idIn(row: [string, number] | undefined, number: number): string {
  if (row === undefined) return ''
  const bytes = Buffer.from(row[0])
  return sealOfId(number, bytes, 0, bytes.length) === row[1] ? row[0] : ''
}
