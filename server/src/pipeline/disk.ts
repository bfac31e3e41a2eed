import { Fault } from '../domain/errors.ts'
import type { Engines } from '../engines/engines.ts'

/** Refuses early while the disk is nearly full, so that what was accepted can still be written down. */
export function requireDisk(engines: Engines, reserveBytes: number): void {
  const free = engines.bytesFree()
  if (free < reserveBytes) {
    throw new Fault('diskFull', `${free} bytes are free; ${reserveBytes} are kept in reserve`)
  }
}
