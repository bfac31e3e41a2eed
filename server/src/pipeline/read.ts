import { isGroup, type Peer } from '../domain/peer.ts'
import type { Position } from '../domain/place.ts'
import type { Read } from '../domain/record.ts'
import { requireDisk } from './disk.ts'
import type { PipelineOptions } from './pipeline.ts'

/** Moves a read mark. What would move nothing is not written: who is no member of a group has none. */
export function openRead({ engines, diskReserveBytes }: PipelineOptions) {
  const { journal, index } = engines

  return async function markRead(reader: number, peer: Peer, upTo: Position | null): Promise<void> {
    if (upTo !== null && upTo <= index.mark(reader, peer)) return
    if (isGroup(peer) && !index.isMember(reader, peer)) return
    requireDisk(engines, diskReserveBytes)
    await journal.append({ type: 'read', reader, peer, upTo } satisfies Read)
  }
}
