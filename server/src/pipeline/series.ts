import type { Batch } from '../domain/batch.ts'
import { ORDINALS_MAX } from '../domain/place.ts'
import { Columns } from '../template/columns.ts'
import { columnsOf } from '../template/columns-of.ts'
import type { Call } from './accept.ts'
import { wellFormed } from './well-formed.ts'

/**
 * The records of a call: one, or a head and parts when it has more entries than
 * a record may. Every record is whole in itself: it has the content, and the
 * variables of its own entries. Parts do not know yet where their head stands.
 */
export function recordsOf(call: Call): Batch[] {
  const { variables, contentBytesMax, key = null, failures, recipients, ...said } = call
  const total = recipients.length
  const content = wellFormed(call.content)
  const records: Batch[] = []
  for (let first = 0; first === 0 || first < total; first += ORDINALS_MAX) {
    const end = Math.min(total, first + ORDINALS_MAX)
    records.push({
      ...said,
      type: 'batch',
      content,
      recipients: total <= ORDINALS_MAX ? recipients : recipients.slice(first, end),
      failures: failuresWithin(failures, first, end),
      variables: variables === undefined ? null : columnsWithin(variables, first, end),
      key: first === 0 ? key : null,
      series: total <= ORDINALS_MAX ? null : { head: null, first, total },
    })
  }
  return records
}

function failuresWithin(failures: Call['failures'], first: number, end: number) {
  if (failures.length === 0) return failures
  return failures
    .filter(({ ordinal }) => ordinal >= first && ordinal < end)
    .map((failure) => ({ ...failure, ordinal: failure.ordinal - first }))
}

/** Entries without a single name among them make no template. */
function columnsWithin(
  { fields, entries }: NonNullable<Call['variables']>,
  first: number,
  end: number,
): Batch['variables'] {
  const columns = entries instanceof Columns ? entries : columnsOf(entries.slice(first, end))
  return columns.names.length === 0 ? null : { fields, columns: columns.bytes }
}
