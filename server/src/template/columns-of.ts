/**
 * From the variables of entries to columns. The strings of a column are joined
 * and written by one call. Measured with 50,000 short strings: 1.7 ms, and
 * 4.2 ms with a call for each.
 */
import type { Columns } from './columns.ts'
import { escapeText, hasSpecial } from './escape.ts'
import { isName } from './name-tree.ts'
import { type ColumnValues, writeColumns } from './write-columns.ts'

/** The values of one entry, by name, dollars included. */
export type Variables = Readonly<Record<string, string>>

/** By entry; one without variables has an empty object. Names stand in the order in which they are met. */
export function columnsOf(entries: readonly Variables[]): Columns {
  return writeColumns(entries.length, gather(entries).map(valuesOf))
}

/** The values of one name, and the entries that have them. */
interface Gathered {
  name: string
  entries: number[]
  values: string[]
}

function gather(entries: readonly Variables[]): Gathered[] {
  const columns = new Map<string, Gathered>()
  // Entries mostly have the same names in the same order: the column that came at this rank
  // in the entry before is tried before the map is asked.
  const ranked: Gathered[] = []
  for (let entry = 0; entry < entries.length; entry += 1) {
    const variables = entries[entry]!
    let rank = 0
    for (const name of Object.keys(variables)) {
      let column = ranked[rank]
      if (column?.name !== name) {
        column = columns.get(name) ?? added(name)
        ranked[rank] = column
      }
      rank += 1
      column.entries.push(entry)
      column.values.push(checked(variables[name], name, entry))
    }
  }
  return [...columns.values()]

  function added(name: string): Gathered {
    if (!isName(name)) {
      throw new TypeError(`the name ${JSON.stringify(name)} came, expected one like $name$`)
    }
    const column = { name, entries: [], values: [] }
    columns.set(name, column)
    return column
  }
}

function checked(value: unknown, name: string, entry: number): string {
  if (typeof value === 'string') return value
  const came = value === null ? 'null' : typeof value
  throw new TypeError(`${came} came for ${name} of entry ${entry}, expected a string`)
}

function valuesOf({ name, entries, values }: Gathered): ColumnValues {
  const joined = values.join('')
  const escaped = hasSpecial(joined) ? values.map(escapeText) : values
  const text = escaped === values ? joined : escaped.join('')
  return {
    name,
    entries,
    ends: endsOf(escaped, Buffer.byteLength(text) === text.length),
    isSame: () => values.every((value) => value === values[0]),
    put: (count, target, at) => target.write(count === escaped.length ? text : escaped[0]!, at),
  }
}

/** Where every character of the column takes one byte, nobody has to count them. */
function endsOf(values: readonly string[], isAscii: boolean): number[] {
  let end = 0
  return values.map((value) => {
    end += isAscii ? value.length : Buffer.byteLength(value)
    return end
  })
}
