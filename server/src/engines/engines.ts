import type { Directory } from './directory.ts'
import type { Index } from './index.ts'
import type { Journal } from './journal.ts'

/** One set of engines, opened together, caught up with the journal. */
export interface Engines {
  journal: Journal
  index: Index
  directory: Directory
  /** Bytes free for the journal; Infinity where that has no meaning. */
  bytesFree(): number
  /** Makes a last checkpoint, then closes all three. */
  close(): Promise<void>
}
