/**
 * A push service that fails again and again rests, and pushes to it are not
 * tried meanwhile: the others do not wait for its timeouts. Each origin is on
 * its own, because anybody can register a subscription that names one.
 */
export interface Rests {
  /** The rest that an origin has now; null: it may be asked. */
  of(origin: string): Rest | null
  failed(origin: string, reason: string, retryAfterMs: number | null): void
  succeeded(origin: string): void
}

export interface Rest {
  reason: string
  remainingMs: number
}

interface Trouble {
  failuresInRow: number
  reason: string
  until: number
}

/** What is under way when a service goes away fails together; it is not yet down for that. */
const FAILURES_BEFORE_REST = 5
const REST_MS = 1000
const REST_MS_MAX = 60_000
const ORIGINS_MAX = 1000

export function openRests(now: () => number = Date.now): Rests {
  const troubles = new Map<string, Trouble>()

  function troubleOf(origin: string): Trouble {
    const known = troubles.get(origin)
    if (known) return known
    if (troubles.size >= ORIGINS_MAX) troubles.delete(troubles.keys().next().value!)
    const trouble = { failuresInRow: 0, reason: '', until: 0 }
    troubles.set(origin, trouble)
    return trouble
  }

  return {
    of(origin) {
      const trouble = troubles.get(origin)
      const remainingMs = trouble ? trouble.until - now() : 0
      return remainingMs > 0 ? { reason: trouble!.reason, remainingMs } : null
    },
    failed(origin, reason, retryAfterMs) {
      const trouble = troubleOf(origin)
      if (trouble.until > now()) return
      trouble.failuresInRow += 1
      trouble.reason = reason
      const doublings = trouble.failuresInRow - FAILURES_BEFORE_REST
      if (doublings < 0) return
      const restMs = Math.max(REST_MS * 2 ** doublings, retryAfterMs ?? 0)
      trouble.until = now() + Math.min(restMs, REST_MS_MAX)
    },
    succeeded(origin) {
      troubles.delete(origin)
    },
  }
}
