import { setFlagsFromString } from 'node:v8'

/**
 * Lets the heap double between two full garbage collections. Left to itself, the runtime collects
 * as soon as it has grown by a third or so: under steady load once a second, each time with a stop
 * of 5 to 20 ms and 20 to 40 ms of marking between other work, which is what the slowest calls
 * wait for. Measured in docs/measurements/2026-11-22-finishing.md.
 */
export function letHeapDouble(): void {
  setFlagsFromString('--heap-growing-percent=100')
}
