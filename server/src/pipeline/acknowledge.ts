/**
 * Acknowledge: how far accounts have received what was sent to them.
 *
 * Terminals acknowledge often; their marks are gathered and journalled
 * together, at most once a second. A mark lost in a crash comes back with the
 * terminal, which resumes from its own cursor.
 */
import { ORDINALS_MAX, type Position } from '../domain/place.ts'
import type { Index } from '../engines/index.ts'
import type { Journal } from '../engines/journal.ts'

const EVERY_MS = 1000

export function openAcknowledge(journal: Journal, index: Index) {
  let gathered = new Map<number, Position>()
  let timer: NodeJS.Timeout | null = null

  return {
    add(account: number, upTo: Position): void {
      const known = gathered.get(account) ?? index.delivered(account)
      if (upTo <= known) return
      gathered.set(account, upTo)
      timer ??= setTimeout(() => void write(), EVERY_MS)
    },
    async close(): Promise<void> {
      await write()
    },
  }

  async function write(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const marks = [...gathered]
    gathered = new Map()
    for (let from = 0; from < marks.length; from += ORDINALS_MAX) {
      const slice = marks.slice(from, from + ORDINALS_MAX)
      const accounts = Uint32Array.from(slice, ([account]) => account)
      const upTo = Float64Array.from(slice, ([, position]) => position)
      // Refused, by a full disk for example: the next acknowledgement says the same and more.
      await journal.append({ type: 'delivered', accounts, upTo }).catch(() => {})
    }
  }
}
