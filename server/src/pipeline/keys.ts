/**
 * Recognises retries by the name that a caller gave its call.
 *
 *   unknown     the call is made
 *   under way   its twin waits, and gets the same answer; when the call is refused, a twin makes it
 *   known       for 24 h the same answer is given again, and what a crash kept from the journal
 *               is appended
 *
 * A name that comes with another call is a fault of its caller's.
 */
import type { Batch } from '../domain/batch.ts'
import { Fault } from '../domain/errors.ts'
import { isBatch, type Stored } from '../domain/record.ts'
import { KEYED_FOR_MS } from '../engines/directory.ts'
import type { Engines } from '../engines/engines.ts'
import type { Accepted } from './pipeline.ts'

type Named = Pick<Batch, 'sender' | 'contentCrc'>

interface Steps {
  make(): Promise<Accepted>
  complete(head: Stored<Batch>): Promise<void>
}

export function openKeys({ journal, directory }: Engines, now: () => number) {
  const underWay = new Map<string, { named: Named; accepted: Promise<Accepted> }>()

  return {
    async once({ key, ...named }: Named & { key: string }, steps: Steps): Promise<Accepted> {
      for (let twin = underWay.get(key); twin !== undefined; twin = underWay.get(key)) {
        requireSame(named, twin.named)
        const accepted = await twin.accepted.catch(() => null)
        if (accepted !== null) return { ...accepted, repeated: true }
      }
      const accepted = acceptOnce(key, named, steps)
      underWay.set(key, { named, accepted })
      try {
        return await accepted
      } finally {
        underWay.delete(key)
      }
    },
  }

  async function acceptOnce(key: string, named: Named, steps: Steps): Promise<Accepted> {
    const known = await find(key)
    if (known === null) return steps.make()
    const { place, time, record } = known
    requireSame(named, record)
    await steps.complete(known)
    return { place, time, batch: record, repeated: true }
  }

  /** The batch that has this key; null: there is none of the last 24 h. */
  async function find(key: string): Promise<Stored<Batch> | null> {
    const place = directory.keyed(key)
    if (place === null) return null
    const [stored] = await journal.read([place])
    // To make it again could send it twice.
    if (stored == null || !isBatch(stored)) throw new Fault('damaged')
    return now() - stored.time < KEYED_FOR_MS ? stored : null
  }
}

function requireSame(one: Named, other: Named): void {
  if (one.sender !== other.sender || one.contentCrc !== other.contentCrc) {
    throw new Fault('keyReused')
  }
}
