/** When clients last came live. Kept in memory: after a start nobody has come yet. */
export class Logins {
  readonly #lastMs = new Map<string, number>()

  note(id: string, nowMs: number): void {
    this.#lastMs.set(id, nowMs)
  }

  /** Unix time, milliseconds; 0: not since the start. */
  last(id: string): number {
    return this.#lastMs.get(id) ?? 0
  }
}
