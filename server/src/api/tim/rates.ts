/**
 * Rates. Each command has a token bucket that holds one second's worth of its
 * documented rate, and all together may have one; what finds it empty is refused.
 */

/** The documented rate of batchsendmsg; the setting scales all rates with it. */
const DOCUMENTED_CALLS_PER_SECOND = 200

/** Takes tokens; false: there are not so many. */
export type Bucket = (tokens?: number) => boolean

/** A bucket that holds `size` tokens and fills in `fillMs`. A size of 0 is no limit. */
export function openBucket(size: number, fillMs: number, now: () => number): Bucket {
  if (size === 0) return () => true
  let held = size
  let filledAt = now()
  return (tokens = 1) => {
    const time = now()
    // A clock that was set back fills nothing and takes nothing away.
    held = Math.min(size, held + (Math.max(0, time - filledAt) * size) / fillMs)
    filledAt = time
    if (held < tokens) return false
    held -= tokens
    return true
  }
}

/** The bucket of one command. */
export function openRate(documented: number, callsPerSecond: number, now: () => number): Bucket {
  const rate = (documented * callsPerSecond) / DOCUMENTED_CALLS_PER_SECOND
  // A bucket of less than one token would let nothing through.
  return rate < 1 ? openBucket(Math.ceil(rate), 1000 / rate, now) : openBucket(rate, 1000, now)
}
