/**
 * Where log lines go. A line that cannot be written is lost, and nothing else
 * is: a log on a full disk, or one that nobody reads any more, must neither
 * stop the server nor keep it from ending.
 */
import { writeSync } from 'node:fs'

/** How long a reader that lags may hold the server up, for one line. */
const WAITS_MAX = 20
const WAIT_MS = 5

const sleeper = new Int32Array(new SharedArrayBuffer(4))

export const standardOutput = {
  write(line: string): void {
    let rest = Buffer.from(line)
    for (let waits = 0; rest.length > 0 && waits < WAITS_MAX; ) {
      try {
        rest = rest.subarray(writeSync(1, rest))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
        waits += 1
        Atomics.wait(sleeper, 0, 0, WAIT_MS)
      }
    }
  },
}
