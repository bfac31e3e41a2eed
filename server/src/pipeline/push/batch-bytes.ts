import type { Batch } from '../../domain/batch.ts'

/** Objects, and what stands around columns. */
const OVERHEAD_BYTES = 400

/** About how much memory a batch takes; a character of a text is taken for two bytes. */
export function batchBytes({ recipients, content, push, variables, failures }: Batch): number {
  const characters = content.json.length + content.text.length + (push?.length ?? 0)
  const columns = recipients.byteLength + (variables?.columns.byteLength ?? 0)
  return OVERHEAD_BYTES + columns + 2 * characters + 100 * failures.length
}
