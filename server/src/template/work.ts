/**
 * How much has been done, in steps that each take a bounded time: a byte
 * looked at, a link followed, a hole filled. Tests hold it against the size of
 * what came in and went out, because a clock would say something else every time.
 */
export interface Work {
  steps: number
}
