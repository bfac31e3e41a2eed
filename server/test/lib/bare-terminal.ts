/** A terminal without a connection, for tests of what holds terminals. */
import type { Protocol } from '../../src/gateway/protocol.ts'
import { Terminal } from '../../src/gateway/terminal.ts'

/** Says nothing. */
const silent: Protocol = {
  begin: () => ({ copy: () => null, echo: () => null }),
  tell: () => () => null,
}

export class BareTerminal extends Terminal {
  readonly bytesUnsent = 0
  readonly isFull = false

  constructor() {
    super(silent)
  }

  write(): void {}
  onDrain(): void {}
  close(): void {}
}
