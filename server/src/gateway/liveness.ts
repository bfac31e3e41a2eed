/**
 * Liveness: pings connections and finds those whose peer is gone.
 *
 * One timer for all of them. It ticks many times a period; in each tick a
 * share of the connections is pinged, so that a hundred thousand pings are not
 * written at once, and everyone is looked at:
 *
 *   nameless for longer than `namelessMs`       onSilent
 *   nothing heard for two periods and a tick    onDead
 *
 * A healthy peer answers a ping within its period, so that it is never silent
 * for two. A dead one is found within a little more than two.
 */
export interface Watched {
  /** Its number in the watched list; kept by Liveness. */
  watchedAt: number
  /** Counts up from connection to connection: spreads the pings. */
  readonly serial: number
  /** The tick in which something was heard of it last. */
  heardAt: number
  /** It has said who it is. */
  readonly isNamed: boolean
  ping(): void
}

export interface LivenessOptions<T extends Watched> {
  periodMs: number
  namelessMs: number
  onSilent: (connection: T) => void
  onDead: (connection: T) => void
}

const TICKS_PER_PERIOD = 16
const TICK_MS_MAX = 1000

export class Liveness<T extends Watched> {
  readonly #options: LivenessOptions<T>
  readonly #watched: T[] = []
  readonly #timer: NodeJS.Timeout
  readonly #ticksPerPeriod: number
  readonly #namelessTicks: number
  /** The tick now. */
  tick = 0

  constructor(options: LivenessOptions<T>) {
    this.#options = options
    const { periodMs, namelessMs } = options
    const tickMs = Math.min(periodMs / TICKS_PER_PERIOD, TICK_MS_MAX, namelessMs)
    this.#ticksPerPeriod = Math.round(periodMs / tickMs)
    this.#namelessTicks = Math.ceil(namelessMs / tickMs)
    this.#timer = setInterval(() => this.#onTick(), tickMs)
  }

  /** How many connections there are, nameless ones included. */
  get count(): number {
    return this.#watched.length
  }

  add(connection: T): void {
    connection.heardAt = this.tick
    connection.watchedAt = this.#watched.push(connection) - 1
  }

  remove(connection: T): void {
    const last = this.#watched.pop()!
    if (last === connection) return
    this.#watched[connection.watchedAt] = last
    last.watchedAt = connection.watchedAt
  }

  all(): readonly T[] {
    return this.#watched
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #onTick(): void {
    this.tick += 1
    const turn = this.tick % this.#ticksPerPeriod
    // From the end, because a connection may be removed while it is looked at.
    for (let i = this.#watched.length - 1; i >= 0; i -= 1) {
      const connection = this.#watched[i]!
      const silentTicks = this.tick - connection.heardAt
      if (!connection.isNamed) {
        if (silentTicks > this.#namelessTicks) this.#options.onSilent(connection)
      } else if (silentTicks > 2 * this.#ticksPerPeriod) {
        this.#options.onDead(connection)
      } else if (connection.serial % this.#ticksPerPeriod === turn) {
        connection.ping()
      }
    }
  }
}
