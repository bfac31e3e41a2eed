import type { Place } from '../../../domain/place.ts'
import type { JournalRecord, Stored } from '../../../domain/record.ts'

/** What an object, its place in a map and its headers take, beside strings and columns. */
const RECORD_OVERHEAD_BYTES = 400

/**
 * Decoded records, by place: new messages are read soonest, and what was read
 * once is often read again.
 *
 * Two generations, each of half the size. What is added or used goes into the
 * young one; when that is full it becomes the old one, and the old one is let go
 * as a whole. So nothing is ever removed one by one, and what is used stays.
 */
export class RecordCache {
  readonly #bytesMax: number
  #young = new Map<Place, Stored>()
  #old = new Map<Place, Stored>()
  #youngBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get(place: Place): Stored | undefined {
    const young = this.#young.get(place)
    if (young !== undefined) return young
    const old = this.#old.get(place)
    if (old !== undefined) this.add(old)
    return old
  }

  add(stored: Stored): void {
    const bytes = weight(stored.record)
    if (bytes > this.#bytesMax / 2) return
    if (this.#youngBytes + bytes > this.#bytesMax / 2) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(stored.place, stored)
    this.#youngBytes += bytes
  }
}

/** About how much memory the record takes; strings are taken for two bytes a character. */
function weight(record: JournalRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES
  switch (record.type) {
    case 'batch': {
      const { recipients, content, push, failures } = record
      bytes += recipients.byteLength + 2 * (content.json.length + content.text.length)
      bytes += 2 * (push?.length ?? 0)
      for (const { id } of failures) bytes += 100 + 2 * id.length
      break
    }
    case 'accounts':
      for (const { id, nick, avatarUrl } of record.accounts) {
        bytes += 150 + 2 * (id.length + (nick?.length ?? 0) + (avatarUrl?.length ?? 0))
      }
      break
    case 'delivered':
      bytes += record.accounts.byteLength + record.upTo.byteLength
      break
    case 'read':
    case 'revoked':
      break
  }
  return bytes
}
