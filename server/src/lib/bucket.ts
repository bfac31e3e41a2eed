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
