import { isGroup, type Peer } from '../domain/peer.ts'
import { END, type Position } from '../domain/place.ts'
import type { Read } from '../domain/record.ts'
import { requireDisk } from './disk.ts'
import type { PipelineOptions } from './pipeline.ts'

/**
 * Moves a read mark. What would move nothing is not written: who is no member of a group has none.
 * All of a conversation is up to its newest message, for others are told which one was read.
 */
export function openRead({ engines, diskReserveBytes }: PipelineOptions) {
  const { journal, index } = engines

  return async function markRead(reader: number, peer: Peer, upTo: Position | null): Promise<void> {
    if (isGroup(peer) && !index.isMember(reader, peer)) return
    const last = upTo ?? (await newest(reader, peer))
    if (last <= index.mark(reader, peer)) return
    requireDisk(engines, diskReserveBytes)
    await journal.append({ type: 'read', reader, peer, upTo: last } satisfies Read)
  }

  /** 0: nothing was said. */
  async function newest(reader: number, peer: Peer): Promise<Position> {
    const page = { after: 0, before: END, limit: 1, order: 'newest' } as const
    return (await index.timeline(reader, peer, page))[0]?.position ?? 0
  }
}
