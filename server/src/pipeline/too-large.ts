import type { Batch, Failure } from '../domain/batch.ts'
import { isGroup, type Peer } from '../domain/peer.ts'
import type { Directory } from '../engines/directory.ts'
import { contentBytes, mayExceed } from '../template/contents.ts'

/** The same batch, without the copies whose content would have too many bytes. */
export function failTooLarge(batch: Batch, bytesMax: number, directory: Directory): Batch {
  if (!mayExceed(batch, bytesMax)) return batch
  const tooLarge: Failure[] = []
  const sameForAll = batch.variables === null ? contentBytes(batch, 0) : null
  batch.recipients.forEach((peer, ordinal) => {
    if (peer === 0 || (sameForAll ?? contentBytes(batch, ordinal)) <= bytesMax) return
    tooLarge.push({ ordinal, id: idOf(peer, directory), code: 'tooLarge' })
  })
  if (tooLarge.length === 0) return batch
  const recipients = batch.recipients.slice()
  for (const { ordinal } of tooLarge) recipients[ordinal] = 0
  const failures = [...batch.failures, ...tooLarge].sort((a, b) => a.ordinal - b.ordinal)
  return { ...batch, recipients, failures }
}

function idOf(peer: Peer, directory: Directory): string {
  return isGroup(peer) ? (directory.described([peer, 0])?.id ?? '') : directory.id(peer)
}
