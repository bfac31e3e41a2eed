/**
 * When clients last came live, 8 bytes an account. In memory alone: a record for each time would
 * be among the most frequent of the journal, for what a client shows as a courtesy.
 */
export class Logins {
  /** By the upper part of the account's number. */
  readonly #chunks = new Map<number, Float64Array>()

  note(account: number, nowMs: number): void {
    const known = this.#chunks.get(chunkOf(account))
    const chunk = known ?? new Float64Array(CHUNK)
    if (known === undefined) this.#chunks.set(chunkOf(account), chunk)
    chunk[account % CHUNK] = nowMs
  }

  /** Unix time, milliseconds; 0: not since the start. */
  last(account: number): number {
    return this.#chunks.get(chunkOf(account))?.[account % CHUNK] ?? 0
  }
}

const CHUNK = 4096

function chunkOf(account: number): number {
  return Math.floor(account / CHUNK)
}
