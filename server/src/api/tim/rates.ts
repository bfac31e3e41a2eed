/**
 * Rates. Each command has a token bucket that holds one second's worth of its
 * documented rate, and all together may have one; what finds it empty is refused.
 */
import { type Bucket, openBucket } from '../../lib/bucket.ts'

/** The documented rate of batchsendmsg; the setting scales all rates with it. */
const DOCUMENTED_CALLS_PER_SECOND = 200

/** The bucket of one command. */
export function openRate(documented: number, callsPerSecond: number, now: () => number): Bucket {
  const rate = (documented * callsPerSecond) / DOCUMENTED_CALLS_PER_SECOND
  // A bucket of less than one token would let nothing through.
  return rate < 1 ? openBucket(Math.ceil(rate), 1000 / rate, now) : openBucket(rate, 1000, now)
}
