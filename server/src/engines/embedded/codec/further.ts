/**
 * What only some batches have: variables, a key, a standing in a series. It comes first,
 * up to a multiple of 8, and the body of an ordinary batch follows.
 */
import type { Batch, Series, Variables } from '../../../domain/batch.ts'
import { counted, listed, putU32, room } from './checks.ts'
import { padded } from './columns.ts'
import { putText, takeTexts, textBytes } from './texts.ts'

export type Further = Pick<Batch, 'variables' | 'key' | 'series'>

export const NOTHING_FURTHER: Further = { variables: null, key: null, series: null }

const FURTHER_BYTES = 32

const HAS_VARIABLES = 1
const HAS_FIELDS = 2
const HAS_KEY = 4
const HAS_SERIES = 8
const HAS_HEAD = 16

/** Whether a batch takes the layout that has this. */
export function hasFurther({ variables, key, series }: Further): boolean {
  return variables !== null || key !== null || series !== null
}

export function furtherBytes({ variables, key }: Further): number {
  let bytes = FURTHER_BYTES
  if (variables !== null) {
    bytes += variables.columns.byteLength
    for (const field of variables.fields ?? []) bytes += textBytes(field)
  }
  if (key !== null) bytes += Buffer.byteLength(key)
  return padded(bytes)
}

export function encodeFurther(further: Further, target: Buffer, offset: number): number {
  const { variables, key, series } = further
  const fields = variables?.fields ?? []
  let at = offset + FURTHER_BYTES
  if (variables !== null) target.set(variables.columns, at)
  at += variables?.columns.byteLength ?? 0
  const keyBytes = key === null ? 0 : target.write(key, at)
  at += keyBytes
  for (const field of fields) at = putText(target, field, at)
  const end = offset + padded(at - offset)
  target.fill(0, at, end)

  putU32(target, 'variables.fields', listed('variables.fields', fields.length), offset + 4)
  putU32(target, 'variables.columns', variables?.columns.byteLength ?? 0, offset + 8)
  target.writeUInt32LE(keyBytes, offset + 12)
  target.writeUInt32LE(flagsOf(further), offset)
  target.writeDoubleLE(series?.head ?? 0, offset + 16)
  putU32(target, 'series.first', series?.first ?? 0, offset + 24)
  putU32(target, 'series.total', series?.total ?? 0, offset + 28)
  return end
}

function flagsOf({ variables, key, series }: Further): number {
  return (
    (variables === null ? 0 : HAS_VARIABLES) |
    ((variables?.fields ?? null) === null ? 0 : HAS_FIELDS) |
    (key === null ? 0 : HAS_KEY) |
    (series === null ? 0 : HAS_SERIES) |
    ((series?.head ?? null) === null ? 0 : HAS_HEAD)
  )
}

/** What there is, and where the body of the batch begins. */
export function decodeFurther(
  bytes: Buffer,
  from: number,
  to: number,
): { further: Further; bodyAt: number } {
  room('the first part of a batch', FURTHER_BYTES, from, to)
  const flags = bytes.readUInt32LE(from)
  const fieldsCount = counted('fields', bytes.readUInt32LE(from + 4))
  const columnsAt = from + FURTHER_BYTES
  const keyAt = columnsAt + bytes.readUInt32LE(from + 8)
  const fieldsAt = keyAt + bytes.readUInt32LE(from + 12)
  room('columns and key of a batch', fieldsAt - columnsAt, columnsAt, to)
  const { texts, end } = takeTexts(bytes, 'a field', fieldsCount, fieldsAt, to)

  const variables: Variables = {
    fields: flags & HAS_FIELDS ? texts : null,
    columns: new Uint8Array(bytes.subarray(columnsAt, keyAt)),
  }
  const series: Series = {
    head: flags & HAS_HEAD ? bytes.readDoubleLE(from + 16) : null,
    first: bytes.readUInt32LE(from + 24),
    total: bytes.readUInt32LE(from + 28),
  }
  const further = {
    variables: flags & HAS_VARIABLES ? variables : null,
    key: flags & HAS_KEY ? bytes.toString('utf8', keyAt, fieldsAt) : null,
    series: flags & HAS_SERIES ? series : null,
  }
  return { further, bodyAt: from + padded(end - from) }
}
