import type { ReadFrame } from '../../../../../wire/frames.ts'
import { NOBODY } from '../../../domain/account.ts'
import { Fault } from '../../../domain/errors.ts'
import type { Peer } from '../../../domain/peer.ts'
import { positionOf } from '../cursors.ts'
import { accountId, described, FieldFault } from '../fields.ts'
import { groupOf } from '../groups.ts'
import type { NativeTerminal } from './terminal.ts'

/** Marks a conversation read. Answered when that is durable; the event `read` comes before. */
export function read(terminal: NativeTerminal, frame: ReadFrame): void {
  const { pipeline, views } = terminal.live
  const { upTo, ref } = frame
  const position = upTo === undefined ? null : positionOf(upTo, views)
  let peer: Peer
  try {
    peer = peerOf(terminal, frame)
  } catch (fault) {
    if (fault instanceof FieldFault) throw fault
    terminal.fail(fault, ref)
    return
  }
  pipeline.markRead(terminal.account, peer, position).then(
    () => terminal.sayInOrder(ref === undefined ? { type: 'done' } : { type: 'done', ref }),
    (error) => terminal.fail(error, ref),
  )
}

function peerOf({ account, live }: NativeTerminal, { with: id, group }: ReadFrame): Peer {
  if (group !== undefined) {
    if (id !== undefined) throw new FieldFault('group', 'none beside `with`', described(group))
    return groupOf('group', group, account, live)
  }
  if (id === undefined) throw new FieldFault('with', accountId.expected, 'nothing')
  const peer = live.directory.number(id)
  if (peer !== NOBODY) return peer
  throw new Fault('unknownAccount', `with: there is no account ${JSON.stringify(id)}`)
}
