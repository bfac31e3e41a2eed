import type { Directory } from '../../../engines/directory.ts'
import type { Liveness } from '../../../gateway/liveness.ts'
import type { Terminals } from '../../../gateway/terminals.ts'
import type { Log } from '../../../lib/log.ts'
import type { Pipeline } from '../../../pipeline/pipeline.ts'
import type { Views } from '../../../views/views.ts'
import type { Identify } from '../identify.ts'
import type { NativeTerminal } from './terminal.ts'

/** What the terminals of one server share. */
export interface LiveContext {
  terminals: Terminals
  pipeline: Pipeline
  views: Views
  directory: Directory
  identify: Identify
  liveness: Liveness<NativeTerminal>
  log: Log
  /** Most messages of one resume. */
  resumeMax: number
  outboxBytes: number
  /** Milliseconds of a clock that never goes back. */
  clock: () => number
  /** Begins the names of this server's terminals. */
  name: string
}
