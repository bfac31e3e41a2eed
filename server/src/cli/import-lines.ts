/**
 * Files of accounts: one JSON object a line, or CSV. A CSV file has the id in
 * its first column, or a first line that begins with `id` and names the columns.
 */
import { createInterface } from 'node:readline'
import { ExitError } from '../lib/exit-codes.ts'

/** One account of a file, as the server takes it. */
export interface Line {
  number: number
  json: string
}

type Columns = readonly (string | null)[]

const FIELDS: Record<string, string> = { id: 'id', nick: 'nick', avatarurl: 'avatarUrl' }

export async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<Line> {
  let number = 0
  let columns: Columns | null = null
  let form: 'unknown' | 'json' | 'csv' = 'unknown'

  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    const line = number === 1 ? text.replace(/^\uFEFF/, '') : text
    if (line.trim() === '') continue
    if (form === 'unknown') {
      form = formOf(line)
      columns = form === 'csv' ? columnsOf(line) : null
      if (columns !== null) continue
    }
    yield { number, json: form === 'json' ? line : accountJson(cellsOf(line), columns ?? ['id']) }
  }
}

function formOf(line: string): 'json' | 'csv' {
  const [first] = line.trim()
  if (first !== '[') return first === '{' ? 'json' : 'csv'
  throw new ExitError(
    'usage',
    'expected one JSON object a line, or CSV, but the file begins with an array',
  )
}

/** The columns that a first line names; null: it is an account already. */
function columnsOf(line: string): Columns | null {
  const names = cellsOf(line).map((name) => name.trim().toLowerCase())
  return names[0] === 'id' ? names.map((name) => FIELDS[name] ?? null) : null
}

function accountJson(cells: readonly string[], columns: Columns): string {
  const account: Record<string, string> = {}
  for (const [i, field] of columns.entries()) {
    const cell = cells[i]
    if (field !== null && cell !== undefined) account[field] = cell
  }
  return JSON.stringify(account)
}

/** The cells of one line: RFC 4180, without line breaks inside of quotes. */
export function cellsOf(line: string): string[] {
  const cells: string[] = []
  const cell = /("(?:[^"]|"")*"|[^,]*)(,|$)/y
  for (;;) {
    const [, text = '', end = ''] = cell.exec(line) ?? [null, line.slice(cell.lastIndex), '']
    cells.push(text.startsWith('"') && text.length > 1 ? unquoted(text) : text)
    if (end === '') return cells
  }
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll('""', '"')
}
