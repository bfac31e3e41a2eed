/**
 * The entries of a batch, `paras`: whom each is for, and its values for the
 * names of the template, which are the keys like `$name$`.
 */
import type { Directory } from '../../../engines/directory.ts'
import type { CallVariables } from '../../../pipeline/accept.ts'
import { type Entries, type Entry, entriesOf } from '../../../pipeline/entries.ts'
import type { Columns } from '../../../template/columns.ts'
import type { Variables } from '../../../template/columns-of.ts'
import { isName } from '../../../template/name-tree.ts'
import { Refusal } from '../answers.ts'
import { type Fields, isObject, unexpected } from '../fields.ts'

export interface Paras {
  entries: Entries
  /** null: no entry has any. */
  variables: CallVariables['entries'] | null
}

/** Stands in a body in place of an array that was scanned, see scan-paras.ts. No JSON makes one. */
export class ScannedParas implements Paras {
  readonly entries: Entries
  readonly variables: Columns | null

  constructor(entries: Entries, variables: Columns | null) {
    this.entries = entries
    this.variables = variables
  }
}

/**
 * How many different names a batch may have. The template is compiled for them whenever a page
 * shows one of its messages, so whom clients write to is not to wait for long.
 */
const NAMES_MAX = { platform: 10_000, client: 1000 }

/** Names times entries: for each entry every name is asked for, which takes 0.3 µs or so. */
const LOOKUPS_MAX = 1_000_000

/** Allowed however many entries there are. */
export const NAMES_ALWAYS = 200

const NONE: Variables = Object.freeze({})

type List = readonly unknown[] | ScannedParas

/** Checked first of all entries, so that what is too long is not looked at one by one. */
export function listOf({ paras }: Fields, entriesMax: number): List {
  if (paras === undefined || paras === null) {
    throw unexpected('paras', 'an array of entries', paras, 'MISSING_PARAMETER')
  }
  if (paras instanceof ScannedParas) return paras
  if (Array.isArray(paras) && paras.length > 0 && paras.length <= entriesMax) return paras
  throw unexpected('paras', `an array of 1 to ${entriesMax} entries`, paras)
}

export function parseParas(list: List, by: keyof typeof NAMES_MAX, directory: Directory): Paras {
  if (list instanceof ScannedParas) return list
  const entries: Entry[] = new Array(list.length)
  const variables: Variables[] = new Array(list.length)
  const names = new Set<string>()
  const namesMax = namesMaxOf(list.length, by)
  for (let i = 0; i < list.length; i += 1) {
    const para = list[i]
    if (!isObject(para)) throw unexpected(`paras[${i}]`, 'an object', para)
    entries[i] = entryOf(para, i)
    variables[i] = variablesOf(para, i, names)
    if (names.size > namesMax) throw tooManyNames(i, namesMax)
  }
  return {
    entries: entriesOf(entries, directory),
    variables: names.size === 0 ? null : variables,
  }
}

/** A room counts before a receiver, who is not looked at then. */
function entryOf(para: Fields, i: number): Entry {
  const conversation = idOf(para, 'room', i)
  if (conversation !== undefined) return { conversation }
  const account = idOf(para, 'receiver', i)
  if (account !== undefined) return { account }
  throw new Refusal(
    'MISSING_PARAMETER',
    `paras[${i}]: expected a receiver or a room, but neither came`,
  )
}

/** An empty id says the same as none. */
function idOf(para: Fields, name: 'room' | 'receiver', i: number): string | undefined {
  const id = para[name] ?? ''
  if (typeof id === 'string') return id === '' ? undefined : id
  throw unexpected(`paras[${i}].${name}`, 'a string', id)
}

/** Adds the names of the entry to those of the batch. */
function variablesOf(para: Fields, i: number, names: Set<string>): Variables {
  let variables: Record<string, string> | null = null
  for (const key in para) {
    if (!isName(key)) continue
    variables ??= {}
    variables[key] = textOf(para[key], key, i)
    names.add(key)
  }
  return variables ?? NONE
}

function textOf(value: unknown, key: string, i: number): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw unexpected(`paras[${i}].${key}`, 'a string, a number, true or false', value)
}

function namesMaxOf(entries: number, by: keyof typeof NAMES_MAX): number {
  const affordable = Math.max(NAMES_ALWAYS, Math.floor(LOOKUPS_MAX / entries))
  return Math.min(NAMES_MAX[by], affordable)
}

function tooManyNames(i: number, namesMax: number): Refusal {
  const message = `paras[${i}]: expected at most ${namesMax} names in a batch, but more came`
  return new Refusal('INVALID_REQUEST', message)
}
