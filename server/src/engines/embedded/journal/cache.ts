import type { Batch, Failure } from '../../../domain/batch.ts'
import type { Place } from '../../../domain/place.ts'
import type { Stored } from '../../../domain/record.ts'
import { Generations } from '../../../lib/generations.ts'

/** What an object, its place in a map and its headers take, beside strings and columns. */
const RECORD_OVERHEAD_BYTES = 400

/**
 * Decoded batches, by place: new messages are read soonest, and what was read
 * once is often read again. Other records hardly anybody reads by their place.
 */
export class RecordCache {
  readonly #records: Generations<Place, Stored>

  constructor(bytesMax: number) {
    this.#records = new Generations(bytesMax)
  }

  get(place: Place): Stored | undefined {
    return this.#records.get(place)
  }

  add(stored: Stored): void {
    const { place, record } = stored
    if (record.type === 'batch') this.#records.add(place, stored, weightOf(record))
  }
}

/** About how much memory the record takes; strings are taken for two bytes a character. */
function weightOf({ recipients, content, push, variables, failures }: Batch): number {
  const characters = content.json.length + content.text.length + (push?.length ?? 0)
  const columns = recipients.byteLength + (variables?.columns.byteLength ?? 0)
  return RECORD_OVERHEAD_BYTES + 2 * characters + columns + weightOfFailures(failures)
}

function weightOfFailures(failures: readonly Failure[]): number {
  return failures.reduce((bytes, { id }) => bytes + 100 + 2 * id.length, 0)
}
